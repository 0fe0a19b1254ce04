"""GET .../pods/<name>/log: which container is meant, and its lines as plain text."""

from collections.abc import Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, cast

from aiohttp import web

from simulator.cluster import errors
from simulator.cluster.api import requests
from simulator.cluster.ports import Runtime
from simulator.cluster.store import Object


async def answer(request: web.Request, runtime: Runtime, pod: Object) -> web.StreamResponse:
    """Stream the log. Refusals of the runtime come before the first byte, so that they get their status code."""
    query = request.query
    lines = runtime.logs(
        pod,
        container_of(pod, query.get("container", "")),
        previous=requests.flag(query, "previous"),
        follow=requests.flag(query, "follow"),
        tail_lines=_at_least(query, "tailLines", 0),
        since_s=_since_s(query),
        timestamps=requests.flag(query, "timestamps"),
        limit_bytes=_at_least(query, "limitBytes", 1),
    )
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    async with aclosing(cast("Any", lines)) as reader:
        if not requests.flag(query, "follow"):
            return web.Response(body=b"".join([chunk async for chunk in reader]), content_type="text/plain")
        async for chunk in reader:
            if not response.prepared:
                await response.prepare(request)
            await response.write(chunk)
    if not response.prepared:
        await response.prepare(request)
    return response


def container_of(pod: Object, wanted: str) -> str:
    """The container whose log is meant; `ApiError` 400 if there is none such or more than one."""
    name, spec = pod["metadata"]["name"], pod["spec"]
    main = [container["name"] for container in spec["containers"]]
    known = main + [container["name"] for container in spec.get("initContainers") or ()]
    if wanted and wanted not in known:
        raise errors.bad_request(f"container {wanted} is not valid for pod {name}")
    if not wanted and len(main) > 1:
        raise errors.bad_request(
            f"a container name must be specified for pod {name}, choose one of: [{' '.join(main)}]"
        )
    return wanted or str(main[0])


def _at_least(query: Mapping[str, str], key: str, least: int) -> int | None:
    value = requests.number(query, key)
    if value is not None and value < least:
        message = f"Invalid value: {value}: must be greater than or equal to {least}"
        raise errors.invalid("PodLogOptions", "", key, message)
    return value


def _since_s(query: Mapping[str, str]) -> float | None:
    if text := query.get("sinceTime"):
        try:
            since = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            raise errors.bad_request(f'parsing time "{text}": cannot parse it') from None
        return max(0.0, (datetime.now(UTC) - since).total_seconds())
    return _at_least(query, "sinceSeconds", 1)
