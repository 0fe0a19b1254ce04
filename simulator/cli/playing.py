"""`gameday run` and `gameday play`."""

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.asked import Asked, asking, complete_experiment, complete_suite
from simulator.cli.stories import play_story

commands = typer.Typer()


@commands.command(
    epilog="Examples:  gameday run database/connection-exhaustion   |   gameday run rate-limited --responder none"
)
@asking
def run(
    names: Annotated[
        list[str], typer.Argument(help="Experiments: shipped names or files.", autocompletion=complete_experiment)
    ],
    at_once: Annotated[
        bool, typer.Option("--together", help="Inject all of them into one drill, in this order.")
    ] = False,
    *,
    asked: Asked,
) -> None:
    """Play one or more experiments as drills and score them."""
    from simulator.drill.game_day import play_game_day
    from simulator.drill.plan import Options, plan_experiments

    play_story(play_game_day(plan_experiments(names, Options(**vars(asked)), Path.cwd(), at_once=at_once)))


@commands.command(epilog="Examples:  gameday play first-game-day   |   gameday play my-suite.yaml --json results.json")
@asking
def play(
    suite: Annotated[str, typer.Argument(help="Suite: a shipped name or a file.", autocompletion=complete_suite)],
    asked: Asked,
) -> None:
    """Play a suite: several drills in order, with one scoreboard."""
    from simulator.drill.game_day import play_game_day
    from simulator.drill.plan import Options, plan_suite

    play_story(play_game_day(plan_suite(suite, Options(**vars(asked)), Path.cwd())))
