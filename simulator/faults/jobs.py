"""Jobs as their users and the queue see them: how many wait, how one ends, and which nobody works on."""

from typing import Any

import httpx
import psycopg
from chaoslib.exceptions import ActivityFailed
from valkey import Valkey

from simulator.faults.waiting import until

_STREAM = "jobs"
_OVERDUE = "SELECT count(*) FROM jobs WHERE status = 'queued' AND created_at < now() - make_interval(secs => %s)"


def jobs_wait(queue_url: str, at_least: int, timeout: float = 30) -> str:
    """Probe: at least so many jobs are in the queue. Returns how many."""
    with Valkey.from_url(queue_url, socket_timeout=5, socket_connect_timeout=5) as queue:
        seen = until(lambda: queue.xlen(_STREAM), lambda length: length >= at_least, "jobs in the queue", timeout)
    return f"{seen} jobs"


def job_ends(target_url: str, api_key: str, status: str, timeout: float = 30) -> bool:
    """Probe: a job that is submitted now ends with `status`. Others are submitted until one does, or time is up."""
    with httpx.Client(base_url=target_url, headers={"X-API-Key": api_key}, timeout=5, trust_env=False) as api:

        def submit_and_wait() -> str:
            try:
                job = api.post("/jobs", json={"statement": "p and q -> p"}).raise_for_status().json()
                return str(until(lambda: _status(api, job["id"]), lambda seen: seen != "queued", "the job", timeout))
            except httpx.HTTPError as error:
                raise ActivityFailed(f"the app at {target_url} takes no job: {error!r}") from error

        until(submit_and_wait, lambda seen: seen == status, f"a job that ends {status}", timeout)
    return True


def overdue_jobs(database_url: str, seconds: float = 10) -> int:
    """Probe: how many jobs were accepted `seconds` ago or earlier and are not finished."""
    with psycopg.connect(database_url, connect_timeout=3) as connection:
        row = connection.execute(_OVERDUE, [seconds]).fetchone()
    return int(row[0]) if row else 0


def requeue_lost_jobs(target_url: str, admin_key: str, timeout: float = 15) -> dict[str, Any]:
    """Action: have the app put jobs that are in no queue into it again, as soon as it answers. Idempotent."""
    headers = {"X-Admin-Key": admin_key}

    def ask() -> dict[str, Any] | httpx.HTTPError:
        try:
            answer = httpx.post(f"{target_url}/admin/jobs/requeue", headers=headers, timeout=10, trust_env=False)
            said: dict[str, Any] = answer.raise_for_status().json()
        except httpx.HTTPError as error:
            return error
        return said

    said = until(ask, lambda said: isinstance(said, dict), f"an answer of {target_url}/admin/jobs/requeue", timeout)
    assert isinstance(said, dict)
    return said


def _status(api: httpx.Client, job: int) -> str:
    return str(api.get(f"/jobs/{job}").raise_for_status().json()["status"])
