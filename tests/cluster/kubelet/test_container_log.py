"""Logs of containers: every line once, in order, however they come and however large they grow."""

import asyncio
from pathlib import Path

import pytest

from simulator.cluster.kubelet import container_log
from simulator.cluster.kubelet.container_log import ContainerLog

ALL = {"follow": False, "tail_lines": None, "since_s": None, "timestamps": False, "limit_bytes": None}


async def _text(path: Path, live: ContainerLog | None = None, **options: object) -> str:
    pieces = [piece async for piece in container_log.read(path, live, **{**ALL, **options})]
    return b"".join(pieces).decode()


async def test_output_in_any_pieces_is_kept_as_lines(tmp_path: Path) -> None:
    log = ContainerLog(tmp_path / "0.log")
    for piece in (b"a", b"b\n\nc", b"\nd\ne\nf"):
        log.write("stdout", piece)
    log.close()
    assert await _text(log.path) == "ab\n\nc\nd\ne\nf\n"
    assert await _text(log.path, tail_lines=2) == "e\nf\n"
    assert await _text(log.path, limit_bytes=4) == "ab\n\n"
    assert await _text(log.path, tail_lines=0) == ""


async def test_an_endless_line_is_kept_in_parts_and_read_as_one(tmp_path: Path) -> None:
    log = ContainerLog(tmp_path / "0.log")
    for _ in range(100):
        log.write("stdout", b"x" * 10_000)
    log.write("stdout", b"\nend\n")
    assert await _text(log.path) == "x" * 1_000_000 + "\nend\n"
    assert max(len(line) for line in log.path.read_bytes().splitlines()) < 17_000


async def test_a_follower_sees_each_line_once_while_the_file_is_turned_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_log, "LARGEST_FILE", 5_000)
    log = ContainerLog(tmp_path / "0.log")
    log.write("stdout", b"0\n1\n2\n")
    following = asyncio.create_task(_text(log.path, log, follow=True, tail_lines=2))
    for number in range(3, 500):
        await asyncio.sleep(0)
        log.write("stdout", b"%d\n" % number)
        await asyncio.sleep(0)
    log.close()
    assert (await following).split() == [str(number) for number in range(1, 500)]


async def test_what_is_kept_is_bounded_and_reading_it_lets_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_log, "LARGEST_FILE", 1_000_000)
    log = ContainerLog(tmp_path / "0.log")
    for _ in range(100):
        log.write("stdout", b"y\n" * 32_768)
    kept = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert kept < 5_000_000
    reading, turns = asyncio.create_task(_text(log.path)), 0
    while not reading.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 20
