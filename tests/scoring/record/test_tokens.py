"""Tokens and one-time codes, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from scoring.errors import ScoringError
from scoring.record.tokens import Holder, NoSuchToken, Tokens


@pytest.fixture
def tokens(engine: Engine) -> Tokens:
    return Tokens(engine)


def test_a_secret_leads_to_its_holder_and_is_kept_nowhere(tokens: Tokens, engine: Engine) -> None:
    issued = tokens.issue("responder", "Ann on call", person="ann")
    assert tokens.holder(issued.secret) == Holder(issued.id, "responder", "Ann on call", "ann")
    proof = issued.secret.split("_", 2)[2]
    with engine.connect() as connection:
        assert proof not in str(connection.execute(text("SELECT * FROM token")).all())


def test_nothing_else_leads_to_a_holder(tokens: Tokens) -> None:
    one, other = tokens.issue("observer", "one"), tokens.issue("facilitator", "other")
    swapped = f"gd_{one.id}_{other.secret.split('_', 2)[2]}"
    wrong = ["", "gd", "gd__", "guess", f"gd_{one.id}_", one.secret[:-1], one.secret + "x", one.secret[3:], swapped]
    for secret in [*wrong, "gd_\0_x", "gd_é_\ud800", one.secret.upper()]:
        assert tokens.holder(secret) is None


def test_a_token_ends_when_it_is_revoked_or_expires(tokens: Tokens) -> None:
    now = datetime.now(UTC)
    over, good = (tokens.issue("ingest", "probe", expires_at=now + timedelta(hours=by)) for by in (-1, 1))
    assert tokens.holder(over.secret) is None
    assert tokens.holder(good.secret) is not None
    tokens.revoke(good.id)
    tokens.revoke(good.id)
    assert tokens.holder(good.secret) is None
    assert {each.id: each.revoked_at is not None for each in tokens.all()} == {over.id: False, good.id: True}
    with pytest.raises(NoSuchToken, match="no token 'nobody'"):
        tokens.revoke("nobody")


def test_there_are_four_roles(tokens: Tokens) -> None:
    for make in (tokens.issue, tokens.issue_code):
        with pytest.raises(ScoringError, match="no role 'root'; there are: facilitator, responder, observer, ingest"):
            make("root", "me")


def test_a_code_works_once_however_many_come_with_it(tokens: Tokens) -> None:
    code = tokens.issue_code("facilitator", "the one who started it")
    with ThreadPoolExecutor(8) as pool:
        holders = [holder for holder in pool.map(tokens.redeem, [code] * 8) if holder is not None]
    assert [(each.role, each.name) for each in holders] == [("facilitator", "the one who started it")]
    assert tokens.redeem(code) is None
    assert tokens.redeem("guess") is None
    assert tokens.redeem(tokens.issue_code(ttl=timedelta(seconds=-1))) is None
