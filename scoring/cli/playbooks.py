"""`gameday playbooks`: the incident processes that drills are scored by."""

from pathlib import Path
from typing import Annotated

import typer

from scoring.cli.asked import AsJson, complete_playbook
from scoring.cli.exits import Exit

app = typer.Typer()
playbooks = typer.Typer(help="List, show, check and write playbooks.", no_args_is_help=True)
app.add_typer(playbooks, name="playbooks", rich_help_panel="Scoring")


@playbooks.command("list", epilog="Example:  gameday playbooks list --json")
def list_playbooks(as_json: AsJson = False) -> None:
    """All playbooks that ship."""
    from scoring.cli.showing import print_json, print_table
    from scoring.playbook.file import load_playbook, playbook_names

    found = [load_playbook(name) for name in playbook_names()]
    if as_json:
        levels = {book.name: [level.id for level in book.levels] for book in found}
        print_json([{"name": book.name, "title": book.title, "levels": levels[book.name]} for book in found])
        return
    rows = [(book.name, book.title, ", ".join(level.id for level in book.levels)) for book in found]
    print_table(("name", "title", "levels"), rows)


@playbooks.command(
    "show", epilog="Examples:  gameday playbooks show llm-research-lab   |   gameday playbooks show my.yaml --json"
)
def show_playbook(
    name: Annotated[
        str,
        typer.Argument(help="A shipped name or a file.", autocompletion=complete_playbook, metavar="NAME|FILE"),
    ],
    as_json: AsJson = False,
) -> None:
    """One playbook: levels, limits, cadence, escalations; as JSON all durations are seconds."""
    from scoring.cli.showing import print_json
    from scoring.playbook.file import load_playbook
    from scoring.playbook.table import describe

    book = load_playbook(name)
    if as_json:
        print_json(book.plain())
    else:
        typer.echo(describe(book).rstrip("\n"))


@playbooks.command(
    "validate", epilog="Examples:  gameday playbooks validate my.yaml   |   gameday playbooks validate playbooks/*.yaml"
)
def validate_playbooks(
    files: Annotated[list[str], typer.Argument(help="Playbooks: files or shipped names.", metavar="FILE...")],
    as_json: AsJson = False,
) -> None:
    """Check playbooks whole: every problem is a line with file, line, field and mend.

    Exit status: 0 all valid, 2 not all.
    """
    from scoring.cli.showing import print_json

    found = {file: _problems(file) for file in files}
    if as_json:
        print_json(
            [{"file": file, "valid": not problems, "problems": problems} for file, (problems, _) in found.items()]
        )
    else:
        for file, (problems, levels) in found.items():
            for problem in problems:
                typer.echo(problem, err=True)
            if not problems:
                typer.echo(f"{file}: valid, {levels} levels")
    if any(problems for problems, _ in found.values()):
        raise typer.Exit(Exit.BAD_INPUT)


@playbooks.command("new", epilog="Example:  gameday playbooks new payments --title 'Payments' --output payments.yaml")
def new_playbook(
    name: Annotated[str, typer.Argument(help="Its name: letters, digits, '.', '_' and '-'.", metavar="NAME")],
    title: Annotated[str | None, typer.Option(help="Its title (default: from the name).")] = None,
    output: Annotated[
        Path | None, typer.Option(help="Where to (default: NAME.yaml; - prints it).", metavar="FILE")
    ] = None,
) -> None:
    """Write a playbook to begin with: valid, short, with a comment on each part."""
    from scoring.cli.showing import write_new
    from scoring.playbook.draft import SCHEMA_FILE, draft, schema_text

    text = draft(name, title or name.replace("-", " ").capitalize())
    if str(output) == "-":
        typer.echo(text.rstrip("\n"))
        return
    path = output or Path(f"{name.replace('/', '-')}.yaml")
    write_new(path, text.encode())
    schema = path.with_name(SCHEMA_FILE)
    if not schema.exists():
        write_new(schema, schema_text().encode())
    typer.echo(f"{path}: fill it in, then check it with 'gameday playbooks validate {path}'")
    typer.echo(f"{schema}: what an editor completes it by")


@playbooks.command(
    "table", epilog="Examples:  gameday playbooks table   |   gameday playbooks table llm-research-lab > figures.md"
)
def tabulate_playbooks(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Names or files (default: all shipped).", autocompletion=complete_playbook),
    ] = None,
) -> None:
    """Every figure with its source or the rule that gave it, as Markdown, to compare with the documents."""
    from scoring.playbook.file import load_playbook, playbook_names
    from scoring.playbook.table import table

    typer.echo(table([load_playbook(name) for name in names or playbook_names()]).rstrip("\n"))


@playbooks.command("schema", epilog="Example:  gameday playbooks schema > playbook.schema.json")
def print_schema() -> None:
    """The JSON Schema of playbook files, which gives completion in editors."""
    from scoring.playbook.draft import schema_text

    typer.echo(schema_text().rstrip("\n"))


def _problems(file: str) -> tuple[list[str], int]:
    """Every problem of a playbook, a line each, and how many levels it has."""
    from scoring.errors import PlaybookError
    from scoring.playbook.file import InvalidPlaybook, load_playbook

    try:
        return [], len(load_playbook(file).levels)
    except InvalidPlaybook as error:
        return list(error.problems), 0
    except PlaybookError as error:
        return [str(error)], 0
