"""Lists in pages: each page of one list is of the same version, as long as history reaches back to it."""

from dataclasses import dataclass

from simulator.cluster import errors
from simulator.cluster.api import list_options
from simulator.cluster.api.list_options import ListOptions
from simulator.cluster.objects.selectors import Match
from simulator.cluster.resources import Resource
from simulator.cluster.store import Object, Store

_GONE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
    "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
    "modified, or deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True)
class Page:
    """Objects, and the metadata of their list."""

    objects: list[Object]
    meta: Object


def page(
    store: Store, resource: Resource, namespace: str | None, matches: Match, options: ListOptions, *, is_plain: bool
) -> Page:
    """One page. `is_plain`: no selector is in play, so that what remains can be counted.

    `ApiError` 410 if the version is gone (with a token for the rest of the present one), 504 if it is yet to come.
    """
    for wanted in (options.version, options.at):
        if wanted is not None and wanted > store.version:
            raise errors.too_large_version(wanted, store.version)
    version = store.version
    if options.at is not None and options.at > 0:
        version = options.at
    elif options.is_exact and options.version:
        version = options.version
    try:
        everything = list(store.list_at(resource, namespace, version))
    except errors.ApiError as expired:
        if options.after is None:
            raise
        expired.message, expired.continued = _GONE, list_options.token_of_the_present(options.after)
        raise
    rest = everything if options.after is None else [obj for obj in everything if key_of(obj) > options.after]
    found: list[Object] = []
    taken = 0
    for obj in rest:
        if options.limit and len(found) == options.limit:
            break
        taken += 1
        if matches(obj):
            found.append(obj)
    meta: Object = {"resourceVersion": str(version)}
    if taken < len(rest):
        meta["continue"] = list_options.token(version, key_of(rest[taken - 1]))
        if is_plain:
            meta["remainingItemCount"] = len(rest) - taken
    return Page(found, meta)


def key_of(obj: Object) -> tuple[str, str]:
    """The place of an object in a list."""
    meta = obj["metadata"]
    return meta.get("namespace", ""), meta["name"]
