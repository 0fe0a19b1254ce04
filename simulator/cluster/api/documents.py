"""What the API serves besides objects: health, metrics, version, OpenAPI and discovery."""

from collections.abc import Callable, Collection

from aiohttp import web

from simulator.cluster.api import discovery, openapi
from simulator.cluster.api.answers import as_json, nothing_here, raw_json
from simulator.cluster.version import VERSION


def answer(request: web.Request, metrics: Callable[[], str], absent: Collection[str]) -> web.StreamResponse:
    """GET of a path that names no resource; 404 in plain text where there is nothing.

    `absent` are groups that this machine cannot serve.
    """
    path = request.path.rstrip("/") or "/"
    if path in ("/healthz", "/livez", "/readyz"):
        return web.Response(text="ok")
    if path == "/metrics":
        return web.Response(text=metrics(), headers={"Content-Type": "text/plain; version=0.0.4"})
    if path == "/version":
        return as_json(VERSION)
    if path == "/openapi/v3":
        return as_json(openapi.index(absent))
    if path == "/openapi/v2":
        return web.Response(body=openapi.legacy(), headers={"Content-Type": openapi.LEGACY_TYPE})
    if path.startswith("/openapi/v3/"):
        document = openapi.document(path.removeprefix("/openapi/v3/"), absent)
        return raw_json(document) if document else nothing_here()
    return _discovery(path, request.headers.get("Accept", ""), request.host, absent)


def _discovery(path: str, accept: str, server: str, absent: Collection[str]) -> web.StreamResponse:
    if path in ("/api", "/apis"):
        for entry in accept.split(","):
            if "as=APIGroupDiscoveryList" in entry and "g=apidiscovery.k8s.io" in entry:
                version = "v2beta1" if "v=v2beta1" in entry else "v2"
                answer = as_json(discovery.aggregated(is_core=path == "/api", version=version, absent=absent))
                answer.headers["Content-Type"] = (
                    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
                )
                return answer
        return as_json(discovery.core_versions(server) if path == "/api" else discovery.group_list(absent))
    match path.strip("/").split("/"):
        case ["api", version]:
            found = discovery.resource_list("", version)
        case ["apis", group]:
            found = discovery.group(group)
        case ["apis", group, version]:
            found = discovery.resource_list(group, version)
        case _:
            found = None
    return nothing_here() if found is None else as_json(found)
