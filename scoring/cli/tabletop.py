"""`gameday tabletop`: exercises without a target: as files (list, show, check, write, print), held and reported."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from scoring.cli.asked import AsJson, complete_playbook, complete_scenario
from scoring.cli.exits import Exit

if TYPE_CHECKING:
    from scoring.scorecard import Scorecard
    from scoring.tabletop.file import Prepared


class RunsByDefault(TyperGroup):
    """`gameday tabletop NAME` is short for `gameday tabletop run NAME`, and `--from` for the command of that name."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args[:1] == ["--from"]:
            args = ["from", *args[1:]]
        elif args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer()
tabletop = typer.Typer(cls=RunsByDefault, help="Prepare, hold and report tabletop exercises.", no_args_is_help=True)
app.add_typer(tabletop, name="tabletop", rich_help_panel="Scoring")

Name = Annotated[
    str,
    typer.Argument(help="A shipped name or a file.", autocompletion=complete_scenario, metavar="NAME|FILE"),
]


@tabletop.command("list", epilog="Example:  gameday tabletop list --json")
def list_scenarios(as_json: AsJson = False) -> None:
    """All scenarios that ship. What is wrong in them is not told."""
    from scoring.cli.showing import print_json, print_table
    from scoring.playbook.figure import write_duration
    from scoring.tabletop.file import load_scenario, scenario_names

    found = [load_scenario(name).scenario for name in scenario_names()]
    if as_json:
        print_json(
            [
                {
                    "name": scenario.name,
                    "title": scenario.title,
                    "playbook": scenario.playbook,
                    "duration": scenario.duration,
                    "clock": scenario.clock,
                    "injects": len(scenario.injects),
                }
                for scenario in found
            ]
        )
        return
    rows = [
        (each.name, each.title, each.playbook, write_duration(each.duration), str(len(each.injects))) for each in found
    ]
    print_table(("name", "title", "playbook", "drill time", "injects"), rows)


@tabletop.command(
    "show", epilog="Examples:  gameday tabletop show llm-research-lab   |   gameday tabletop show my.yaml --json"
)
def show_scenario(name: Name, as_json: AsJson = False) -> None:
    """One scenario for its facilitator, the truth among it; as JSON all durations are drill seconds."""
    from scoring.cli.showing import print_json
    from scoring.tabletop.describe import describe
    from scoring.tabletop.file import load_scenario

    prepared = load_scenario(name)
    if as_json:
        print_json(prepared.scenario.model_dump(mode="json", by_alias=True))
    else:
        typer.echo(describe(prepared).rstrip("\n"))


@tabletop.command(
    "validate", epilog="Examples:  gameday tabletop validate my.yaml   |   gameday tabletop validate scenarios/*.yaml"
)
def validate_scenarios(
    files: Annotated[list[str], typer.Argument(help="Scenarios: files or shipped names.", metavar="FILE...")],
    as_json: AsJson = False,
) -> None:
    """Check scenarios whole: every problem is a line with file, line, field and mend.

    A valid one is rehearsed: what would a room earn that does all that is expected, in time? What falls short then is
    the script's fault, and is told with its reason.

    Exit status: 0 all valid, 2 not all.
    """
    from scoring.cli.showing import print_json

    found = {file: _examined(file) for file in files}
    if as_json:
        print_json([_plain(file, problems, card) for file, (problems, _, card) in found.items()])
    else:
        for problems, said, _ in found.values():
            for problem in problems:
                typer.echo(problem, err=True)
            for line in said:
                typer.echo(line)
    if any(problems for problems, _, _ in found.values()):
        raise typer.Exit(Exit.BAD_INPUT)


