"""`gameday train`: the next drill of one person's curriculum."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.asked import Database
from scoring.cli.training import complete_person
from simulator.cli.asked import AskedOfTrainee, asking, complete_experiment_or_family
from simulator.cli.stories import play_story, tell
from simulator.drill.people.levels import Level

if TYPE_CHECKING:
    from simulator.drill.people.training import Training

commands = typer.Typer()


@commands.command(
    epilog="Examples:  gameday train Ada   |   gameday train Ada --level blind"
    "   |   gameday train Ada database --clock 5   |   gameday train Ada --list"
)
@asking
def train(
    person: Annotated[
        str, typer.Argument(help="Whose training it is: a name or an id.", autocompletion=complete_person)
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Experiments and families to choose from (default: all that one node is enough for).",
            autocompletion=complete_experiment_or_family,
        ),
    ] = None,
    level: Annotated[
        Level | None,
        typer.Option(
            help="guided: hints for points, and breaks. standard: neither. blind: after a random time a random fault, "
            "or none at all. Default: guided three times, then standard, and blind after three that went well.",
            show_default=False,
        ),
    ] = None,
    is_listed: Annotated[
        bool, typer.Option("--list", help="Show what would come in which order, and why; play nothing.")
    ] = False,
    database: Database = None,
    *,
    asked: AskedOfTrainee,
) -> None:
    """Play the drill that a person needs next: what went badly the last time, what was not met yet, what is due again.

    The person is paged, and works in the console and in 'gameday shell', in real time unless --clock says otherwise.
    'gameday training PERSON' shows the record.
    """
    from scoring.cli.training import training_of
    from simulator.drill.game_day import play_game_day
    from simulator.drill.people.training import plan_training
    from simulator.drill.plan import Options

    training = plan_training(training_of(person, database), level, names or [], Options(**vars(asked)), Path.cwd())
    if is_listed:
        _show_lessons(training)
        return
    for line in training.told():
        tell(line)
    try:
        play_story(play_game_day(training.plan))
    finally:
        tell(f"the record: gameday training '{training.record.person.name}'")


def _show_lessons(training: "Training") -> None:
    from scoring.cli.showing import print_table, written

    rows = [
        (
            each.experiment.name,
            each.why,
            written(each.last.last_at) or "" if each.last else "",
            f"{each.last.last_score:.1f}" if each.last and each.last.last_score is not None else "",
            (each.last.last_mark or "") if each.last else "",
        )
        for each in training.lessons
    ]
    typer.echo(f"{training.record.person.name}, {training.level}; a blind drill draws one of these at random")
    print_table(("experiment", "why", "last", "score", "mark"), rows)
