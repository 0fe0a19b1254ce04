"""The recorded run that a tabletop is made of: one that is named, else the newest of that experiment here."""

from collections.abc import Iterator
from pathlib import Path

from scoring.errors import ScoringError
from scoring.files import read_timeline
from scoring.playbook.file import load_playbook
from scoring.scorecard import score
from scoring.tabletop.file import Prepared, parse_scenario
from scoring.tabletop.rehearsal import rehearse
from scoring.timeline import Timeline
from simulator.drill.catalog import experiment_file
from simulator.drill.documents import shown
from simulator.drill.experiment import Experiment, read_experiment
from simulator.drill.tabletops.recorded import Unusable, read_run
from simulator.drill.tabletops.source import Source
from simulator.drill.tabletops.writing import write_scenario
from simulator.errors import BadInput


def scenario_from(
    name: str, root: Path, *, timeline: Path | None = None, playbook: str | None = None, title: str | None = None
) -> tuple[Prepared, str]:
    """A scenario out of an experiment and a recorded run, with its YAML. Raises `BadInput`.

    Without a playbook it is that of the run. `root` is the folder in which drills were played.
    """
    experiment = read_experiment(experiment_file(name))
    path, run = _run(experiment, root, timeline)
    try:
        book = load_playbook(playbook or run.drill.playbook or "")
        source = Source(experiment, experiment.runbook.read_text(encoding="utf-8"), read_run(run, book), book)
        return _fitting(source, title)
    except Unusable as error:
        raise BadInput(f"{shown(path)}: no tabletop can be made of it: {error}") from None
    except ScoringError as error:
        raise BadInput(str(error)) from None


def _fitting(source: Source, title: str | None) -> tuple[Prepared, str]:
    """The scenario, with the level that its own figures call for, as a rehearsal shows."""
    where, book = f"the tabletop out of {source.experiment.name}", source.playbook
    text = write_scenario(source, title)
    prepared = parse_scenario(text, where, playbook=book)
    called_for = score(rehearse(prepared), book).expected_severity
    if called_for in (None, prepared.scenario.truth.severity):
        return prepared, text
    text = write_scenario(source, title, book.level(called_for))
    return parse_scenario(text, where, playbook=book), text


def _run(experiment: Experiment, root: Path, given: Path | None) -> tuple[Path, Timeline]:
    if given is not None:
        return given, _read(given)
    for path in _newest(experiment, root):
        timeline = _read(path)
        truth = timeline.truth
        if truth is not None and truth.failure_mode == experiment.failure_mode and not truth.control:
            return path, timeline
    raise BadInput(
        f"no run of {experiment.name} is recorded under {shown(root / '.gameday' / 'reports')}; play it first: "
        f"gameday run {experiment.name}, or give --timeline FILE"
    )


def _newest(experiment: Experiment, root: Path) -> Iterator[Path]:
    found = (root / ".gameday" / "reports").glob(f"*/timelines/*-{experiment.failure_mode}.json")
    yield from sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def _read(path: Path) -> Timeline:
    try:
        return read_timeline(path)
    except ScoringError as error:
        raise BadInput(str(error)) from None
