"""What a run needs of what is around it, looked at before anything starts: cluster, Prometheus, room to write."""

import os
import shutil
import socket
from pathlib import Path

import httpx

from simulator.drill.catalog import nearest
from simulator.drill.documents import read_document
from simulator.errors import BadInput, NotPossible

SPACE_NEEDED = 200 * 1024 * 1024
SIGNAL_PORT = 9646
"""Where the target's own prometheus.yml expects the load generator; a Prometheus of the user's scrapes it there."""


def check_cluster(kubeconfig: Path | None, context: str | None) -> None:
    """Whether a cluster of the user's is named as it has to be. Raises `BadInput`."""
    if kubeconfig is None:
        if context is not None:
            raise BadInput("--context goes with --kubeconfig; without it the embedded cluster is used")
        return
    if not kubeconfig.is_file():
        raise BadInput(f"--kubeconfig: {kubeconfig}: there is no such file")
    if context is None:
        raise BadInput(
            "--kubeconfig needs --context NAME: a drill touches a cluster only in a context that you allow by name"
        )
    document = read_document(kubeconfig)
    names = [str(c.get("name")) for c in document.data.get("contexts") or [] if isinstance(c, dict)]
    if context not in names:
        raise document.fail(f"there is no context '{context}'{nearest(context, names)}", "contexts")


def check_prometheus(url: str | None) -> None:
    """A Prometheus of the user's has to answer, and must find the load generator on its port."""
    if url is None:
        return
    try:
        httpx.get(f"{url.rstrip('/')}/api/v1/rules", timeout=5, trust_env=False).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise BadInput(f"--prometheus: {url} does not answer as Prometheus does: {error}") from None
    try:
        socket.create_server(("127.0.0.1", SIGNAL_PORT)).close()
    except OSError:
        raise BadInput(
            f"--prometheus: port {SIGNAL_PORT} of 127.0.0.1, where Prometheus scrapes the load generator, is in use; "
            "end what listens there"
        ) from None


def check_outputs(root: Path, *, report: Path | None, json: Path | None) -> None:
    """Reports and the working folder can be written to, and have room. Raises `BadInput`, and `NotPossible` if not."""
    places = [("--report", report), ("--json", json.parent if json else None)]
    for flag, place in [*places, ("the working folder", root / ".gameday")]:
        if place is None:
            continue
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"{flag}: {place}: cannot be made: {error.strerror}") from None
        if not os.access(place, os.W_OK):
            raise BadInput(f"{flag}: {place}: cannot be written to")
        free = shutil.disk_usage(place).free
        if free < SPACE_NEEDED:
            raise NotPossible(
                f"{flag}: {place}: the disk is full: {free >> 20} MiB left, a game day needs {SPACE_NEEDED >> 20} MiB"
            )
    if json is not None and json.is_dir():
        raise BadInput(f"--json: {json} is a folder; give a file")
