"""What is wrong with a pod's dnsPolicy and dnsConfig (pkg/apis/core/validation). Pure."""

import json
from collections.abc import Iterator
from ipaddress import ip_address

from simulator.cluster.errors import Cause
from simulator.cluster.store import Object

_MOST_SERVERS, _MOST_DOMAINS, _MOST_SIGNS = 3, 32, 2048


def dns(spec: Object, path: str) -> Iterator[Cause]:
    """Of a PodSpec at `path` whose dnsPolicy is a known one."""
    config = spec.get("dnsConfig")
    path = f"{path}.dnsConfig"
    if spec["dnsPolicy"] == "None":
        if config is None:
            words = "must provide `dnsConfig` when `dnsPolicy` is None"
            yield Cause(path, f"Required value: {words}", "FieldValueRequired")
        elif not config.get("nameservers"):
            words = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            yield Cause(f"{path}.nameservers", f"Required value: {words}", "FieldValueRequired")
    config = config or {}
    servers, domains = config.get("nameservers") or [], config.get("searches") or []
    if len(servers) > _MOST_SERVERS:
        yield _invalid(f"{path}.nameservers", servers, f"must not have more than {_MOST_SERVERS} nameservers")
    for index, server in enumerate(servers):
        if not _is_address(server):
            words = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            yield _invalid(f"{path}.nameservers[{index}]", server, words)
    if len(domains) > _MOST_DOMAINS:
        yield _invalid(f"{path}.searches", domains, f"must not have more than {_MOST_DOMAINS} search paths")
    if len(" ".join(domains)) > _MOST_SIGNS:
        words = f"must not have more than {_MOST_SIGNS} characters (including spaces) in the search list"
        yield _invalid(f"{path}.searches", domains, words)
    for index, option in enumerate(config.get("options") or ()):
        if not option.get("name"):
            yield Cause(f"{path}.options[{index}]", "Required value: must not be empty", "FieldValueRequired")


def _invalid(path: str, value: object, words: str) -> Cause:
    return Cause(path, f"Invalid value: {json.dumps(value, separators=(',', ':'))}: {words}")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
