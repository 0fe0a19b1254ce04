"""Who plays, halts or recovers, as others on the same cluster are to read it."""

import getpass
import os
import socket
from collections.abc import Mapping


def who_we_are(env: Mapping[str, str] = os.environ) -> str:
    """`user@host`, and in a pipeline the address of its job."""
    job = _job(env)
    return f"{_user()}@{socket.gethostname()}" + (f" ({job})" if job else "")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid-{os.getuid()}"


def _job(env: Mapping[str, str]) -> str | None:
    """GitHub's, GitLab's and Jenkins' variables."""
    if "GITHUB_RUN_ID" in env:
        return (
            f"{env.get('GITHUB_SERVER_URL', '')}/{env.get('GITHUB_REPOSITORY', '')}/actions/runs/{env['GITHUB_RUN_ID']}"
        )
    return env.get("CI_JOB_URL") or env.get("BUILD_URL")
