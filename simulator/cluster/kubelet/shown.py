"""What a pod's status says of one container: its ContainerStatus, in Kubernetes' shape."""

from collections.abc import Callable

from simulator.cluster.store import Object, timestamp


class Shown:
    """state, lastState and the rest; `changed` is called whenever they change."""

    def __init__(self, name: str, changed: Callable[[], None], *, is_init: bool) -> None:
        self.restart_count = 0
        self.is_ready = False
        self.is_started = False
        self.id = ""
        self.state: Object = {"waiting": {"reason": "ContainerCreating" if is_init else "PodInitializing"}}
        self._last_state: Object = {}
        self._name = name
        self._changed = changed
        self._is_init = is_init

    def resume(self, before: Object) -> None:
        """Go on where a status of before the node was off stopped; what ran then ended in a way that nobody saw."""
        self.restart_count = before["restartCount"]
        self._last_state = before.get("lastState") or {}
        self.id = before.get("containerID", "").removeprefix("gameday://")
        state = before.get("state") or {}
        if "running" in state:
            ended = {"exitCode": 255, "reason": "Unknown", "startedAt": state["running"].get("startedAt")}
            state = {"terminated": {**ended, "finishedAt": timestamp(), "containerID": before.get("containerID", "")}}
        if "terminated" in state:
            self.state = state

    def status(self, image: str, image_id: str) -> Object:
        """The ContainerStatus."""
        terminated = self.state.get("terminated") or {}
        status: Object = {
            "name": self._name,
            "state": self.state,
            "lastState": self._last_state,
            "ready": self.is_ready or (self._is_init and terminated.get("exitCode") == 0),
            "restartCount": self.restart_count,
            "image": image,
            "imageID": image_id if self.id else "",
            "started": self.is_started,
        }
        if self.id:
            status["containerID"] = f"gameday://{self.id}"
        return status

    def waiting(self, reason: str, message: str = "") -> None:
        """It does not run, and why."""
        self._show({"waiting": {"reason": reason, **({"message": message} if message else {})}})

    def running(self, started_at: str) -> None:
        """Its process runs since `started_at`; it is neither started nor ready before its probes say so."""
        self._show({"running": {"startedAt": started_at}})

    def started(self, *, is_ready: bool) -> None:
        """It passed its startup probe or has none."""
        self.is_started, self.is_ready = True, is_ready
        self._changed()

    def ready(self, is_ready: bool) -> None:
        """What its readiness probe says."""
        self.is_ready = is_ready
        self._changed()

    def terminated(self, code: int, reason: str, started_at: str, message: str) -> None:
        """It ended. After signal n the code is 128 + n and no `signal` is named, as containerd has it."""
        self.is_ready = self.is_started = False
        ended = {
            "exitCode": code,
            "reason": reason,
            "startedAt": started_at,
            "finishedAt": timestamp(),
            "containerID": f"gameday://{self.id}",
        }
        self._show({"terminated": {**ended, **({"message": message} if message else {})}})

    def _show(self, state: Object) -> None:
        if "terminated" in self.state:
            self._last_state = self.state
        self.state = state
        self._changed()
