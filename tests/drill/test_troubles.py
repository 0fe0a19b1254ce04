"""Why the app does not come up, told before its cluster is taken down again."""

from typing import Any

from simulator.drill.troubles import MOST_TOLD, troubles


def pod(name: str, *containers: dict[str, Any], **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"containerStatuses": list(containers), **status}}


def container(name: str, state: str, ready: bool = False, restarts: int = 0, **told: Any) -> dict[str, Any]:
    return {"name": name, "state": {state: told}, "ready": ready, "restartCount": restarts}


def last_line(pod: str, container: str, previous: bool) -> str:
    return f"last line of {container}{' before' if previous else ''}"


def test_what_fails_is_told_before_what_merely_waits_with_its_last_line() -> None:
    found = troubles(
        [
            pod("api-1", container("api", "running")),
            pod("db-1", container("db", "waiting", restarts=2, reason="CrashLoopBackOff", message="back-off 40s")),
            pod("cache-1", container("cache", "running", ready=True)),
        ],
        last_line,
    )
    assert found == [
        "db-1: CrashLoopBackOff: last line of db before",
        "api-1: runs, and is not ready: last line of api",
    ]


def test_what_never_ran_is_told_in_the_clusters_words() -> None:
    no_log = lambda *_: ""  # noqa: E731
    conditions = [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}]
    found = troubles(
        [
            pod("big-1", conditions=conditions),
            pod("new-1", container("web", "waiting", reason="ErrImagePull", message="no such image")),
            pod("slow-1", container("web", "waiting", reason="ContainerCreating")),
        ],
        no_log,
    )
    assert found == [
        "big-1: 0/1 nodes are available",
        "new-1: ErrImagePull: no such image",
        "slow-1: ContainerCreating",
    ]


def test_a_job_that_is_done_is_no_trouble_and_no_more_is_told_than_can_be_read() -> None:
    done = pod("job-1", container("job", "terminated", exitCode=0))
    assert troubles([done], last_line) == []
    many = [pod(f"api-{number}", container("api", "running")) for number in range(9)]
    assert len(troubles(many, last_line)) == MOST_TOLD
