"""What a terminal was sent becomes text, in pieces of any size, and its end is kept."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.drill.shell.plain import (
    COMMAND_KEPT,
    CUT,
    OUTPUT_KEPT,
    Output,
    kept_command,
    kept_output,
    plain_text,
)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (
            b"\x1b[1;31mred\x1b[0m and \x1b]0;title\x07plain\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
            "red and plainlink",
        ),
        (b"\x1b(Bcharset \x1b=keys\x1b[?25l", "charset keys"),
        (b"  5%\r 50%\r100%\r\ndone", "100%\ndone"),
        (b"passe\b \bword\r\n", "password\n"),
        (b"\xff\xfe\x00bin\x01", "\ufffd\ufffd\ufffdbin\ufffd"),
        ("Übergröße ✓\t|".encode(), "Übergröße ✓\t|"),
        (b"ends in \x1b[3", "ends in 3"),
    ],
)
def test_plain_text_is_what_was_to_be_seen(raw: bytes, text: str) -> None:
    assert plain_text(raw) == text


def seen(*pieces: bytes) -> Output:
    output = Output()
    for piece in pieces:
        output.add(piece)
    return output


def test_what_full_screen_programs_draw_is_not_kept() -> None:
    raw = b"before\r\n\x1b[?1049h\x1b[Hpages of text\x1b[?1049lafter\r\n"
    assert seen(raw).text() == "before\nafter\n"


@given(cuts=st.lists(st.integers(0, 60), max_size=6))
def test_pieces_make_no_difference(cuts: list[int]) -> None:
    raw = b"a\x1b[1mb\x1b[?1049hhidden\x1b[?1049lc\r\n\x1b[?47hx\x1b[?47l\xc3\x9cd\r\n"
    edges = [0, *sorted(cuts), len(raw)]
    pieces = [raw[start:end] for start, end in pairwise(edges)]
    assert seen(*pieces).text() == seen(raw).text() == "ab" + "c\nÜd\n"


def test_the_end_of_a_long_output_is_kept_and_half_a_line_is_not() -> None:
    output = seen(*(f"line {number} {'x' * 80}\n".encode() for number in range(20_000)))
    text = kept_output(output.text(), is_cut=output.is_cut)
    assert output.is_cut
    assert output.text().startswith("line ")
    assert len(text) == OUTPUT_KEPT
    assert text.startswith(CUT)
    assert text.endswith(f"line 19999 {'x' * 80}\n")


def test_one_endless_line_is_not_kept_for_it_may_be_half_of_a_secret() -> None:
    output = seen(*[b"x" * 10_000] * 20)
    assert kept_output(output.text(), is_cut=output.is_cut) == CUT


def test_short_outputs_and_commands_are_whole_and_long_ones_say_that_they_are_not() -> None:
    assert kept_output("done\n") == "done\n"
    assert kept_command("x" * COMMAND_KEPT) == "x" * COMMAND_KEPT
    cut = kept_command("x" * 2 * COMMAND_KEPT)
    assert (len(cut), cut[-len(CUT) :]) == (COMMAND_KEPT, CUT)
