"""Which branch and commit is under the gate, and where it will be merged: git's word, else the pipeline's."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from simulator.report.gate import Revision

GIT_LIMIT_S = 5.0
_BRANCH = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME")
_COMMIT = ("GITHUB_SHA", "CI_COMMIT_SHA")
_TARGET = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
_DEFAULT = ("CI_DEFAULT_BRANCH",)
_USUAL = ("main", "master")


def revision_of(folder: Path, env: Mapping[str, str]) -> Revision:
    """What is checked out in `folder`. A pipeline checks out a commit without a branch, and names that in `env`."""
    branch = _git(folder, "symbolic-ref", "--short", "--quiet", "HEAD") or _named(env, _BRANCH)
    return Revision(branch=branch, commit=_git(folder, "rev-parse", "--verify", "HEAD") or _named(env, _COMMIT))


def target_branch(folder: Path, env: Mapping[str, str]) -> str | None:
    """The branch that a merge request goes to, else the repository's default one; None where nobody knows."""
    if named := _named(env, _TARGET) or _named(env, _DEFAULT):
        return named
    remote = _git(folder, "symbolic-ref", "--short", "--quiet", "refs/remotes/origin/HEAD")
    if remote:
        return remote.removeprefix("origin/")
    return next(
        (name for name in _USUAL if _git(folder, "rev-parse", "--verify", "--quiet", f"refs/heads/{name}")), None
    )


def _named(env: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((env[name] for name in names if env.get(name)), None)


def _git(folder: Path, *arguments: str) -> str | None:
    """What git says, or None if it says nothing, is not there, or takes too long."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=GIT_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
