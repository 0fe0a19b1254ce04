"""Marks are taken out of a stream wherever it is cut, and only those that are ours."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from simulator.drill.shell.marks import Began, Ended, Marks

WORD = "0123abcd"
STREAM = (
    b"\x1b[1mgameday\x1b[0m $ echo hi\r\n"
    b"\x1b]633;E;echo 100%25;%0a hi %c3%9c;0123abcd\x07"
    b"hi\r\n\x1b]0;title\x07"
    b"\x1b]633;D;0;0123abcd\x07"
    b"prompt"
)


def joined(parts: list[bytes | Began | Ended]) -> list[bytes | Began | Ended]:
    """With neighbouring bytes put together."""
    found: list[bytes | Began | Ended] = []
    for part in parts:
        if isinstance(part, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += part
        else:
            found.append(part)
    return found


EXPECTED = [
    b"\x1b[1mgameday\x1b[0m $ echo hi\r\n",
    Began("echo 100%;\n hi Ü"),
    b"hi\r\n\x1b]0;title\x07",
    Ended(0),
    b"prompt",
]


def test_commands_and_outputs_are_told_apart() -> None:
    assert Marks(WORD).split(STREAM) == EXPECTED


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_it_makes_no_difference_where_the_stream_is_cut(cuts: list[int]) -> None:
    marks = Marks(WORD)
    edges = [0, *sorted(cuts), len(STREAM)]
    parts = [part for start, end in pairwise(edges) for part in marks.split(STREAM[start:end])]
    assert joined(parts) == EXPECTED


def test_marks_of_others_pass() -> None:
    foreign = b"\x1b]633;D;0\x07\x1b]633;E;rm;other\x07\x1b]133;A\x07\x1b]633;P;Cwd=/\x1b\\text"
    assert joined(Marks(WORD).split(foreign)) == [foreign]


def test_a_foreign_mark_right_before_ours_hides_nothing() -> None:
    assert Marks(WORD).split(b"\x1b]633;A\x1b]633;D;7;0123abcd\x07") == [b"\x1b]633;A", Ended(7)]


@given(pieces=st.lists(st.binary(max_size=40), max_size=8))
def test_nothing_is_lost_of_a_stream_without_marks(pieces: list[bytes]) -> None:
    marks = Marks(WORD)
    shown = b"".join(part for piece in pieces for part in marks.split(piece) if isinstance(part, bytes))
    whole = b"".join(pieces)
    assert whole.startswith(shown)
    assert len(whole) - len(shown) <= len(b"\x1b]633;") - 1 or b"\x1b]633;" in whole
