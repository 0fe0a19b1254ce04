"""What a section of a runbook says, point by point or in a sentence."""

import re

_BULLET = re.compile(r"^- +(.+(?:\n(?!- |\n).+)*)", re.MULTILINE)


def bullets_of(text: str) -> list[str]:
    """The points of its lists, each on one line."""
    return [" ".join(found.split()) for found in _BULLET.findall(text)]


def first_sentence(text: str) -> str:
    """The first sentence of what is said before any list or code."""
    told = " ".join(text.split("\n\n")[0].split())
    match = re.match(r"(.+?[.:?!])(?:\s|$)", told)
    return (match[1] if match else told).replace(":", ".")
