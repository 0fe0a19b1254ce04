"""Tools, addresses and names of a drill shell, the same for everybody."""

import subprocess
import sys
from pathlib import Path

import yaml

from simulator.drill.app.description import Endpoint
from simulator.drill.embedded import kubectl
from simulator.drill.shell.environment import equip, host_names, lead_to

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "production",
    "clusters": [{"name": name, "cluster": {"server": f"https://{name}"}} for name in ("production", "staging")],
    "users": [{"name": "ada", "user": {"token": "t-1"}}],
    "contexts": [{"name": name, "context": {"cluster": name, "user": "ada"}} for name in ("production", "staging")],
}


def test_what_the_drill_has_comes_before_what_the_user_has(tmp_path: Path) -> None:
    equipment = equip(tools=tmp_path, kubeconfig="drill", variables={"TARGET_URL": "http://127.7.0.3:80"}, hosts={})
    env = equipment.over({"PATH": "/usr/bin", "KUBECONFIG": "own", "HOME": "/home/ada"})
    assert env["PATH"].split(":") == [str(tmp_path), str(Path(sys.executable).parent), "/usr/bin"]
    assert (env["KUBECONFIG"], env["HOME"], env["TARGET_URL"]) == ("drill", "/home/ada", "http://127.7.0.3:80")
    assert "http_proxy" not in env


def test_the_proxy_is_for_plain_http_and_not_for_loopback(tmp_path: Path) -> None:
    variables = {"TARGET_URL": "http://127.7.0.3:80", "DATABASE_URL": "postgresql://a:b@127.7.0.4:5432/x"}
    equipment = equip(tools=tmp_path, kubeconfig="drill", variables=variables, hosts={})
    base = {"no_proxy": "intranet", "HTTP_PROXY": "http://company", "HTTPS_PROXY": "http://company"}
    env = equipment.over(base, "http://127.0.0.1:9")
    assert env["http_proxy"] == "http://127.0.0.1:9"
    assert env["HTTPS_PROXY"] == "http://company"
    assert "HTTP_PROXY" not in env
    assert env["no_proxy"] == "intranet,localhost,127.0.0.1,::1,127.0.0.0/8,127.7.0.3,127.7.0.4"


def test_services_that_speak_http_have_names(tmp_path: Path) -> None:
    endpoints = [
        Endpoint(service="api", port=80, variable="TARGET_URL"),
        Endpoint(service="db", port=5432, variable="DATABASE_URL", url="postgresql://a:b@{address}/x"),
    ]
    urls = {"TARGET_URL": "http://127.7.0.3:80", "DATABASE_URL": "postgresql://a:b@127.7.0.4:5432/x"}
    assert host_names("http://127.0.0.1:41000", endpoints, urls, "shop") == {
        "prometheus": "127.0.0.1:41000",
        "api": "127.7.0.3:80",
        "api.shop": "127.7.0.3:80",
    }


def test_kubectl_works_in_the_context_that_was_allowed_and_in_the_apps_namespace(tmp_path: Path) -> None:
    own = tmp_path / "kubeconfig"
    own.write_text(yaml.safe_dump(KUBECONFIG))

    def seen(kubeconfig: str) -> tuple[str, str, str]:
        shown = subprocess.run(
            [kubectl(), "config", "view", "--minify", "-o", "json"],
            env={"KUBECONFIG": kubeconfig},
            capture_output=True,
            check=True,
        ).stdout
        config = yaml.safe_load(shown)
        context = config["contexts"][0]["context"]
        return config["current-context"], config["clusters"][0]["cluster"]["server"], context["namespace"]

    assert seen(lead_to(own, "staging", "shop", tmp_path)) == ("staging", "https://staging", "shop")
    assert seen(lead_to(own, None, "shop", tmp_path)) == ("production", "https://production", "shop")
    assert yaml.safe_load(own.read_text()) == KUBECONFIG
    assert "t-1" not in (tmp_path / "context.yaml").read_text()
