"""The one word that `kubectl get pods` says of a pod, its ready count and its restarts (printPod). Pure."""

from datetime import datetime

from simulator.cluster.printing.durations import age
from simulator.cluster.store import Object


def pod_status(pod: Object) -> str:
    """The STATUS column: Running, CrashLoopBackOff, Init:0/1, Terminating, ..."""
    status = pod.get("status") or {}
    word = str(status.get("reason") or status.get("phase") or "Unknown")
    if any(c["type"] == "PodScheduled" and c.get("reason") == "SchedulingGated" for c in _conditions(status)):
        word = "SchedulingGated"
    is_initializing = False
    if initializing := _init_word(pod):
        word, is_initializing = initializing, True
    if not is_initializing or _is_true(status, "Initialized"):
        word = _container_word(status, word)
    if pod["metadata"].get("deletionTimestamp"):
        is_over = status.get("phase") in ("Succeeded", "Failed")
        return word if is_over else "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return word


def ready_containers(pod: Object) -> str:
    """`2/3`; a sidecar (an init container that is always restarted) counts as well."""
    ready = sum(bool(s.get("ready")) and "running" in (s.get("state") or {}) for s in _counted(pod))
    return f"{ready}/{len(pod['spec']['containers']) + len(_sidecars(pod))}"


def restarts(pod: Object, now: datetime) -> str:
    """`3 (20s ago)`: how often containers restarted, and when the last one ended."""
    states = _counted(pod)
    count = sum(s.get("restartCount", 0) for s in states)
    if not count:
        return "0"
    ends = [((s.get("lastState") or {}).get("terminated") or {}).get("finishedAt") for s in states]
    known = [end for end in ends if end]
    return f"{count} ({age(max(known), now)} ago)" if known else str(count)


def _sidecars(pod: Object) -> set[str]:
    specs = pod["spec"].get("initContainers")
    if not specs:
        return set()
    return {spec["name"] for spec in specs if spec.get("restartPolicy") == "Always"}


def _counted(pod: Object) -> list[Object]:
    status, sidecars = pod.get("status") or {}, _sidecars(pod)
    init = [each for each in status.get("initContainerStatuses") or () if each["name"] in sidecars]
    return [*init, *(status.get("containerStatuses") or ())]


def _init_word(pod: Object) -> str | None:
    states = (pod.get("status") or {}).get("initContainerStatuses") or ()
    for index, entry in enumerate(states):
        state = entry.get("state") or {}
        if entry["name"] in _sidecars(pod) and entry.get("started"):
            continue
        if (ended := state.get("terminated")) is not None:
            if ended.get("exitCode") == 0:
                continue
            return "Init:" + _end_word(ended)
        waiting = (state.get("waiting") or {}).get("reason")
        if waiting and waiting != "PodInitializing":
            return f"Init:{waiting}"
        return f"Init:{index}/{len(pod['spec'].get('initContainers') or ())}"
    return None


def _container_word(status: Object, word: str) -> str:
    has_running = False
    for entry in reversed(status.get("containerStatuses") or ()):
        state = entry.get("state") or {}
        if (waiting := (state.get("waiting") or {}).get("reason")) is not None:
            word = waiting
        elif (ended := state.get("terminated")) is not None:
            word = _end_word(ended)
        elif entry.get("ready") and "running" in state:
            has_running = True
    if word == "Completed" and has_running:
        return "Running" if _is_true(status, "Ready") else "NotReady"
    return word


def _end_word(ended: Object) -> str:
    if ended.get("reason"):
        return str(ended["reason"])
    if ended.get("signal"):
        return f"Signal:{ended['signal']}"
    return f"ExitCode:{ended.get('exitCode', 0)}"


def _conditions(status: Object) -> list[Object]:
    return list(status.get("conditions") or ())


def _is_true(status: Object, condition: str) -> bool:
    return any(c["type"] == condition and c["status"] == "True" for c in status.get("conditions") or ())
