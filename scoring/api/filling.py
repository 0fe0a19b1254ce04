"""Forms as a browser sends them, and who it is that sends them."""

import re
import secrets
from urllib.parse import parse_qsl, quote, unquote

from fastapi import Request, Response

from scoring.api.auth import Asker, asker_of
from scoring.api.problems import Problem
from scoring.desk.forms import MOST_CHARACTERS, MOST_FIELDS, Form

NAME = "gameday_name"
"""The cookie that holds by which name somebody wants to be called."""
_FORM = "application/x-www-form-urlencoded"
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_SIGNED_IN = "sign-in of "
_LONGEST_NAME = 100
_NAME_LASTS_S = 30 * 86_400


async def read_form(request: Request, most: int = MOST_CHARACTERS) -> Form:
    """The form that a request carries, with so many characters in a field at most. Raises Problem 413, 415 and 422."""
    said = request.headers.get("content-type", "")
    if said.partition(";")[0].strip().lower() != _FORM:
        raise Problem(415, "Not in this format", f"the body is '{said}'; send the form as the page has it")
    raw = await request.body()
    try:
        pairs = parse_qsl(
            raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace"
        )
    except ValueError:
        raise Problem(422, "This cannot be read", f"a form has {MOST_FIELDS} fields at most") from None
    return Form(pairs, most)


def new_key() -> str:
    """What makes a form count once, however often it is sent."""
    return secrets.token_urlsafe(18)


def key_of(form: Form) -> str:
    """The key that a form was made with; a new one where it has none."""
    given = form.text("key")
    return given if _KEY.fullmatch(given) else new_key()


def caller(request: Request) -> str:
    """By which name the asker is called: as they said, else as their token says."""
    said = " ".join(unquote(request.cookies.get(NAME, "")).split())
    return said[:_LONGEST_NAME] if said.isprintable() and said else _name_of(asker_of(request))


def remember(answer: Response, request: Request, who: str) -> None:
    """By which name somebody wants to be called from now on, in a cookie."""
    answer.set_cookie(
        NAME,
        quote(" ".join(who.split())[:_LONGEST_NAME], safe=""),
        max_age=_NAME_LASTS_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def _name_of(asker: Asker) -> str:
    """Whoever was invited by a name is called by it; a token's own name may be that of a tool, and an id is no name."""
    invited = asker.name.removeprefix(_SIGNED_IN)
    is_told = invited not in (asker.name, asker.role.value)
    return (None if is_told else asker.person) or invited or asker.role.value
