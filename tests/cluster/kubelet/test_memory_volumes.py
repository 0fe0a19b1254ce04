"""How large a volume in memory is (pkg/volume/emptydir of the kubelet)."""

import pytest

from simulator.cluster.kubelet import volumes
from simulator.cluster.kubelet.environment import ConfigError
from simulator.cluster.kubelet.memory_volumes import has_any, sizes
from simulator.cluster.store import Object

NODE = 1000


def pod(empty_dir: Object, *limits: int | None) -> Object:
    containers = [{"name": "c", "resources": {"limits": {"memory": str(limit)} if limit else {}}} for limit in limits]
    volumes_ = [{"name": "v", "emptyDir": empty_dir}, {"name": "other", "configMap": {"name": "x"}}]
    return {"metadata": {"name": "p", "namespace": "d"}, "spec": {"containers": containers, "volumes": volumes_}}


def memory(size: str | None = None) -> Object:
    return {"medium": "Memory", **({"sizeLimit": size} if size else {})}


@pytest.mark.parametrize(
    ("empty_dir", "limits", "wanted"),
    [
        (memory("400"), (None,), 400),
        (memory("2Ki"), (None,), NODE),
        (memory(), (None,), NODE),
        (memory("400"), (300,), 300),
        (memory("400"), (300, 300), 400),
        (memory(), (300, 300), 600),
        (memory(), (300, None), NODE),
        (memory("0"), (None,), NODE),
    ],
)
def test_a_volume_in_memory_is_no_larger_than_its_limit_the_pods_and_the_nodes(
    empty_dir: Object, limits: tuple[int | None, ...], wanted: int
) -> None:
    assert has_any(pod(empty_dir, *limits))
    assert sizes(pod(empty_dir, *limits), NODE) == {"v": wanted}


def test_a_volume_on_disk_is_none() -> None:
    assert not has_any(pod({"sizeLimit": "400"}, None))
    assert sizes(pod({"sizeLimit": "400"}, None), NODE) == {}


def test_a_medium_that_nobody_knows_is_not_mounted(tmp_path) -> None:
    sources = volumes.Sources(lambda *_: {"data": {}}, lambda _: "", tmp_path)
    with pytest.raises(ConfigError, match='unknown storage medium "Tape"'):
        volumes.materialise(pod({"medium": "Tape"}, None), tmp_path, sources)
