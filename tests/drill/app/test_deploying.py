"""An app of one's own on a real embedded cluster: plain commands as pods, and plain manifests."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playing import Home, wait_until

pytestmark = pytest.mark.cluster

APP = """\
name: pages
deploy:
  commands:
    - name: pages
      run: python -m http.server $PORT --bind $POD_IP
      port: 8000
      health: /hello.txt
      replicas: 2
      env: {GREETING: hello}
load:
  requests: [GET /hello.txt]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("pages"))
    (home.folder / "gameday.yaml").write_text(APP)
    (home.folder / "hello.txt").write_text("hello\n")
    status, output = home.run("up")
    assert status == 0, output
    yield home
    home.close()


def test_a_command_is_served_by_as_many_pods_as_it_says_from_its_own_folder(home: Home) -> None:
    _, output = home.run("status")
    assert "workload    pages: 2 ready" in output
    address = next(line.split()[-1] for line in output.splitlines() if line.startswith("app "))
    assert httpx.get(f"{address}/hello.txt", trust_env=False).text == "hello\n"
    pods = home.kubectl("get", "pods", "-n", "pages", "-l", "app=pages", "-o", "jsonpath={.items[*].status.podIP}")
    assert len(set(pods.split())) == 2
    environment = home.kubectl("exec", "-n", "pages", "deployment/pages", "--", "env").splitlines()
    assert {"GREETING=hello", "PORT=8000"} <= set(environment)


def test_a_rollout_with_a_program_that_is_not_there_crash_loops(home: Home) -> None:
    patch = '{"spec":{"template":{"spec":{"containers":[{"name":"pages","command":["/no/such/program"]}]}}}}'
    home.kubectl("patch", "deployment", "pages", "-n", "pages", "-p", patch)
    waiting = "jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}"
    wait_until(lambda: "CrashLoopBackOff" in home.kubectl("get", "pods", "-n", "pages", "-o", waiting), 30)


def test_plain_manifests_get_their_namespace_and_images_of_one_s_own(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "shop.yaml").write_text(MANIFESTS)
    (tmp_path / "images.yaml").write_text("images: {shop/front:1: {entrypoint: [python, -m, http.server, '8000']}}\n")
    (tmp_path / "gameday.yaml").write_text(
        "name: shop\ndeploy: {manifests: k8s, images: images.yaml}\n"
        "serves: {deployment: front, service: shop, port: 80}\nload: {requests: [GET /]}\n"
    )
    try:
        status, output = home.run("up")
        assert status == 0, output
        _, output = home.run("status")
        address = next(line.split()[-1] for line in output.splitlines() if line.startswith("app "))
        assert httpx.get(address, trust_env=False).status_code == 200
    finally:
        home.close()


MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: front}
spec:
  selector: {matchLabels: {tier: web}}
  template:
    metadata: {labels: {tier: web}}
    spec:
      containers:
        - name: front
          image: shop/front:1
          readinessProbe: {httpGet: {path: /, port: 8000}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {tier: web}, ports: [{port: 80, targetPort: 8000}]}
"""
