"""What several commands ask for in the same words, and how a shell completes it."""

from typing import Annotated

import typer


def complete_playbook(incomplete: str) -> list[str]:
    """Names of shipped playbooks."""
    from scoring.playbook.file import playbook_names

    return [name for name in playbook_names() if name.startswith(incomplete)]


def complete_scenario(incomplete: str) -> list[str]:
    """Names of shipped tabletop scenarios."""
    from scoring.tabletop.file import scenario_names

    return [name for name in scenario_names() if name.startswith(incomplete)]


def complete_drill(incomplete: str) -> list[str]:
    """Ids of the drills in the databases of this folder."""
    from scoring.cli.databases import drill_ids
    from scoring.errors import ScoringError

    try:
        return [name for name in drill_ids(None) if name.startswith(incomplete)]
    except ScoringError:  # a shell that waits for names is no place for an error
        return []


Database = Annotated[
    str | None,
    typer.Option(
        envvar="GAMEDAY_DATABASE",
        metavar="URL|FILE",
        help="SQLite file or SQLAlchemy URL (default: .gameday/scoring.db, and to find a drill those of runs).",
        show_envvar=True,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Playbook = Annotated[
    str | None,
    typer.Option(help="Playbook: a shipped name or a file.", autocompletion=complete_playbook, metavar="NAME|FILE"),
]
