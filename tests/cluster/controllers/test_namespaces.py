"""A namespace that is being deleted."""

from simulator.cluster import deleting
from simulator.cluster.controllers.namespaces import Namespaces, conditions
from simulator.cluster.deleting import DeleteOptions
from simulator.cluster.kinds import admission
from simulator.cluster.resources import CONFIG_MAPS, NAMESPACES, PODS
from simulator.cluster.store import Object, Store


def test_it_stays_and_says_why_while_something_in_it_has_a_finalizer() -> None:
    store = Store()
    store.create(NAMESPACES, admission.admit(NAMESPACES, {"metadata": {"name": "old"}}))
    store.create(CONFIG_MAPS, {"metadata": {"name": "plain", "namespace": "old"}})
    held = {"name": "held", "namespace": "old", "finalizers": ["example.com/slow"]}
    store.create(CONFIG_MAPS, {"metadata": held})
    deleting.delete(store, NAMESPACES, "", "old", DeleteOptions())
    controller = Namespaces(store)
    assert controller.reconcile(("", "old"))
    assert [obj["metadata"]["name"] for obj in store.list(CONFIG_MAPS, "old")] == ["held"]
    found = {each["type"]: each["message"] for each in store.get(NAMESPACES, "", "old")["status"]["conditions"]}
    assert found["NamespaceContentRemaining"] == "Some resources are remaining: configmaps. has 1 resource instances"
    assert found["NamespaceFinalizersRemaining"] == (
        "Some content in the namespace has finalizers remaining: example.com/slow in 1 resource instances"
    )
    deleting.drop_finalizer(store, CONFIG_MAPS, store.get(CONFIG_MAPS, "old", "held"), "example.com/slow")
    assert controller.reconcile(("", "old")) is None
    assert store.find(NAMESPACES, "", "old") is None


def test_a_condition_is_dated_by_its_change_not_by_the_last_look() -> None:
    namespace: Object = {"metadata": {"name": "old"}}
    left = {PODS: [{"metadata": {"name": "p"}}]}
    namespace["status"] = {"conditions": conditions(namespace, left, "2026-01-01T00:00:00Z")}
    again = conditions(namespace, left, "2026-01-01T00:00:09Z")
    assert {each["lastTransitionTime"] for each in again} == {"2026-01-01T00:00:00Z"}
