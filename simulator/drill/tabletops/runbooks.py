"""A runbook's sections as text."""

import re

_HEADING = re.compile(r"^## +(.+?)\s*$", re.MULTILINE)
_BULLET = re.compile(r"^- +(.+(?:\n(?!- |\n).+)*)", re.MULTILINE)


def sections_of(text: str) -> dict[str, str]:
    """The Markdown under each `##` heading, by its title."""
    parts = _HEADING.split(text)
    return {title: body.strip() for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def bullets_of(text: str) -> list[str]:
    """The points of its lists, each on one line."""
    return [" ".join(found.split()) for found in _BULLET.findall(text)]


def first_sentence(text: str) -> str:
    """The first sentence of what is said before any list or code."""
    told = " ".join(text.split("\n\n")[0].split())
    match = re.match(r"(.+?[.:?!])(?:\s|$)", told)
    return (match[1] if match else told).replace(":", ".")
