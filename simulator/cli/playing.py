"""`gameday run` and `gameday play`."""

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.asked import (
    PEOPLE,
    AskedOfPeople,
    asking,
    complete_experiment,
    complete_experiment_or_family,
    complete_suite,
)
from simulator.cli.stories import play_story
from simulator.errors import BadInput

commands = typer.Typer()


@commands.command(
    epilog="Examples:  gameday run database/connection-exhaustion   |   gameday run rate-limited --responder none   "
    "|   gameday run disk-full --responder human --person Ada   |   "
    "gameday run --random database --responder human --delay 0-20m   |   "
    "gameday run rate-limited --responder human --facilitated --hold cache-down"
)
@asking
def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Experiments: shipped names or files. With --random also families.",
            autocompletion=complete_experiment_or_family,
        ),
    ] = None,
    at_once: Annotated[
        bool, typer.Option("--together", help="Inject all of them into one drill, in this order.")
    ] = False,
    random: Annotated[
        bool,
        typer.Option(
            "--random", help="Draw one of those named, else of all; now and then nothing is injected. Nobody is told."
        ),
    ] = False,
    hold: Annotated[
        list[str] | None,
        typer.Option(
            help="An experiment whose fault waits until the facilitator orders it; may be given several times.",
            metavar="EXPERIMENT",
            autocompletion=complete_experiment,
            rich_help_panel=PEOPLE,
        ),
    ] = None,
    *,
    asked: AskedOfPeople,
) -> None:
    """Play one or more experiments as drills and score them.

    With --responder human it is for people, who are paged, and work in the console and in 'gameday shell'. The clock is
    then 1, real time, unless --clock says otherwise.
    """
    from simulator.drill.game_day import play_game_day
    from simulator.drill.plan import RESPONDERS, Options, plan_drawn, plan_experiments

    options = Options(**vars(asked))
    if random and at_once:
        raise BadInput("--random draws one experiment; --together needs two or more")
    if random and asked.guided:
        raise BadInput(
            "--guided: what is drawn may be a control drill, and hints would tell; 'gameday train' picks one"
        )
    if not names and not random:
        raise BadInput("name an experiment, or let one be drawn with --random; 'gameday experiments list' has them all")
    if random:
        plan = plan_drawn(names or [], options, Path.cwd(), hold=hold or (), responders=RESPONDERS)
    else:
        plan = plan_experiments(
            names or [], options, Path.cwd(), at_once=at_once, hold=hold or (), responders=RESPONDERS
        )
    play_story(play_game_day(plan))


@commands.command(
    epilog="Examples:  gameday play first-game-day   |   gameday play my-suite.yaml --json results.json   |   "
    "gameday play quarterly --responder human --facilitated --team payments"
)
@asking
def play(
    suite: Annotated[str, typer.Argument(help="Suite: a shipped name or a file.", autocompletion=complete_suite)],
    asked: AskedOfPeople,
) -> None:
    """Play a suite: several drills in order, with one scoreboard.

    With --responder human people respond, each drill begins when they have sat down, and the clock is 1, real time,
    unless --clock or the suite says otherwise.
    """
    from simulator.drill.game_day import play_game_day
    from simulator.drill.plan import RESPONDERS, Options, plan_suite

    play_story(play_game_day(plan_suite(suite, Options(**vars(asked)), Path.cwd(), responders=RESPONDERS)))
