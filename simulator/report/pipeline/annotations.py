"""GitHub's annotations: workflow commands in the log, which Actions shows beside the lines that they name."""

from collections.abc import Mapping

from simulator.report.gate import Gate, Place
from simulator.report.pipeline.findings import SENTENCE, findings, next_step, unjudged
from simulator.report.sentences import plain

MOST = 10
"""GitHub shows so many errors of a step, and so many warnings; the last one tells how many more there are."""


def annotations(gate: Gate, env: Mapping[str, str]) -> list[str]:
    """The lines to print: an error for what was missed, a warning for what could not be judged.

    `env` is the process's environment; outside of GitHub Actions nothing is said.
    """
    if env.get("GITHUB_ACTIONS") != "true":
        return []
    errors = [
        _command(
            "error", f"{found.drill}: {found.title}", f"{found.message}\n{next_step(found.next_command)}", found.place
        )
        for found in findings(gate)
    ]
    warnings = [
        _command("warning", f"{plain(drill.title)}: not judged", _why(drill.why, drill.next_command))
        for drill in unjudged(gate)
    ]
    return [*_at_most("error", errors), *_at_most("warning", warnings)]


def _at_most(level: str, commands: list[str]) -> list[str]:
    if len(commands) <= MOST:
        return commands
    rest = len(commands) - MOST + 1
    return [*commands[: MOST - 1], _command(level, f"{rest} more", "The job's summary and the report have them all.")]


def _why(why: str, next_command: str) -> str:
    return f"{plain(why, SENTENCE)}\n{next_step(next_command)}"


def _command(level: str, title: str, message: str, place: Place | None = None) -> str:
    where = {"file": plain(place.path, SENTENCE), "line": str(place.line)} if place else {}
    properties = ",".join(f"{name}={_property(value)}" for name, value in {**where, "title": title}.items())
    return f"::{level} {properties}::{_data(message.rstrip())}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
