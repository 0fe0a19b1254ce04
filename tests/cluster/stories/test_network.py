"""Stories of pods that talk to each other, on a whole cluster."""

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import httpx
import pytest
from stories import Cluster, container_status, one_pod
from waiting import until

from simulator.cluster.kubelet.images.postgres import find_programs
from simulator.cluster.kubelet.sandbox import trial

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(trial.why_not() is not None, reason="the kernel lets no pod be gated"),
]

POD_IP = {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
MIRROR = """
import os, socketserver
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.client_address[0].encode())
socketserver.ThreadingTCPServer((os.environ["POD_IP"], 8000), Handler).serve_forever()
"""
"""Tells each client its address."""


def run_pod(cluster: Cluster, namespace: str, name: str, program: str, **container: Any) -> str:
    """A pod of its own with one container, named and labelled `name`: its address, once it runs."""
    pod = one_pod(program, env=[POD_IP, *container.pop("env", ())], **container)
    pod["metadata"] = {"name": name, "labels": {"app": name}}
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", pod)
    path = f"/api/v1/namespaces/{namespace}/pods/{name}"

    def address() -> str | None:
        status = cluster.get(path)["status"]
        return status["podIP"] if any(c.get("ready") for c in status.get("containerStatuses", ())) else None

    return until(address)


def said(cluster: Cluster, namespace: str, name: str) -> str:
    """What the pod has written so far."""
    return cluster.http.get(f"/api/v1/namespaces/{namespace}/pods/{name}/log").text


def serving(port: int = 8000) -> dict[str, Any]:
    return {"readinessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 1}}


def asking(address: str, port: int = 8000) -> str:
    """A program that says once a moment what it is told at an address, or what error it meets."""
    return f"""
import socket, time
while True:
    try:
        with socket.create_connection(("{address}", {port}), timeout=0.5) as s:
            print(s.recv(99).decode(), flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
    time.sleep(0.1)
"""


def test_a_pod_sees_which_pod_connects(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    server = run_pod(cluster, namespace, "server", MIRROR, **serving())
    client = run_pod(cluster, namespace, "client", asking(server))
    until(lambda: client in said(cluster, namespace, "client"))


def test_probes_and_hooks_of_a_container_are_the_pod_too(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    server = run_pod(cluster, namespace, "server", MIRROR, **serving())
    ask = f"import socket, os; s = socket.create_connection(('{server}', 8000)); got = s.recv(99).decode()"
    own = f"{ask}; raise SystemExit(got != os.environ['POD_IP'])"
    probe = {"exec": {"command": ["python", "-c", own]}, "periodSeconds": 1, "timeoutSeconds": 5}
    run_pod(cluster, namespace, "client", "import time; time.sleep(60)", readinessProbe=probe)


def test_postgres_knows_its_client_pods(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    password = {"name": "POSTGRES_PASSWORD", "value": "secret"}
    database = run_pod(
        cluster, namespace, "postgres", "", image="postgres:18", command=[], env=[password], **serving(5432)
    )
    ask = f"""
import psycopg, time
with psycopg.connect("host={database} user=postgres password=secret") as connection:
    print(connection.execute("select host(inet_client_addr())").fetchone()[0], flush=True)
time.sleep(60)
"""
    client = run_pod(cluster, namespace, "client", ask)
    assert until(lambda: said(cluster, namespace, "client").strip()) == client


def test_a_pod_cannot_read_the_clusters_token(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    program = """
import os, pathlib
state = pathlib.Path(os.environ["GAMEDAY_CLUSTER"])
for path in ("kubeconfig", "audit.jsonl", "cluster.json", "services/envoy.json"):
    try:
        print((state / path).read_bytes())
    except PermissionError:
        print("denied")
    except FileNotFoundError:
        print("absent")
for path in (state / "kubeconfig", state / "pods" / "new"):
    try:
        open(path, "a")
    except PermissionError:
        print("denied")
open(os.path.join(os.environ["TMPDIR"], "own"), "w").write("")
open(os.path.join(os.environ["HOME"], "own"), "w").write("")
print("done", flush=True)
"""
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", one_pod(program))
    until(lambda: container_status(cluster, namespace).get("restartCount"))
    words = cluster.http.get(f"/api/v1/namespaces/{namespace}/pods/pod/log", params={"previous": "true"}).text.split()
    assert words == ["denied", "denied", "absent", "denied", "denied", "denied", "done"]


def test_a_new_configuration_reaches_the_volume_that_shows_it(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    cluster.create(maps, {"metadata": {"name": "settings"}, "data": {"level": "one"}})
    program = """
import os, time
place = os.environ["GAMEDAY_POD_ROOT"] + "/etc/app/level"
try:
    open(place, "w")
except PermissionError:
    print("read-only", flush=True)
while True:
    print(open(place).read(), flush=True)
    time.sleep(0.1)
"""
    pod = one_pod(program, volumeMounts=[{"name": "settings", "mountPath": "/etc/app"}])
    pod["spec"]["volumes"] = [{"name": "settings", "configMap": {"name": "settings"}}]
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", pod)
    until(lambda: "one" in said(cluster, namespace, "pod"))
    cluster.patch(f"{maps}/settings", {"data": {"level": "two"}})
    until(lambda: "two" in said(cluster, namespace, "pod"))
    assert said(cluster, namespace, "pod").startswith("read-only")


def make_service(cluster: Cluster, namespace: str, name: str, port: int = 80) -> str:
    """A Service over the pods labelled `name`: its address."""
    spec = {"selector": {"app": name}, "ports": [{"port": port, "targetPort": 8000}]}
    made = cluster.create(f"/api/v1/namespaces/{namespace}/services", {"metadata": {"name": name}, "spec": spec})
    return str(made["spec"]["clusterIP"])


def make_policy(cluster: Cluster, namespace: str, name: str, **spec: Any) -> str:
    """A NetworkPolicy: its path."""
    path = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies"
    cluster.create(path, {"metadata": {"name": name}, "spec": {"podSelector": {}, **spec}})
    return f"{path}/{name}"


def latest(cluster: Cluster, namespace: str, name: str) -> str:
    """The last line that a pod wrote."""
    lines = said(cluster, namespace, name).split()
    return lines[-1] if lines else ""


def outside(address: str, port: int) -> str:
    """What a client that is no pod is told there, or the error that it meets."""
    try:
        with socket.create_connection((address, port), timeout=0.5) as client:
            return client.recv(99).decode()
    except OSError as error:
        return type(error).__name__


def test_a_server_behind_a_service_sees_which_pod_connects(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    run_pod(cluster, namespace, "server", MIRROR, **serving())
    service = make_service(cluster, namespace, "server")
    client = run_pod(cluster, namespace, "client", asking(service, 80))
    until(lambda: latest(cluster, namespace, "client") == client)
    cluster.http.delete(f"/api/v1/namespaces/{namespace}/pods/server?gracePeriodSeconds=0")
    until(lambda: latest(cluster, namespace, "client") == "ConnectionRefusedError")


def test_a_policy_drops_what_it_does_not_allow_at_once_and_only_while_it_is_there(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    server = run_pod(cluster, namespace, "server", MIRROR, **serving())
    service = make_service(cluster, namespace, "server")
    ends = {"friend": asking(server), "stranger": asking(server), "buyer": asking(service, 80)}
    addresses = {name: run_pod(cluster, namespace, name, program) for name, program in ends.items()}
    for name, address in addresses.items():
        until(lambda name=name, address=address: latest(cluster, namespace, name) == address)  # type: ignore[misc]
    until(lambda: outside(service, 80) == "127.0.0.1")
    friends = {"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}], "ports": [{"port": 8000}]}
    path = make_policy(cluster, namespace, "friends", podSelector={"matchLabels": {"app": "server"}}, ingress=[friends])
    until(lambda: latest(cluster, namespace, "stranger") == "TimeoutError", 2.0)
    until(lambda: latest(cluster, namespace, "buyer") == "TimeoutError", 2.0)
    until(lambda: outside(service, 80) == "TimeoutError", 2.0)
    assert latest(cluster, namespace, "friend") == addresses["friend"]
    assert cluster.get(f"/api/v1/namespaces/{namespace}/pods/server")["status"]["containerStatuses"][0]["ready"]
    pod = f"/api/v1/namespaces/{namespace}/pods/stranger"
    cluster.patch(pod, {"metadata": {"labels": {"app": "friend"}}})
    until(lambda: latest(cluster, namespace, "stranger") == addresses["stranger"], 2.0)
    cluster.http.delete(path)
    until(lambda: latest(cluster, namespace, "buyer") == addresses["buyer"], 2.0)
    until(lambda: outside(service, 80) == "127.0.0.1", 5.0)


def test_the_outside_enters_by_its_block(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    run_pod(cluster, namespace, "server", MIRROR, **serving())
    service = make_service(cluster, namespace, "server")
    make_policy(cluster, namespace, "closed")
    until(lambda: outside(service, 80) == "TimeoutError")
    make_policy(cluster, namespace, "open", ingress=[{"from": [{"ipBlock": {"cidr": "127.0.0.1/32"}}]}])
    until(lambda: outside(service, 80) == "127.0.0.1", 5.0)


def test_a_namespace_may_be_kept_from_getting_out(cluster: Cluster) -> None:
    inner, outer = cluster.namespace(), cluster.namespace()
    near = run_pod(cluster, inner, "near", MIRROR, **serving())
    far = run_pod(cluster, outer, "far", MIRROR, **serving())
    clients = {name: run_pod(cluster, inner, f"to-{name}", asking(ip)) for name, ip in (("near", near), ("far", far))}
    until(lambda: latest(cluster, inner, "to-far") == clients["far"])
    path = make_policy(cluster, inner, "stay", policyTypes=["Egress"], egress=[{"to": [{"podSelector": {}}]}])
    until(lambda: latest(cluster, inner, "to-far") == "TimeoutError", 2.0)
    assert latest(cluster, inner, "to-near") == clients["near"]
    both = [{"to": [{"podSelector": {}}, {"namespaceSelector": {"matchLabels": {"open": "yes"}}}]}]
    cluster.patch(path, {"spec": {"egress": both}})
    cluster.patch(f"/api/v1/namespaces/{outer}", {"metadata": {"labels": {"open": "yes"}}})
    until(lambda: latest(cluster, inner, "to-far") == clients["far"], 2.0)


def naming(name: str) -> str:
    """A program that says once a moment which address a name has, or what error it meets."""
    return f"""
import socket, time
while True:
    try:
        print(socket.getaddrinfo("{name}", 80, type=socket.SOCK_STREAM)[0][4][0], flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
    time.sleep(0.1)
"""


def run_to_end(cluster: Cluster, namespace: str, name: str, *command: str, env: Sequence[dict[str, Any]] = ()) -> str:
    """A pod that runs once: what it wrote."""
    own = {"name": "main", "image": "python:3", "command": list(command), "env": list(env)}
    spec = {"restartPolicy": "Never", "containers": [own]}
    pods = f"/api/v1/namespaces/{namespace}/pods"
    cluster.create(pods, {"metadata": {"name": name}, "spec": spec})
    until(lambda: cluster.get(f"{pods}/{name}")["status"]["phase"] in ("Succeeded", "Failed"))
    return said(cluster, namespace, name)


def test_pods_find_services_by_name_with_any_program(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    password = {"name": "POSTGRES_PASSWORD", "value": "secret"}
    run_pod(cluster, namespace, "postgres", "", image="postgres:18", command=[], env=[password], **serving(5432))
    spec = {"selector": {"app": "postgres"}, "ports": [{"port": 5432}]}
    cluster.create(f"/api/v1/namespaces/{namespace}/services", {"metadata": {"name": "postgres"}, "spec": spec})
    handler = "http.server.SimpleHTTPRequestHandler"
    web = f"import http.server, os; http.server.test({handler}, bind=os.environ['POD_IP'], port=8000)"
    run_pod(cluster, namespace, "web", web, **serving())
    make_service(cluster, namespace, "web")
    psql = str(find_programs() / "psql")
    connect = ("-h", "postgres", "-U", "postgres", "-Atc", "select 40 + 2")
    env = [{"name": "PGPASSWORD", "value": "secret"}]
    assert run_to_end(cluster, namespace, "sql", psql, *connect, env=env) == "42\n"
    for index, name in enumerate(("web", f"web.{namespace}", f"web.{namespace}.svc.cluster.local")):
        curl = ("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", f"http://{name}/")
        assert run_to_end(cluster, namespace, f"http-{index}", *curl).strip() == "200"


def test_pods_of_one_deployment_may_all_listen_at_every_address(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    probe = {"httpGet": {"path": "/", "port": 8000}, "periodSeconds": 1}
    container = {
        "name": "web",
        "image": "python:3",
        "command": ["sh", "-c", "echo $HOSTNAME > index.html; exec python -m http.server 8000"],
        "readinessProbe": probe,
    }
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    cluster.create(path, {"metadata": {"name": "web"}, "spec": spec})
    until(lambda: cluster.get(f"{path}/web")["status"].get("readyReplicas") == 2)
    service = make_service(cluster, namespace, "web")
    names = {pod["metadata"]["name"] for pod in cluster.get(f"/api/v1/namespaces/{namespace}/pods")["items"]}
    seen: set[str] = set()

    def are_all_seen() -> bool:
        with suppress(httpx.TransportError):
            seen.add(httpx.get(f"http://{service}/").text.strip())
        return seen == names

    until(are_all_seen)


def test_headless_services_name_their_pods(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    spec = {"clusterIP": "None", "selector": {"tier": "db"}, "ports": [{"port": 80}]}
    cluster.create(f"/api/v1/namespaces/{namespace}/services", {"metadata": {"name": "db"}, "spec": spec})
    pod = one_pod("import time; time.sleep(60)")
    pod["metadata"] = {"name": "db-0", "labels": {"tier": "db"}}
    pod["spec"] |= {"hostname": "db-0", "subdomain": "db"}
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", pod)
    address = until(lambda: cluster.get(f"/api/v1/namespaces/{namespace}/pods/db-0")["status"].get("podIP"))
    for name in ("db", "db-0.db", f"db-0.db.{namespace}.svc.cluster.local"):
        run_pod(cluster, namespace, f"asks-{name.replace('.', '-')[:30]}", naming(name))
    for name in ("asks-db", "asks-db-0-db"):
        until(lambda name=name: latest(cluster, namespace, name) == address)  # type: ignore[misc]


def test_names_are_subject_to_egress_policies(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    service = make_service(cluster, namespace, "web")
    ask = """
import socket, time
while True:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        client.connect((NAMESERVER, 53))
        client.send(bytes([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]) + b"\\3web\\0" + bytes([0, 1, 0, 1]))
        try:
            print(socket.inet_ntoa(client.recv(512)[-4:]), flush=True)
        except TimeoutError:
            print("TimeoutError", flush=True)
    time.sleep(0.1)
"""
    dns = cluster.get("/api/v1/namespaces/kube-system/services/kube-dns")["spec"]["clusterIP"]
    run_pod(cluster, namespace, "client", ask.replace("NAMESERVER", repr(dns)))
    until(lambda: latest(cluster, namespace, "client") == service)
    make_policy(cluster, namespace, "closed", policyTypes=["Egress"])
    until(lambda: latest(cluster, namespace, "client") == "TimeoutError", 2.0)
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    rule = {"to": [peer], "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}]}
    make_policy(cluster, namespace, "names", policyTypes=["Egress"], egress=[rule])
    until(lambda: latest(cluster, namespace, "client") == service, 2.0)


def test_the_api_is_a_service_that_its_certificate_is_for(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    config = {"metadata": {"name": "ca"}, "data": {"ca.crt": cluster.authority}}
    cluster.create(f"/api/v1/namespaces/{namespace}/configmaps", config)
    program = """
import os, ssl, urllib.error, urllib.request
trust = ssl.create_default_context(cadata=os.environ["CA"])
host = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
for url in ("https://kubernetes.default.svc", "https://kubernetes.default", "https://%s:%s" % host):
    try:
        urllib.request.urlopen(url + "/version", context=trust)
    except urllib.error.HTTPError as error:
        print(error.code)
"""
    source = {"configMapKeyRef": {"name": "ca", "key": "ca.crt"}}
    env = [{"name": "CA", "valueFrom": source}]
    assert run_to_end(cluster, namespace, "client", "python", "-c", program, env=env).split() == ["401"] * 3
    host = cluster.get("/api/v1/namespaces/default/services/kubernetes")["spec"]["clusterIP"]
    outer = httpx.get(f"https://{host}/version", verify=ssl.create_default_context(cadata=cluster.authority))
    assert outer.status_code == 401
    cluster.http.delete("/api/v1/namespaces/default/services/kubernetes")
    path = "/api/v1/namespaces/default/services/kubernetes"
    until(lambda: cluster.http.get(path).status_code == 200)
    assert cluster.get(path)["spec"]["clusterIP"] == host
