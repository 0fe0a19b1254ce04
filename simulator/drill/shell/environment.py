"""What a drill shell has: tools, addresses and names, the same for the autopilot and for people."""

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from simulator.cluster.kubelet.images.postgres import find_programs
from simulator.cluster.kubelet.images.valkey.server import PROGRAMS as VALKEY_PROGRAMS
from simulator.drill.app.description import Endpoint

LOOPBACK = ("localhost", "127.0.0.1", "::1", "127.0.0.0/8")


@dataclass(frozen=True)
class Equipment:
    """`env` is what a shell has beside its user's own environment, whose PATH comes after the one in `env`; `hosts`
    gives the `host:port` behind each name that answers in it by plain http. A seat carries both."""

    env: Mapping[str, str]
    hosts: Mapping[str, str]

    def over(self, base: Mapping[str, str], proxy: str | None = None) -> dict[str, str]:
        """The whole environment of a shell whose user has `base`; `proxy` is the URL at which `hosts` answer.

        Loopback addresses, which the tools reach by themselves, are not asked of the proxy, and https never is.
        """
        path = os.pathsep.join(filter(None, [self.env.get("PATH"), base.get("PATH", os.defpath)]))
        whole = {**base, **self.env, "PATH": path}
        if proxy is not None:
            given = [name for name in base.get("no_proxy", base.get("NO_PROXY", "")).split(",") if name != "*"]
            direct = ",".join(dict.fromkeys(filter(None, [*given, *LOOPBACK, *self._addresses()])))
            whole |= {"http_proxy": proxy, "no_proxy": direct, "NO_PROXY": direct}
            whole.pop("HTTP_PROXY", None)
        return whole

    def _addresses(self) -> Iterable[str]:
        """Each by itself, for tools that know no ranges of addresses, as curl before 7.86."""
        hosts = (urlsplit(value).hostname or "" for value in self.env.values() if "://" in value)
        return dict.fromkeys(host for host in hosts if host.startswith("127."))


def equip(*, tools: Path, kubeconfig: str, variables: Mapping[str, str], hosts: Mapping[str, str]) -> Equipment:
    """With KUBECONFIG, `variables`, and a PATH of `tools` and our interpreter's folder."""
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent)])
    return Equipment({**variables, "PATH": path, "KUBECONFIG": kubeconfig}, hosts)


def lay_out_tools(folder: Path) -> Path:
    """Link the clients of the database and the cache into `folder`; returns `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    programs = {"psql": find_programs(), "valkey-cli": VALKEY_PROGRAMS, "redis-cli": VALKEY_PROGRAMS}
    for tool, place in programs.items():
        link = folder / tool
        if not link.is_symlink():
            link.symlink_to(place / tool)
    return folder


def lead_to(kubeconfig: Path, context: str | None, namespace: str, folder: Path) -> str:
    """A KUBECONFIG with which kubectl works in `context` (default: the file's own) and `namespace` unless told
    otherwise: a file in `folder` that says so, before the one that has the cluster and its credentials."""
    config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    name = context or config["current-context"]
    chosen = next(each["context"] for each in config["contexts"] if each["name"] == name)
    lead = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {**chosen, "namespace": namespace}}],
    }
    path = folder / "context.yaml"
    path.write_text(yaml.safe_dump(lead, sort_keys=False), encoding="utf-8")
    return os.pathsep.join([str(path), str(kubeconfig)])


def host_names(
    prometheus_url: str, endpoints: Iterable[Endpoint], urls: Mapping[str, str], namespace: str
) -> dict[str, str]:
    """Where the names that runbooks call things by answer: `prometheus`, and the app's Services, also with namespace.

    `urls` has the URL of each endpoint by its variable; what does not speak plain http has no name here.
    """
    places = {"prometheus": urlsplit(prometheus_url)}
    for endpoint in endpoints:
        url = urlsplit(urls[endpoint.variable])
        places |= {endpoint.service: url, f"{endpoint.service}.{namespace}": url}
    return {name: place.netloc for name, place in places.items() if place.scheme == "http"}
