"""`gameday tokens`: what it makes opens the record, what it revokes does not."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from scoring.record.engine import open_engine
from scoring.record.tokens import Tokens

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def tokens(folder: Path, empty: Path) -> Iterator[Tokens]:
    """The tokens of the folder's lasting database."""
    (folder / ".gameday").mkdir()
    engine = open_engine(shutil.copy(empty, folder / ".gameday" / "scoring.db"))
    yield Tokens(engine)
    engine.dispose()


def test_a_token_is_shown_once_alone_on_standard_output_and_can_be_revoked(tokens: Tokens, scoring: Run) -> None:
    status, out, err = scoring("tokens", "new", "ingest", "--name", "prometheus")
    holder = tokens.holder(out.strip())
    assert status == 0
    assert holder is not None
    assert (holder.role, holder.name) == ("ingest", "prometheus")
    assert str(holder.id) in err
    listed = scoring("tokens", "list")[1]
    assert str(holder.id) in listed
    assert out.strip() not in listed
    assert scoring("tokens", "revoke", holder.id)[0] == 0
    assert tokens.holder(out.strip()) is None
    assert json.loads(scoring("tokens", "list", "--json")[1]) == []
    assert json.loads(scoring("tokens", "list", "--all", "--json")[1])[0]["revoked"] is not None


def test_one_of_a_few_days_belongs_to_a_person_and_expires(tokens: Tokens, scoring: Run) -> None:
    assert scoring("tokens", "new", "responder", "--person", "ada", "--days", "90")[0] == 0
    [listed] = json.loads(scoring("tokens", "list", "--json")[1])
    made, expires = (datetime.fromisoformat(listed[name]) for name in ("made", "expires"))
    assert (listed["person"], round((expires - made) / timedelta(days=1), 3)) == ("ada", 90)
    assert scoring("tokens", "new", "responder", "--days", "0")[0] == 2


def test_a_link_signs_in_once(tokens: Tokens, scoring: Run) -> None:
    status, out, _ = scoring("tokens", "link", "observer", "--url", "https://scoring.example.org/")
    assert (status, out.startswith("https://scoring.example.org/sign-in?code=")) == (0, True)
    [code] = parse_qs(urlsplit(out.strip()).query)["code"]
    holder = tokens.redeem(code)
    assert holder is not None
    assert holder.role == "observer"
    assert tokens.redeem(code) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new", "facilitater"], "did you mean 'facilitator'"),
        (["link", "root"], "there are: facilitator"),
        (["revoke", "nobody"], "there is no token 'nobody'"),
        (["list", "--database", "nowhere.db"], "there is no such database"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: list[str], said: str, tokens: Tokens, scoring: Run) -> None:
    status, out, err = scoring("tokens", *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err