@tabletop.command(
    "new", epilog="Example:  gameday tabletop new payments-at-noon --playbook payments.yaml --title 'Payments at noon'"
)
def new_scenario(
    name: Annotated[str, typer.Argument(help="Its name: letters, digits, '.', '_' and '-'.", metavar="NAME")],
    playbook: Annotated[
        str,
        typer.Option(help="A shipped playbook or a file.", autocompletion=complete_playbook, metavar="NAME|FILE"),
    ] = "llm-research-lab",
    title: Annotated[str | None, typer.Option(help="Its title (default: from the name).")] = None,
    output: Annotated[
        Path | None, typer.Option(help="Where to (default: NAME.yaml; - prints it).", metavar="FILE")
    ] = None,
) -> None:
    """Write a scenario to begin with: valid, short, with a comment on each part."""
    from scoring.cli.showing import write_new
    from scoring.tabletop.draft import SCHEMA_FILE, draft, schema_text

    if str(output) == "-":
        typer.echo(draft(name, playbook, title).rstrip("\n"))
        return
    path = output or Path(f"{name.replace('/', '-')}.yaml")
    write_new(path, draft(name, _seen_from(path.parent, playbook), title, path.parent).encode())
    schema = path.with_name(SCHEMA_FILE)
    if not schema.exists():
        write_new(schema, schema_text().encode())
    typer.echo(f"{path}: fill it in, then check it with 'gameday tabletop validate {path}'")
    typer.echo(f"{schema}: what an editor completes it by")


@tabletop.command(
    "handouts",
    epilog="Examples:  gameday tabletop handouts llm-research-lab   |   gameday tabletop handouts my.yaml --out print",
)
def print_handouts(
    name: Name,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to (default: handouts-NAME).", metavar="DIR")
    ] = None,
) -> None:
    """Write what is printed: pages for participants, cards of the injects, the facilitator's list, evaluators' guide.

    HTML on A4, each file whole in itself. Hand-outs that are there already are written anew.
    """
    from scoring.cli.showing import write_over
    from scoring.tabletop.file import load_scenario
    from scoring.tabletop.handouts import MARK, render

    prepared = load_scenario(name)
    folder = out or Path(f"handouts-{prepared.scenario.name}")
    for file, text in render(prepared).items():
        write_over(folder / file, text.encode(), MARK.encode())
        typer.echo(folder / file)


@tabletop.command("schema", epilog="Example:  gameday tabletop schema > scenario.schema.json")
def print_schema() -> None:
    """The JSON Schema of scenario files, which gives completion in editors."""
    from scoring.tabletop.draft import schema_text

    typer.echo(schema_text().rstrip("\n"))


def _examined(file: str) -> tuple[list[str], list[str], "Scorecard | None"]:
    """Every problem of a scenario, a line each; what to say of a valid one; and the scorecard of its rehearsal."""
    from scoring.errors import TabletopError
    from scoring.scorecard import score
    from scoring.tabletop.file import InvalidScenario, load_scenario
    from scoring.tabletop.rehearsal import rehearse

    try:
        prepared = load_scenario(file)
    except InvalidScenario as error:
        return list(error.problems), [], None
    except TabletopError as error:
        return [str(error)], [], None
    card = score(rehearse(prepared), prepared.playbook)
    return [], _told(file, prepared, card), card


def _told(file: str, prepared: "Prepared", card: "Scorecard") -> list[str]:
    injects, actions = len(prepared.scenario.injects), len(list(prepared.scenario.actions()))
    counted = f"{file}: valid, {injects} injects, {actions} expected actions"
    if card.score is None:
        return [f"{counted}; no room could be scored", f"  {card.why}"]
    short = [(name, each) for name, each in card.dimensions.items() if each.mark not in ("P", None)]
    lines = [f"{counted}; a room that does all of them in time earns {card.score:.1f} of 100"]
    return [*lines, *(f"  {name} {each.mark}: {each.why}" for name, each in short)]


def _plain(file: str, problems: list[str], card: "Scorecard | None") -> dict[str, Any]:
    dimensions = card.dimensions if card else {}
    rehearsal = {
        "score": card.score if card else None,
        "dimensions": {name: {"grade": each.grade, "why": each.why} for name, each in dimensions.items()},
    }
    return {"file": file, "valid": not problems, "problems": problems, "rehearsal": rehearsal if card else None}


def _seen_from(folder: Path, playbook: str) -> str:
    """A playbook's file as a scenario in that folder names it; what is no file is a shipped name."""
    return os.path.relpath(playbook, folder) if Path(playbook).is_file() else playbook
