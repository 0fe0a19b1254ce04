"""Tables in Markdown."""

from collections.abc import Iterable, Iterator, Sequence


def table_lines(heads: Sequence[str], cells: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, an empty one after it."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(cell(text) for text in row)} |" for row in cells)
    yield ""


def cell(text: str) -> str:
    """Text that stays text in Markdown, in one line."""
    one_line = " ".join(text.split())
    for sign in ("\\", "|", "<", "`", "*"):
        one_line = one_line.replace(sign, f"\\{sign}")
    return one_line
