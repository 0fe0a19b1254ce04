"""When events are forgotten."""

from datetime import UTC, datetime, timedelta

from simulator.cluster.controllers.event_ttl import EventTtl
from simulator.cluster.event_log import EventLog
from simulator.cluster.resources import EVENTS
from simulator.cluster.store import Store


def test_an_event_is_kept_for_an_hour_after_it_was_last_seen() -> None:
    store = Store()
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "ns", "uid": "u"}}
    EventLog(store).normal(pod, "Started", "Started container c", by="kubelet")
    ttl, now = EventTtl(store), datetime.now(UTC)
    ttl.forget(now + timedelta(minutes=59))
    assert len(list(store.list(EVENTS))) == 1
    ttl.forget(now + timedelta(minutes=61))
    assert not list(store.list(EVENTS))
