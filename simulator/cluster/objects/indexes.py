"""Sets of completion indexes as text: `0,2-4` (pkg/controller/job, orderedIntervals). Pure."""

from collections.abc import Collection


def parse(text: str | None, below: int) -> set[int]:
    """The indexes that `text` names and that are lower than `below`; `ValueError` with words for another text."""
    found: set[int] = set()
    for part in filter(None, (text or "").split(",")):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ValueError(
                f'cannot convert string to integer for index: "{first if not first.isdecimal() else last}"'
            )
        found.update(range(int(first), min(below, int(last or first) + 1)))
    return {index for index in found if index < below}


def text_of(found: Collection[int]) -> str:
    """The shortest text; two neighbours are listed, more are a range."""
    parts: list[str] = []
    runs: list[list[int]] = []
    for index in sorted(found):
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    for run in runs:
        parts += [str(run[0])] if len(run) == 1 else [f"{run[0]}-{run[-1]}"] if len(run) > 2 else map(str, run)
    return ",".join(parts)
