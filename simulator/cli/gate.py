"""`gameday gate`."""

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.asked import Asked, asking, complete_suite
from simulator.cli.stories import play_story

commands = typer.Typer()


@commands.command(epilog="Examples:  gameday gate ci   |   gameday gate my-suite.yaml --baseline branch --report gate")
@asking
def gate(
    suite: Annotated[str, typer.Argument(help="Suite: a shipped name or a file.", autocompletion=complete_suite)],
    baseline: Annotated[
        str | None,
        typer.Option(
            help="Fail on a regression beyond the noise: against a result's FILE, the last one kept in this folder, or "
            "the last one of the branch that this is merged into.",
            metavar="FILE|last|branch",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Tell the verdicts only.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell every look and every load window.")] = False,
    *,
    asked: Asked,
) -> None:
    """Play a suite as a gate: exit 0 if every budget is kept, 1 if one is not, 3 if that cannot be told.

    A drill is played again when its verdict is within its own noise, and red is only told of what was seen twice.
    Results are kept under .gameday/gates.
    """
    from simulator.drill.plan import Options, plan_suite_file
    from simulator.drill.suite import read_suite
    from simulator.gate.playing import play_gate
    from simulator.report.lines import Loudness

    if quiet and verbose:
        raise typer.BadParameter("take --quiet or --verbose, not both")
    file = read_suite(suite)
    plan = plan_suite_file(file, Options(**vars(asked)), Path.cwd(), needs_alerts=False)  # one that is gone is red
    loudness: Loudness = "quiet" if quiet else "verbose" if verbose else "normal"
    play_story(play_gate(file, plan, baseline, loudness))
