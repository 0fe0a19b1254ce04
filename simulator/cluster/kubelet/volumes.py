"""A pod's volumes as folders, and its mounts as links below the pod's root.

A process has no root of its own here, so a container finds `/etc/app` at `$GAMEDAY_POD_ROOT/etc/app`. All containers
of a pod share that root. It is theirs to change: we write in it once, before any of them runs, and never follow it.
"""

import posixpath
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from simulator.cluster.kubelet import environment
from simulator.cluster.kubelet.environment import ConfigError, Find
from simulator.cluster.kubelet.memory_volumes import MEMORY
from simulator.cluster.store import Object
from simulator.cluster.users import ISSUER

_READ_ONLY = ("configMap", "secret", "downwardAPI", "projected")
_CLAIM = "persistentVolumeClaim"
File = tuple[str, bytes, int]
"""Path within the volume, content, mode."""
_MODE = 0o644


@dataclass(frozen=True)
class Sources:
    """What volumes show: objects of the pod's namespace, tokens of its service account for an audience, and the folders
    of persistent volumes, which lie in `persistent`."""

    find: Find
    token: Callable[[str], str]
    persistent: Path


def materialise(pod: Object, folder: Path, sources: Sources) -> None:
    """Write every volume of the pod under `folder`/volumes; those of claims are links.

    May be repeated: contents are written again, an emptyDir is kept. `ConfigError` when a required ConfigMap, Secret
    or key is missing, or the volume is of a kind that this node does not have.
    """
    for volume in pod["spec"].get("volumes") or ():
        place = folder / "volumes" / volume["name"]
        if _CLAIM in volume:
            _link(place, sources.persistent / _handle(volume[_CLAIM]["claimName"], pod, sources.find))
            continue
        place.mkdir(parents=True, exist_ok=True)
        for path, content, mode in _files(volume, pod, sources):
            _write(inside(place, path), content, mode)
    _check_sub_paths(pod, folder)


