"""The Kubernetes HTTP API of the cluster: from requests to the store and back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from simulator.cluster import deleting, errors, kinds
from simulator.cluster.api import (
    authorizing,
    bodies,
    delete_options,
    documents,
    encoding,
    gates,
    list_options,
    listing,
    patching,
    patience,
    pod_logs,
    requests,
    reviews,
    tables,
    watching,
    write_options,
)
from simulator.cluster.api.answers import as_json, nothing_here
from simulator.cluster.api.requests import Form, Target
from simulator.cluster.api.scale import as_scale
from simulator.cluster.api.streams import routes
from simulator.cluster.api.write_options import WriteOptions
from simulator.cluster.api.writing import Writer
from simulator.cluster.objects import events_v1, selectors
from simulator.cluster.ports import AuditLine, Runtime, ServiceAddresses, Usage
from simulator.cluster.resources import EVENTS_V1, METRICS, REVIEWS, SERVICES, stored
from simulator.cluster.store import Object, Store
from simulator.cluster.users import User

_PRESERVED = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)


def build_app(
    store: Store,
    *,
    user_of: Callable[[str], User | None],
    addresses: ServiceAddresses,
    runtime: Runtime,
    audit: Callable[[AuditLine], None],
    metrics: Callable[[], str],
    usage: Usage,
    absent: Collection[str] = (),
) -> web.Application:
    """The application. `user_of` knows tokens; every mutating request is told to `audit` as it is answered.

    API groups that are `absent` are served as if they did not exist.
    """
    api = _Api(store, Writer(store, addresses), addresses, runtime, metrics, usage, absent)
    app = web.Application(
        middlewares=[patience.in_time(), encoding.as_asked, gates.refusals, gates.authenticated(user_of)],
        client_max_size=gates.LARGEST_BODY,
    )
    app.on_response_prepare.append(gates.audited(audit))
    app.router.add_route("*", "/{path:.*}", api.handle)
    app.cleanup_ctx.append(api.release_addresses)
    app.on_shutdown.append(api.end_watches)
    return app


@dataclass
class _Api:
    store: Store
    writer: Writer
    addresses: ServiceAddresses
    runtime: Runtime
    metrics: Callable[[], str]
    usage: Usage
    absent: Collection[str]
    watches: watching.Watches = field(default_factory=watching.Watches)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if any(f"{request.path}/".startswith(f"/apis/{group}/") for group in self.absent):
            return nothing_here()
        target = requests.parse_path(request.path)
        if target is not None:
            return await self._resource(request, target)
        if request.method not in ("GET", "HEAD"):
            return nothing_here()
        return documents.answer(request, self.metrics, self.absent)

    async def _resource(self, request: web.Request, target: Target) -> web.StreamResponse:
        verb = authorizing.verb_of(request.method, request.query, target)
        if not target.subresource and verb not in target.resource.verbs:
            raise errors.method_not_allowed()
        if target.resource in REVIEWS:
            return await self._review(request, target)
        match target.subresource:
            case "log":
                _only(request, "GET")
                pod = self.store.get(target.resource, target.namespace or "", target.name)
                return await pod_logs.answer(request, self.runtime, pod)
            case "attach" | "exec" | "portforward":
                pod = self.store.get(target.resource, target.namespace or "", target.name)
                return await routes.answer(request, self.runtime, pod, target.subresource)
            case "eviction":
                _only(request, "POST")
                return await self._evict(request, target)
            case "scale":
                _only(request, "GET", "PUT", "PATCH")
                return await self._scale(request, target)
            case "status":
                _only(request, "GET", "PUT", "PATCH")
        if request.method in ("GET", "HEAD"):
            return await self._read(request, target)
        if request.method == "DELETE":
            return await self._delete(request, target)
        return await self._write(request, target)

    async def _read(self, request: web.Request, target: Target) -> web.StreamResponse:
        query, form = request.query, requests.wanted_form(request.headers.get("Accept", ""))
        include = query.get("includeObject") or "Metadata"
        if target.resource in METRICS:
            return self._measured(target, query, form, include)
        if target.name:
            wanted_version = list_options.resource_version(query)
            if wanted_version is not None and wanted_version > self.store.version:
                raise errors.too_large_version(wanted_version, self.store.version)
            if not requests.flag(query, "watch"):
                obj = self.store.get(stored(target.resource), target.namespace or "", target.name)
                return as_json(tables.as_single(target.resource, obj, form, include))
        matches = _selection(query, target)
        namespace = target.namespace if target.resource.is_namespaced else None
        if requests.flag(query, "watch"):
            list_options.check_watch(query)
            wanted = watching.WatchRequest(
                target.resource,
                namespace,
                matches,
                form,
                include,
                _since(query),
                requests.number(query, "timeoutSeconds"),
                requests.flag(query, "allowWatchBookmarks"),
                requests.flag(query, "sendInitialEvents"),
            )
            return await watching.stream(request, self.store, wanted, self.watches)
        options, is_plain = list_options.read(query), not (query.get("labelSelector") or query.get("fieldSelector"))
        page = listing.page(self.store, stored(target.resource), namespace, matches, options, is_plain=is_plain)
        return as_json(tables.as_list(target.resource, page.objects, page.meta, form, include))

    def _measured(self, target: Target, query: Mapping[str, str], form: Form, include: str) -> web.Response:
        resource, namespace = target.resource, target.namespace
        if not target.name:
            matches = _selection(query, target)
            found = (obj for obj in self.usage.list(resource, namespace) if matches(obj))
            return as_json(tables.as_list(resource, found, {}, form, include))
        one = self.usage.find(resource, namespace or "", target.name)
        if one is None:
            place = f"{namespace}/{target.name}" if namespace else target.name
            raise errors.not_found(resource.kind.lower(), place, resource.group)
        return as_json(tables.as_single(resource, one, form, include))

    async def _review(self, request: web.Request, target: Target) -> web.StreamResponse:
        options = _options(request, "CreateOptions")
        review = bodies.decoded(target.resource, await bodies.read(request, target.resource.kind), options)
        return as_json(reviews.answer(request[gates.USER], review), 201)

    async def _write(self, request: web.Request, target: Target) -> web.StreamResponse:
        form = requests.wanted_form(request.headers.get("Accept", ""))
        kind, is_new = target.resource.kind, False
        if request.method == "POST" and not target.name:
            options, is_new = _options(request, "CreateOptions"), True
            result = self.writer.create(target, await bodies.read(request, kind), options)
        elif request.method == "PUT" and target.name:
            options = _options(request, "UpdateOptions")
            result, is_new = self.writer.update(target, await bodies.read(request, kind), options)
        elif request.method == "PATCH" and target.name:
            result, is_new = await self._patch(request, target)
        else:
            raise errors.method_not_allowed()
        return self._answer(tables.as_single(target.resource, result, form), 201 if is_new else 200)

    async def _patch(self, request: web.Request, target: Target) -> tuple[Object, bool]:
        media = request.content_type
        if media not in patching.FORMATS:
            raise errors.unsupported_media_type(patching.FORMATS)
        options = write_options.read(
            request.query,
            request.headers.get("User-Agent", ""),
            "PatchOptions",
            is_apply=media == patching.APPLY,
        )
        change = patching.parse(await request.read(), media)
        if media == patching.APPLY:
            return self.writer.apply(target, change, options)
        return self.writer.patch(target, media, change, options), False

    async def _scale(self, request: web.Request, target: Target) -> web.StreamResponse:
        if request.method == "GET":
            return as_json(as_scale(self.store.get(target.resource, target.namespace or "", target.name)))
        if request.method == "PUT":
            options = _options(request, "UpdateOptions")
            body = (await bodies.read(request, "Scale")).parsed.value
            return self._answer(self.writer.set_replicas(target, lambda _: body, options), 200)
        options, media = _options(request, "PatchOptions"), request.content_type
        change = patching.parse(await request.read(), media).value
        if media == patching.APPLY:
            raise errors.unsupported_media_type(patching.FORMATS[:-1])
        scale = self.writer.set_replicas(target, lambda old: patching.changed("Scale", media, old, change), options)
        return self._answer(scale, 200)

    async def _evict(self, request: web.Request, target: Target) -> web.StreamResponse:
        body = await bodies.optional(request, "Eviction")
        options = delete_options.read(body.get("deleteOptions") or {}, request.query)
        if (body.get("metadata") or {}).get("name", target.name) != target.name:
            raise errors.bad_request(
                f'name in URL does not match name in Eviction object: "{target.name}" != "{body["metadata"]["name"]}"'
            )
        deleting.delete(self.store, target.resource, target.namespace or "", target.name, options)
        return as_json({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)

    async def _delete(self, request: web.Request, target: Target) -> web.StreamResponse:
        options = delete_options.read(await bodies.optional(request, "DeleteOptions"), request.query)
        resource = target.resource
        warnings = [_PRESERVED] if resource.kind == "Job" and options.policy is None else []
        if target.name:
            gone = deleting.delete(self.store, stored(resource), target.namespace or "", target.name, options)
            self.writer.warnings += warnings
            return self._answer(gone, 200)
        if resource.is_namespaced and target.namespace is None:
            raise errors.method_not_allowed()
        matches = _selection(request.query, target)
        namespace = target.namespace if resource.is_namespaced else None
        chosen = [obj for obj in self.store.list(stored(resource), namespace) if matches(obj)]
        for obj in chosen:
            meta = obj["metadata"]
            deleting.delete(self.store, stored(resource), meta.get("namespace", ""), meta["name"], options)
        self.writer.warnings += warnings
        return self._answer(tables.as_list(resource, chosen, {"resourceVersion": str(self.store.version)}, Form()), 200)

    def _answer(self, obj: Object, code: int) -> web.Response:
        response = as_json(obj, code)
        for text in filter(str.isprintable, self.writer.warnings):  # as API servers, which send no others
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            response.headers.add("Warning", f'299 - "{escaped}"')
        self.writer.warnings.clear()
        return response

    async def release_addresses(self, _app: web.Application) -> AsyncIterator[None]:
        """Give a Service's address back when it is gone, whoever removed it."""
        watch = self.store.watch(SERVICES)

        async def follow() -> None:
            async for change in watch:
                address = change.object["spec"].get("clusterIP")
                if change.type == "DELETED" and address not in (None, "", "None"):
                    self.addresses.release(address)

        task = asyncio.create_task(follow())
        yield
        watch.close()
        await task

    async def end_watches(self, _app: web.Application) -> None:
        self.watches.close()


def _selection(query: Mapping[str, str], target: Target) -> selectors.Match:
    by_label = selectors.labels(query.get("labelSelector", ""))
    kind = kinds.of(target.resource.kind)
    fields = query.get("fieldSelector", "")
    if target.resource == EVENTS_V1:
        fields = events_v1.core_fields(fields)
    by_field = selectors.fields(fields, kind.selectable, target.resource.kind)
    if target.name:  # a watch of one object
        return lambda obj: obj["metadata"]["name"] == target.name and by_label(obj) and by_field(obj)
    return lambda obj: by_label(obj) and by_field(obj)


def _since(query: Mapping[str, str]) -> int | None:
    version = list_options.resource_version(query)
    return None if requests.flag(query, "sendInitialEvents") else version or None


def _options(request: web.Request, kind: str) -> WriteOptions:
    return write_options.read(request.query, request.headers.get("User-Agent", ""), kind)


def _only(request: web.Request, *methods: str) -> None:
    if request.method not in methods:
        raise errors.method_not_allowed()
