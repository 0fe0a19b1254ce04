"""`gameday tokens`: who may come in, as what. A secret is shown once and kept nowhere; the record has its digest."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.asked import AsJson, Database

if TYPE_CHECKING:
    from scoring.record.tokens import TokenEntry

_SHOWN = ("id", "role", "name", "person")
ROLES = ("facilitator", "responder", "observer", "ingest")

app = typer.Typer()
tokens = typer.Typer(help="Make, list and revoke tokens of the scoring service.", no_args_is_help=True)
app.add_typer(tokens, name="tokens", rich_help_panel="Scoring")


def _complete_role(incomplete: str) -> list[str]:
    return [role for role in ROLES if role.startswith(incomplete)]


Role = Annotated[str, typer.Argument(help="What it may do.", autocompletion=_complete_role, metavar="|".join(ROLES))]


@tokens.command(
    "new", epilog="Examples:  gameday tokens new ingest --name prometheus   |   gameday tokens new responder --days 90"
)
def new_token(
    role: Role,
    name: Annotated[str | None, typer.Option(help="Who or what it is for (default: the role).")] = None,
    person: Annotated[str | None, typer.Option(help="The id of the person whose it is.", metavar="ID")] = None,
    days: Annotated[int | None, typer.Option(help="How long it is good (default: until it is revoked).", min=1)] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Make a token; its secret is shown this once."""
    from scoring.cli.databases import LASTING, opened
    from scoring.cli.showing import print_json
    from scoring.record.tokens import Tokens

    _check_role(role)
    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
    with opened(database or str(LASTING), is_made=True) as place:
        issued = Tokens(place.engine).issue(role, name or role, person, expires_at)
    if as_json:
        print_json({"id": issued.id, "role": role, "name": name or role, "secret": issued.secret})
    else:
        typer.echo(issued.secret)
        typer.echo(f"{role} token {issued.id}; it is not shown again", err=True)


@tokens.command("list", epilog="Example:  gameday tokens list --json")
def list_tokens(
    show_all: Annotated[bool, typer.Option("--all", help="Also those that no longer let anybody in.")] = False,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """The tokens that let somebody in, without their secrets."""
    from scoring.cli.databases import LASTING, opened
    from scoring.cli.showing import print_json, print_table, written
    from scoring.record.tokens import Tokens

    now = datetime.now(UTC)
    with opened(database or str(LASTING)) as place:
        found = [each for each in Tokens(place.engine).all() if show_all or _works(each, now)]
    rows = [
        {
            **{name: getattr(each, name) for name in _SHOWN},
            "made": written(each.created_at),
            "expires": written(each.expires_at),
            "revoked": written(each.revoked_at),
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
    else:
        columns = (*_SHOWN, "made", "expires", *(["revoked"] if show_all else []))
        print_table(columns, [[row[column] or "" for column in columns] for row in rows])


def _works(token: "TokenEntry", now: datetime) -> bool:
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now)


@tokens.command("revoke", epilog="Example:  gameday tokens revoke ID")
def revoke_token(
    token: Annotated[str, typer.Argument(help="Its id, from 'gameday tokens list'.", metavar="ID")],
    database: Database = None,
) -> None:
    """Let a token in no longer; a service that runs follows within seconds."""
    from scoring.cli.databases import LASTING, opened
    from scoring.record.tokens import Tokens

    with opened(database or str(LASTING)) as place:
        Tokens(place.engine).revoke(token)
    typer.echo(f"token {token} is revoked")


@tokens.command("link", epilog="Example:  gameday tokens link observer --url https://scoring.example.org")
def link(
    role: Role,
    name: Annotated[str | None, typer.Option(help="Who it is for (default: the role).")] = None,
    person: Annotated[str | None, typer.Option(help="The id of that person.", metavar="ID")] = None,
    url: Annotated[str, typer.Option(help="Where the service is asked for.", metavar="URL")] = "http://127.0.0.1:8460",
    database: Database = None,
) -> None:
    """Make a link that signs a browser in, once, within ten minutes."""
    from scoring.cli.databases import LASTING, opened
    from scoring.record.tokens import Tokens

    _check_role(role)
    with opened(database or str(LASTING)) as place:
        code = Tokens(place.engine).issue_code(role, name or role, person)
    typer.echo(f"{url.rstrip('/')}/sign-in?code={code}")


def _check_role(role: str) -> None:
    from scoring.canonical import did_you_mean
    from scoring.errors import ScoringError

    if role not in ROLES:
        hint = did_you_mean(role, list(ROLES)) or f"; there are: {', '.join(ROLES)}"
        raise ScoringError(f"there is no role '{role}'{hint}")
