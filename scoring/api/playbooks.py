"""Playbooks: those that ship, and a check of one's own."""

from typing import Any

from fastapi import APIRouter

from scoring.api.answers import PlaybookChecked, PlaybookNames, PlaybookShown
from scoring.api.bodies import IdInPath, PlaybookText
from scoring.api.known import read_playbook
from scoring.api.parts import Reader
from scoring.api.problems import Problem, unknown, unreadable
from scoring.api.reading import StrictRoute
from scoring.errors import PlaybookError
from scoring.playbook.file import parse_playbook, playbook_names, playbook_text

router = APIRouter(prefix="/api/v1/playbooks", tags=["playbooks"], route_class=StrictRoute)


@router.get("", response_model=PlaybookNames, summary="List the playbooks that ship")
def list_playbooks(_: Reader) -> PlaybookNames:
    """By name."""
    return PlaybookNames(playbooks=playbook_names())


@router.get("/{name}", response_model=PlaybookShown, summary="Read a playbook")
def get_playbook(name: IdInPath, _: Reader) -> dict[str, Any]:
    """With bare figures: durations in drill seconds, levels gravest first."""
    if name not in playbook_names():
        raise Problem(404, "No such playbook", f"there is {unknown('playbook', name, playbook_names())}")
    return read_playbook(playbook_text(name)).plain()


@router.post("/validate", response_model=PlaybookChecked, summary="Check a playbook of your own")
def validate_playbook(body: PlaybookText, _: Reader) -> PlaybookChecked:
    """Nothing is kept; 422 says in which line and field it does not hold together."""
    try:
        book = parse_playbook(body.text, "the playbook")
    except PlaybookError as error:
        raise unreadable("#/text", str(error)) from None
    return PlaybookChecked(name=book.name, levels=[level.id for level in book.levels])


def shipped(name: str, where: str) -> str:
    """Only a shipped playbook's name, never a path on this machine. Raises Problem 422 that points to `where`."""
    if name not in playbook_names():
        raise unreadable(where, f"there is {unknown('playbook', name, playbook_names())}")
    return name
