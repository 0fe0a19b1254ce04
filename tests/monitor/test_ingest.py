"""From a page of samples to stored series."""

import pytest

from simulator.monitor.exposition import parse_line
from simulator.monitor.ingest import Ingest
from simulator.monitor.labels import from_mapping
from simulator.monitor.relabel import Relabelling
from simulator.monitor.storage import Storage

TARGET = from_mapping({"job": "api", "instance": "i:1"})


def latest(storage: Storage, at_ms: int, **labels: str) -> float | None:
    found = storage.series(from_mapping({"job": "api", "instance": "i:1", **labels})).latest(at_ms, 300_000)
    return found[1] if found else None


def test_a_line_may_hold_escapes_braces_and_a_time_of_its_own() -> None:
    line = parse_line('x_total{ a="b \\"c\\" } \\\\ \\n", d = "" ,} +Inf 1700000000000')
    assert line.labels == {"a": 'b "c" } \\ \n', "d": ""}
    assert (line.value, line.at_ms) == (float("inf"), 1_700_000_000_000)


@pytest.mark.parametrize("line", ["x", "x{a=b} 1", 'x{a="b" 1', "x one", "1x 1", 'x{a="b"} 1 2 3'])
def test_what_is_no_sample_is_refused_with_the_line(line: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_line(line)


def test_a_series_that_leaves_the_page_ends_and_one_that_comes_back_goes_on() -> None:
    storage = Storage(10**12)
    ingest = Ingest(storage, TARGET)
    assert ingest.take('a{p="x y"} 1\nb 2\n', 1000) == (2, 2, 2)
    assert ingest.take("# HELP b\nb 3\n", 2000) == (1, 1, 0)
    assert latest(storage, 1500, __name__="a", p="x y") == 1
    assert latest(storage, 2500, __name__="a", p="x y") is None
    assert latest(storage, 2500, __name__="b") == 3
    ingest.take('a{p="x y"} 5\nb 2\n', 3000)
    assert latest(storage, 3500, __name__="a", p="x y") == 5


def test_a_page_with_a_bad_line_is_not_taken_at_all() -> None:
    storage = Storage(10**12)
    ingest = Ingest(storage, TARGET)
    ingest.take("a 1\nb 2\n", 1000)
    with pytest.raises(ValueError, match="not a number"):
        ingest.take("a 2\nb two\n", 2000)
    assert latest(storage, 2500, __name__="a") == 1


def test_a_clash_of_labels_is_settled_as_honor_labels_says() -> None:
    for honor, expected in ((False, {"exported_job": "mine"}), (True, {"job": "mine"})):
        storage = Storage(10**12)
        Ingest(storage, TARGET, honor_labels=honor).take('a{job="mine"} 1\n', 1000)
        assert latest(storage, 1500, __name__="a", **expected) == 1


def test_metric_relabelling_drops_and_renames_series() -> None:
    storage = Storage(10**12)
    steps = (
        Relabelling(source_labels=("__name__",), regex="secret_.*", action="drop"),
        Relabelling(source_labels=("path",), regex="/(.*)", target_label="route"),
        Relabelling(regex="path", action="labeldrop"),
    )
    assert Ingest(storage, TARGET, steps).take('secret_x 1\nhits{path="/a"} 2\n', 1000) == (2, 1, 2)
    assert latest(storage, 1500, __name__="hits", route="a") == 2
    assert len(storage) == 1


def test_samples_older_than_the_retention_are_forgotten_with_their_series() -> None:
    storage = Storage(retention_ms=10_000)
    Ingest(storage, TARGET).take("a 1\n", 1000)
    fresh = Ingest(storage, TARGET)
    fresh.take("b 1\n", 2000)
    fresh.take("b 2\n", 20_000)
    storage.forget(20_000)
    assert [len(series.at_ms) for series in storage] == [1]
