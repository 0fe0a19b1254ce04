"""Owners and dependents: background, foreground and orphaning deletion, by the garbage collector on a real store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest_asyncio

from simulator.cluster import deleting
from simulator.cluster.controllers.garbage import Garbage
from simulator.cluster.deleting import DeleteOptions
from simulator.cluster.objects import states
from simulator.cluster.resources import CONFIG_MAPS, DEPLOYMENTS, REPLICA_SETS, Resource
from simulator.cluster.store import Object, Store


@pytest_asyncio.fixture
async def store() -> AsyncIterator[Store]:
    store = Store()
    running = asyncio.create_task(Garbage(store).run())
    yield store
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def put(store: Store, resource: Resource, name: str, *owners: Object, blocks: bool = True, **meta: object) -> Object:
    """An object that `owners` own; the first one controls it."""
    references = [
        {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            "controller": index == 0,
            "blockOwnerDeletion": blocks,
        }
        for index, owner in enumerate(owners)
    ]
    own = {"name": name, "namespace": "default", **meta}
    return store.create(resource, {"metadata": {**own, "ownerReferences": references} if owners else own})


async def settled(store: Store) -> None:
    """Until nothing is written any more."""
    version = -1
    while version != store.version:
        version = store.version
        for _ in range(20):
            await asyncio.sleep(0)


def left(store: Store) -> list[str]:
    kinds = (DEPLOYMENTS, REPLICA_SETS, CONFIG_MAPS)
    return [obj["metadata"]["name"] for resource in kinds for obj in store.list(resource)]


def family(store: Store, **meta: object) -> Object:
    grandparent = put(store, DEPLOYMENTS, "grandparent")
    parent = put(store, REPLICA_SETS, "parent", grandparent)
    put(store, CONFIG_MAPS, "child", parent, **meta)
    return grandparent


async def test_dependents_go_after_their_owner_in_the_background(store: Store) -> None:
    family(store, finalizers=["example.com/slow"])
    deleting.delete(store, DEPLOYMENTS, "default", "grandparent", DeleteOptions())
    assert left(store) == ["parent", "child"]
    await settled(store)
    assert left(store) == ["child"]


async def test_in_the_foreground_an_owner_stays_until_its_dependents_are_gone(store: Store) -> None:
    family(store, finalizers=["example.com/slow"])
    shown = deleting.delete(store, DEPLOYMENTS, "default", "grandparent", DeleteOptions(policy="Foreground"))
    assert shown["metadata"]["finalizers"] == ["foregroundDeletion"]
    await settled(store)
    assert left(store) == ["grandparent", "parent", "child"]
    child = store.get(CONFIG_MAPS, "default", "child")
    assert states.is_marked(child)
    deleting.drop_finalizer(store, CONFIG_MAPS, child, "example.com/slow")
    await settled(store)
    assert left(store) == []


async def test_a_dependent_that_does_not_block_holds_nobody_up(store: Store) -> None:
    parent = put(store, REPLICA_SETS, "parent")
    put(store, CONFIG_MAPS, "child", parent, blocks=False, finalizers=["example.com/slow"])
    deleting.delete(store, REPLICA_SETS, "default", "parent", DeleteOptions(policy="Foreground"))
    await settled(store)
    assert left(store) == ["child"]
    assert states.is_marked(store.get(CONFIG_MAPS, "default", "child"))


async def test_orphans_lose_their_owner_and_nothing_else(store: Store) -> None:
    family(store)
    deleting.delete(store, DEPLOYMENTS, "default", "grandparent", DeleteOptions(policy="Orphan"))
    await settled(store)
    assert left(store) == ["parent", "child"]
    assert "ownerReferences" not in store.get(REPLICA_SETS, "default", "parent")["metadata"]
    assert store.get(CONFIG_MAPS, "default", "child")["metadata"]["ownerReferences"]


async def test_one_of_two_owners_is_enough(store: Store) -> None:
    one, two = put(store, REPLICA_SETS, "one"), put(store, REPLICA_SETS, "two")
    put(store, CONFIG_MAPS, "child", one, two)
    deleting.delete(store, REPLICA_SETS, "default", "one", DeleteOptions(policy="Foreground"))
    await settled(store)
    owners = store.get(CONFIG_MAPS, "default", "child")["metadata"]["ownerReferences"]
    assert [owner["name"] for owner in owners] == ["two"]
    assert left(store) == ["two", "child"]


async def test_what_is_made_for_an_owner_that_never_was_goes(store: Store) -> None:
    ghost = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "ghost", "uid": "u"}}
    put(store, CONFIG_MAPS, "child", ghost)
    await settled(store)
    assert left(store) == []


async def test_a_later_deletion_in_the_background_overrules_the_foreground(store: Store) -> None:
    family(store, finalizers=["example.com/slow"])
    deleting.delete(store, DEPLOYMENTS, "default", "grandparent", DeleteOptions(policy="Foreground"))
    deleting.delete(store, DEPLOYMENTS, "default", "grandparent", DeleteOptions(policy="Background"))
    assert left(store) == ["parent", "child"]
