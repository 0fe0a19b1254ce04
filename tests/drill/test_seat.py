"""The seat: a file for one user, of a run that lives."""

import stat
import subprocess
from pathlib import Path

import pytest

from simulator.drill.seat import Seat, read_seat, remove_seat, write_seat
from simulator.errors import NotPossible

SEAT = Seat(
    url="http://127.0.0.1:1",
    token="a-responders-token",
    drill="d-1",
    title="a drill",
    clock=60,
    env={"KUBECONFIG": "/somewhere"},
    hosts={"prometheus": "127.0.0.1:2"},
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_seat(tmp_path, SEAT)
    assert read_seat(tmp_path) == SEAT
    between = SEAT.model_copy(update={"drill": None})
    write_seat(tmp_path, between)
    assert read_seat(tmp_path) == between


def test_only_its_user_can_read_it_whatever_was_there(tmp_path: Path) -> None:
    (tmp_path / ".gameday").mkdir()
    for name in ("seat.json", "seat.new"):
        (tmp_path / ".gameday" / name).write_text("{}")
    path = write_seat(tmp_path, SEAT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["seat.json"]


def test_its_token_is_in_no_message(tmp_path: Path) -> None:
    assert SEAT.token not in repr(SEAT)
    path = write_seat(tmp_path, SEAT)
    path.write_text(path.read_text().replace('"url"', '"address"'))
    with pytest.raises(NotPossible, match=r"seat\.json: 'url': Field required") as refused:
        read_seat(tmp_path)
    assert SEAT.token not in str(refused.value)


def test_without_a_drill_it_says_how_to_start_one(tmp_path: Path) -> None:
    write_seat(tmp_path, SEAT)
    remove_seat(tmp_path)
    remove_seat(tmp_path)
    with pytest.raises(NotPossible, match="gameday run EXPERIMENT --responder human"):
        read_seat(tmp_path)


def test_a_run_that_was_killed_has_no_seat(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    write_seat(tmp_path, SEAT.model_copy(update={"pid": ended.pid}))
    with pytest.raises(NotPossible, match="has ended without taking it away"):
        read_seat(tmp_path)
