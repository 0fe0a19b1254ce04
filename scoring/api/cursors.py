"""Long lists, page by page: `after` takes the `next` of the page before, `limit` says how many at most."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated

from fastapi import Query

from scoring.api.problems import Fault, Problem

After = Annotated[
    str | None,
    Query(
        max_length=200,
        description="the `next` of the page before; leave it out for the first page",
        examples=["ZHJpbGxzOjEwMA"],
    ),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="how many at most")]


def cursor(of: str, place: int | str) -> str:
    """An opaque cursor behind a place in the list `of`: a position, or whatever the list is sorted by."""
    return urlsafe_b64encode(f"{of}:{place}".encode()).decode().rstrip("=")


def position(of: str, given: str | None) -> int:
    """The position that a cursor of the list `of` stands for; 0 without one. Raises Problem 422 for any other text."""
    digits = place(of, given) if given is not None else "0"
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 15:
        raise _no_cursor(given)
    return int(digits)


def place(of: str, given: str | None) -> str:
    """What a cursor of the list `of` stands for; nothing without one. Raises Problem 422 for any other text."""
    if given is None:
        return ""
    try:
        name, _, told = urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode().partition(":")
    except ValueError:
        raise _no_cursor(given) from None
    if name != of or "\0" in told:
        raise _no_cursor(given)
    return told


def _no_cursor(given: str | None) -> Problem:
    detail = f"'{given}' is no cursor of this list; give the `next` of a page of it, or leave it out"
    return Problem(422, "This cannot be read", f"after: {detail}", [Fault(detail=detail, parameter="after")])
