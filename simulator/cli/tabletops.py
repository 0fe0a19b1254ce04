"""`gameday tabletop from`, or `gameday tabletop --from`: a scenario out of a drill that was played here."""

from pathlib import Path
from typing import Annotated

import typer

from scoring.cli.asked import Playbook
from scoring.cli.tabletop import tabletop
from simulator.cli.asked import complete_experiment


@tabletop.command(
    "from",
    epilog="Examples:  gameday tabletop --from rate-limited   |   gameday tabletop from database/disk-full --run   |   "
    "gameday tabletop from rate-limited --playbook my.yaml --out friday.yaml",
)
def write_from(
    experiment: Annotated[
        str, typer.Argument(help="A shipped name or a file.", autocompletion=complete_experiment, metavar="EXPERIMENT")
    ],
    timeline: Annotated[
        Path | None, typer.Option(help="The run's timeline (default: the newest run of it here).", metavar="FILE")
    ] = None,
    playbook: Playbook = None,
    title: Annotated[str | None, typer.Option(help="What the room reads; it must give nothing away.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "--output", help="Where to (default: tabletop-NAME.yaml; - prints it).", metavar="FILE"),
    ] = None,
    run: Annotated[bool, typer.Option("--run", help="Hold it at once, as 'gameday tabletop run' does.")] = False,
) -> None:
    """Write a tabletop out of an experiment's truth, its runbook and a recorded run: alerts, figures, what was printed.

    Injects are the run's; what is expected are the playbook's duties and the runbook's sections. Read it before you
    hold it: people and what they say are made up.
    """
    from scoring.cli.exercises import run_scenario
    from scoring.cli.showing import write_new
    from scoring.scorecard import score
    from scoring.tabletop.rehearsal import rehearse
    from simulator.drill.tabletops.finding import scenario_from

    prepared, text = scenario_from(experiment, Path.cwd(), timeline=timeline, playbook=playbook, title=title)
    if str(out) == "-":
        typer.echo(text.rstrip("\n"))
        return
    path = out or Path(f"tabletop-{prepared.scenario.name}.yaml")
    write_new(path, text.encode())
    card = score(rehearse(prepared), prepared.playbook)
    earned = (
        f"a room that does all that is expected earns {card.score:.0f} of 100" if card.score is not None else card.why
    )
    typer.echo(f"{path}: {len(prepared.scenario.injects)} injects; {earned}")
    if run:
        run_scenario(str(path))
    else:
        typer.echo(f"read it, then hold it: gameday tabletop run {path}")
