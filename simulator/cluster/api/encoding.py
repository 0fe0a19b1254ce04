"""JSON answers as the client wants them: indented, or as YAML (apiserver/pkg/endpoints/handlers/negotiation)."""

import orjson
import yaml
from aiohttp import web
from aiohttp.typedefs import Handler

from simulator.cluster.api import requests

_PEOPLE = ("curl", "Wget", "Mozilla/5.0")
"""Programs of people, who get indented answers unless they ask for `pretty=false`."""


@web.middleware
async def as_asked(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Spell what is an object; documents, streams and text stay as they are."""
    response = await handler(request)
    if not isinstance(response, web.Response) or response.prepared or not isinstance(response.body, bytes):
        return response
    if response.headers.get("Content-Type") != "application/json" or request.path.startswith("/openapi"):
        return response
    if requests.wants_yaml(request.headers.get("Accept", "")):
        response.body = yaml.dump(orjson.loads(response.body), Dumper=yaml.CSafeDumper, sort_keys=True).encode()
        response.headers["Content-Type"] = "application/yaml"
    elif _is_pretty(request):
        response.body = orjson.dumps(orjson.loads(response.body), option=orjson.OPT_INDENT_2)
    return response


def _is_pretty(request: web.Request) -> bool:
    if request.query.get("pretty"):
        return request.query["pretty"].lower() in ("1", "t", "true")
    return request.headers.get("User-Agent", "").startswith(_PEOPLE)
