"""A pod's volumes as files."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.kubelet import volumes
from simulator.cluster.kubelet.environment import ConfigError
from simulator.cluster.store import Object

OBJECTS = {
    ("configmaps", "settings"): {"data": {"colour": "blue", "size": "1"}},
    ("secrets", "key"): {"data": {"password": base64.b64encode(b"x").decode()}},
    ("persistentvolumeclaims", "own"): {"spec": {"volumeName": "pv"}, "status": {"phase": "Bound"}},
    ("persistentvolumeclaims", "wanted"): {"spec": {}, "status": {"phase": "Pending"}},
    ("persistentvolumes", "pv"): {"spec": {"csi": {"volumeHandle": "disk"}}},
}


def _pod(*of: Object, mounts: tuple[Object, ...] = ()) -> Object:
    limits = {"memory": "64Mi"}
    return {
        "metadata": {"name": "p", "namespace": "d", "uid": "u", "labels": {"app": "web"}},
        "spec": {
            "containers": [{"name": "c", "resources": {"limits": limits}, "volumeMounts": list(mounts)}],
            "volumes": list(of),
        },
    }


def _find(plural: str, name: str) -> Object | None:
    return OBJECTS.get((plural, name))


SOURCES = volumes.Sources(_find, lambda audience: f"token for {audience}", Path("/nowhere"))


def _files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_projected_volume_shows_all_its_sources(tmp_path: Path) -> None:
    memory = {"resource": "limits.memory", "containerName": "c", "divisor": "1Mi"}
    sources = [
        {"configMap": {"name": "settings", "items": [{"key": "colour", "path": "deep/colour"}]}},
        {"secret": {"name": "key"}},
        {"configMap": {"name": "nobody", "optional": True}},
        {"serviceAccountToken": {"path": "token", "audience": "vault"}},
        {
            "downwardAPI": {
                "items": [
                    {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
                    {"path": "memory", "resourceFieldRef": memory},
                ]
            }
        },
    ]
    pod = _pod({"name": "all", "projected": {"sources": sources}})
    volumes.materialise(pod, tmp_path, SOURCES)
    assert _files(tmp_path / "volumes" / "all") == {
        "deep/colour": "blue",
        "password": "x",
        "token": "token for vault",
        "labels": 'app="web"',
        "memory": "64",
    }
    assert volumes.mounted_from(pod, "configmaps") == {"settings", "nobody"}
    assert volumes.mounted_from(pod, "secrets") == {"key"}


@pytest.mark.parametrize(
    ("volume", "words"),
    [
        ({"configMap": {"name": "nobody"}}, 'configmap "nobody" not found'),
        ({"secret": {"secretName": "key", "items": [{"key": "z", "path": "z"}]}}, "non-existent secret key: z"),
        ({"hostPath": {"path": "/"}}, "of a kind that this node does not have"),
        ({"projected": {"sources": [{"clusterTrustBundle": {"path": "t"}}]}}, "does not have: clusterTrustBundle"),
    ],
)
def test_what_is_missing_keeps_the_pod_waiting(tmp_path: Path, volume: Object, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        volumes.materialise(_pod({"name": "v", **volume}), tmp_path, SOURCES)


def test_a_mount_is_found_below_the_pod_s_root(tmp_path: Path) -> None:
    mount = {"name": "v", "mountPath": "/etc/app"}
    pod = _pod({"name": "v", "configMap": {"name": "settings"}}, mounts=(mount,))
    volumes.materialise(pod, tmp_path, SOURCES)
    volumes.mount(pod, tmp_path)
    assert (tmp_path / "root" / "etc" / "app" / "colour").read_text() == "blue"


@given(st.lists(st.sampled_from(["..", ".", "a", "", "/"]), max_size=8).map("/".join))
def test_no_path_leads_out_of_its_folder(path: str) -> None:
    folder = Path("/pods/u/root")
    assert volumes.inside(folder, path).is_relative_to(folder)
    assert ".." not in volumes.inside(folder, path).parts


def test_a_claim_s_volume_outlives_the_pod_and_is_the_pod_s_to_write(tmp_path: Path) -> None:
    disk, folder = tmp_path / "volumes" / "disk", tmp_path / "pod"
    volumes.provide(disk)
    sources = volumes.Sources(_find, lambda _: "", tmp_path / "volumes")
    pod = _pod(
        {"name": "data", "persistentVolumeClaim": {"claimName": "own"}},
        mounts=({"name": "data", "mountPath": "/data", "subPath": "deep"},),
    )
    volumes.materialise(pod, folder, sources)
    volumes.mount(pod, folder)
    (folder / "root" / "data" / "note").write_text("here")
    assert (disk / "deep" / "note").read_text() == "here"
    assert disk.resolve() in volumes.readable(folder)
    assert disk.resolve() in volumes.writable(pod, folder)
    volumes.remove(folder)
    assert (disk / "deep" / "note").exists()


def test_a_claim_without_a_volume_and_a_path_that_leads_out_of_one_are_not_mounted(tmp_path: Path) -> None:
    sources = volumes.Sources(_find, lambda _: "", tmp_path / "volumes")
    with pytest.raises(ConfigError, match="error processing PVC d/wanted: PVC is not bound"):
        volumes.materialise(
            _pod({"name": "data", "persistentVolumeClaim": {"claimName": "wanted"}}), tmp_path / "one", sources
        )
    volumes.provide(tmp_path / "volumes" / "disk")
    (tmp_path / "volumes" / "disk" / "out").symlink_to(tmp_path)
    sly = _pod(
        {"name": "data", "persistentVolumeClaim": {"claimName": "own"}},
        mounts=({"name": "data", "mountPath": "/data", "subPath": "out"},),
    )
    with pytest.raises(ConfigError, match='failed to prepare subPath for volumeMount "data"'):
        volumes.materialise(sly, tmp_path / "two", sources)