def mount(pod: Object, folder: Path) -> None:
    """Make the pod's root, `folder`/root, with a link for every mount."""
    (folder / "root").mkdir(parents=True, exist_ok=True)
    (folder / "volumes").mkdir(exist_ok=True)
    containers = [*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"]]
    for container in containers:
        for mount in container.get("volumeMounts") or ():
            source = inside(folder / "volumes" / mount["name"], mount.get("subPath") or "")
            _link(inside(folder / "root", mount["mountPath"]), source)
    (folder / "root" / "tmp").mkdir(exist_ok=True)


def inside(folder: Path, path: str) -> Path:
    """`path` as seen by somebody whose root is `folder`: no number of `..` leads out of it."""
    return folder / posixpath.normpath(f"/{path}").lstrip("/")


def readable(folder: Path) -> list[Path]:
    """What the pod's processes may read of `folder`: not their logs, which are the node's."""
    own = [folder / "root", folder / "volumes"]
    return [*own, *(place.resolve() for place in (folder / "volumes").iterdir() if place.is_symlink())]


def writable(pod: Object, folder: Path) -> list[Path]:
    """What they may change of it: as in Kubernetes, volumes that show objects are read-only."""
    kinds = [volume for volume in pod["spec"].get("volumes") or () if not any(kind in volume for kind in _READ_ONLY)]
    places = [folder / "volumes" / volume["name"] for volume in kinds if not _is_read_only(volume)]
    return [folder / "root", *(place.resolve() for place in places)]


def claims(pod: Object) -> list[str]:
    """The PersistentVolumeClaims that the pod mounts."""
    return [volume[_CLAIM]["claimName"] for volume in pod["spec"].get("volumes") or () if _CLAIM in volume]


def provide(folder: Path) -> None:
    """Make the folder of a persistent volume, which programs of any user may write."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)


def remove(folder: Path) -> None:
    """Take everything of a pod, or of a persistent volume, away."""
    shutil.rmtree(folder, ignore_errors=True)


def mounted_from(pod: Object, plural: str) -> set[str]:
    """Names of the ConfigMaps or Secrets that the pod's volumes show."""
    field = "configMap" if plural == "configmaps" else "secret"
    volumes = pod["spec"].get("volumes") or ()
    projected = [source for volume in volumes for source in (volume.get("projected") or {}).get("sources") or ()]
    found = [each[field] for each in (*volumes, *projected) if field in each]
    return {each.get("secretName") or each["name"] for each in found}


def _check_sub_paths(pod: Object, folder: Path) -> None:
    """What an earlier pod has put into a persistent volume may lead anywhere, and is not followed."""
    containers = [*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"]]
    for container in containers:
        for mount in (each for each in container.get("volumeMounts") or () if each.get("subPath")):
            volume = folder / "volumes" / mount["name"]
            if not inside(volume, mount["subPath"]).resolve().is_relative_to(volume.resolve()):
                words = (
                    f'failed to prepare subPath for volumeMount "{mount["name"]}" of container "{container["name"]}"'
                )
                raise ConfigError(words)


def _is_read_only(volume: Object) -> bool:
    return bool((volume.get(_CLAIM) or {}).get("readOnly"))


def _handle(name: str, pod: Object, find: Find) -> str:
    claim = find("persistentvolumeclaims", name)
    where = f"{pod['metadata']['namespace']}/{name}"
    if claim is None:
        raise ConfigError(f"error processing PVC {where}: failed to fetch PVC from API server: not found")
    volume = find("persistentvolumes", claim["spec"].get("volumeName", ""))
    if (claim.get("status") or {}).get("phase") != "Bound" or volume is None:
        raise ConfigError(f"error processing PVC {where}: PVC is not bound")
    return str(volume["spec"]["csi"]["volumeHandle"])


def _files(volume: Object, pod: Object, sources: Sources) -> list[File]:
    for source, content in volume.items():
        if source in ("configMap", "secret", "downwardAPI"):
            return _of_source(source, content, content.get("defaultMode", _MODE), pod, sources)
        if source == "projected":
            mode = content.get("defaultMode", _MODE)
            parts = [(name, part) for entry in content.get("sources") or () for name, part in entry.items()]
            return [file for name, part in parts for file in _of_source(name, part, mode, pod, sources)]
    if "emptyDir" not in volume:
        raise ConfigError(f'volume "{volume["name"]}" is of a kind that this node does not have')
    if (medium := volume["emptyDir"].get("medium") or MEMORY) != MEMORY:
        raise ConfigError(f'unknown storage medium "{medium}"')
    return []


def _of_source(source: str, content: Object, mode: int, pod: Object, sources: Sources) -> list[File]:
    match source:
        case "configMap":
            return _keys(content, content["name"], "configmaps", mode, sources.find)
        case "secret":
            return _keys(content, content.get("secretName") or content["name"], "secrets", mode, sources.find)
        case "downwardAPI":
            items = content.get("items") or ()
            return [(item["path"], _downward(item, pod).encode(), item.get("mode", mode)) for item in items]
        case "serviceAccountToken":
            return [(content["path"], sources.token(content.get("audience", ISSUER)).encode(), mode)]
    raise ConfigError(f"a projected volume has a source that this node does not have: {source}")


def _downward(item: Object, pod: Object) -> str:
    if "fieldRef" in item:
        return environment.field(pod, item["fieldRef"]["fieldPath"])
    return environment.resource(item["resourceFieldRef"], {}, pod)


def _keys(source: Object, name: str, plural: str, mode: int, find: Find) -> list[File]:
    found = find(plural, name)
    if found is None:
        if source.get("optional"):
            return []
        raise ConfigError(f'{plural[:-1]} "{name}" not found')
    read = environment.config_map_bytes if plural == "configmaps" else environment.secret_bytes
    keys = {**(found.get("data") or {}), **(found.get("binaryData") or {})}
    items = source.get("items") or [{"key": key, "path": key} for key in keys]
    files = []
    for item in items:
        content = read(found, item["key"])
        if content is not None:
            files.append((item["path"], content, item.get("mode", mode)))
        elif not source.get("optional"):
            raise ConfigError(f"references non-existent {plural[:-1]} key: {item['key']}")
    return files


def _write(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(content)
    draft.chmod(mode | 0o400)
    draft.replace(path)


def _link(at: Path, source: Path) -> None:
    source.parent.mkdir(parents=True, exist_ok=True)
    if not source.exists():
        source.mkdir(parents=True)
    at.parent.mkdir(parents=True, exist_ok=True)
    if at.is_symlink() or not at.exists():
        at.unlink(missing_ok=True)
        at.symlink_to(source)
