"""Ownership of fields as arithmetic: sets, differences, merges, applies."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.errors import ApiError
from simulator.cluster.objects import fieldset, managed_entries, managed_fields, structured
from simulator.cluster.objects.list_types import structure
from simulator.cluster.objects.managed_fields import Writer
from simulator.cluster.objects.schemas import model_of, models
from simulator.cluster.objects.stored_fields import StoredFields

DEPLOYMENT = model_of("Deployment")
NAMES = st.sampled_from(["a", "b", "c"])


def _containers() -> st.SearchStrategy[list[dict[str, Any]]]:
    port = st.fixed_dictionaries({"containerPort": st.sampled_from([80, 443])}, optional={"name": NAMES})
    ports = st.lists(port, min_size=1, max_size=2, unique_by=lambda p: p["containerPort"])
    one = st.fixed_dictionaries(
        {"name": NAMES}, optional={"image": NAMES, "ports": ports, "args": st.lists(NAMES, max_size=2)}
    )
    return st.lists(one, min_size=1, max_size=3, unique_by=lambda c: c["name"])


def _config() -> st.SearchStrategy[dict[str, Any]]:
    spec = st.fixed_dictionaries(
        {"minReadySeconds": st.sampled_from([0, 1])},
        optional={
            "replicas": st.integers(0, 3),
            "paused": st.booleans(),
            "selector": st.fixed_dictionaries({"matchLabels": st.dictionaries(NAMES, NAMES, min_size=1)}),
            "template": st.fixed_dictionaries({"spec": st.fixed_dictionaries({"containers": _containers()})}),
        },
    )
    labels = st.dictionaries(NAMES, NAMES, min_size=1)
    meta = st.fixed_dictionaries({"name": st.just("web")}, optional={"labels": labels})
    return st.fixed_dictionaries(
        {"apiVersion": st.just("apps/v1"), "kind": st.just("Deployment"), "metadata": meta, "spec": spec}
    )


def _by(manager: str) -> Writer:
    return Writer(manager, "apps/v1", "2026-01-01T00:00:00Z")


def _applied(live: dict[str, Any], config: dict[str, Any], manager: str, *, force: bool = True) -> dict[str, Any]:
    new, entries = managed_fields.apply(DEPLOYMENT, live, config, _by(manager), is_forced=force)
    meta = {**new["metadata"], "managedFields": entries} if entries else new["metadata"]
    return {**new, "metadata": meta}


def _bare(obj: dict[str, Any]) -> dict[str, Any]:
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key != "managedFields"}}


def _owned_by_name(obj: dict[str, Any]) -> dict[str, Any]:
    managed = managed_entries.decode(obj["metadata"].get("managedFields"))
    return {who.manager: owned.fields for who, owned in managed.items()}


def _sets() -> st.SearchStrategy[dict[str, Any]]:
    return _config().map(lambda config: structured.fields_of(DEPLOYMENT, config))


@given(_config(), _config())
def test_applying_twice_is_applying_once(live, config) -> None:
    once = _applied(_applied({}, live, "other"), config, "me")
    assert _applied(once, config, "me", force=False) == once


@given(_config(), _config())
def test_what_is_applied_is_there_and_owned(live, config) -> None:
    after = _applied(_applied({}, live, "other"), config, "me")
    wanted = structured.fields_of(DEPLOYMENT, config)
    assert fieldset.difference(wanted, structured.fields_of(DEPLOYMENT, after)) == {}


@given(_config(), _config())
def test_the_order_of_managers_who_agree_does_not_matter(one, other) -> None:
    try:
        first = _applied(_applied({}, one, "one"), other, "other", force=False)
    except ApiError:
        return
    second = _applied(_applied({}, other, "other"), one, "one", force=False)
    assert structured.fields_of(DEPLOYMENT, first) == structured.fields_of(DEPLOYMENT, second)
    assert _owned_by_name(first) == _owned_by_name(second)


@given(_config(), _config())
def test_who_applies_nothing_more_leaves_only_what_others_own(mine, theirs) -> None:
    both = _applied(_applied({}, theirs, "other"), mine, "me")
    nothing = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    left = _applied(both, nothing, "me", force=False)
    managed = managed_entries.decode(left["metadata"].get("managedFields"))
    assert [who.manager for who in managed] in ([], ["other"])
    owned = managed[next(iter(managed))].fields if managed else {}
    have = fieldset.difference(structured.fields_of(DEPLOYMENT, _bare(left)), owned)
    paths = list(fieldset.paths(have))
    # What is declared stays as an empty value; nothing else does.
    assert set(paths) <= {".apiVersion", ".kind", ".metadata.name", ".spec", ".spec.template", ".spec.template.spec"}


@given(_config(), _config())
def test_an_update_owns_just_what_it_changed(old, new) -> None:
    live = _applied({}, old, "other")
    entries = managed_fields.record_update(DEPLOYMENT, live, new, live["metadata"].get("managedFields"), _by("editor"))
    mine = [owned for who, owned in managed_entries.decode(entries).items() if who.manager == "editor"]
    found = structured.differences(DEPLOYMENT, _bare(live), new)
    changed = fieldset.union(found.added, found.modified)
    assert bool(mine) is bool(changed)
    for owned in mine:
        assert fieldset.difference(owned.fields, changed) == {}


@given(_sets(), _sets())
def test_sets_obey_the_algebra_of_sets(one, other) -> None:
    def of(fields: dict[str, Any]) -> set[str]:
        return set(fieldset.paths(fields))

    assert of(fieldset.union(one, other)) == of(one) | of(other)
    assert of(fieldset.intersection(one, other)) == of(one) & of(other)
    assert of(fieldset.difference(one, other)) == of(one) - of(other)


@given(_config())
def test_sets_survive_being_stored_and_equal_ones_are_stored_once(config) -> None:
    fields = structured.fields_of(DEPLOYMENT, config)
    assert StoredFields.of(fields).tree() == fields
    assert StoredFields.of(fields) is StoredFields.of(structured.fields_of(DEPLOYMENT, config))


@given(_config(), _config())
def test_merging_keeps_the_order_that_was_applied(live, config) -> None:
    def names(obj: dict[str, Any]) -> list[str]:
        spec = obj["spec"].get("template", {}).get("spec", {})
        return [container["name"] for container in spec.get("containers") or ()]

    merged = structured.merge(DEPLOYMENT, live, config)
    assert [name for name in names(merged) if name in names(config)] == names(config)
    assert set(names(merged)) == set(names(live)) | set(names(config))


def test_no_more_than_ten_updaters_are_kept_apart() -> None:
    obj: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm"}, "data": {"0": "x"}}
    model = model_of("ConfigMap")
    entries = managed_fields.record_update(model, {}, obj, None, Writer("m0", "v1", "2026-01-01T00:00:00Z"))
    for n in range(1, 15):
        new = {**obj, "data": {**obj["data"], str(n): "x"}}
        by = Writer(f"m{n}", "v1", f"2026-01-01T00:00:{n:02}Z")
        entries = managed_fields.record_update(model, obj, new, entries, by)
        obj = new
    assert len(entries) == 10
    assert entries[0]["manager"] == "ancient-changes"
    assert [e["manager"] for e in entries[1:]] == [f"m{n}" for n in range(6, 15)]


@pytest.mark.parametrize(
    "entries", [[{"operation": "Steal"}], [{"operation": "Apply", "apiVersion": "v1"}], ["text"], [{"fieldsV1": 3}]]
)
def test_entries_that_make_no_sense_are_none(entries) -> None:
    assert managed_entries.decode(entries) == {}


def test_every_list_type_is_of_a_field_that_there_is() -> None:
    for place in structure().lists:
        name, _, key = place.partition(".")
        assert name in models()
        assert key in models()[name].fields or name != "V1PodSpec"
