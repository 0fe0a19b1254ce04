"""Injects in which people ask and propose, and something turns out to be nothing. Pure."""

from collections.abc import Iterator, Mapping

from scoring.playbook.figure import write_duration
from simulator.drill.experiment import Experiment
from simulator.drill.tabletops.duties import MINUTE, Course, Inject, at, closing_update, review
from simulator.drill.tabletops.recorded import Recorded
from simulator.drill.tabletops.runbooks import first_sentence

_TRIED = (
    "The experiment's tests do this as well, and it does not pass for a mitigation. If they insist, say what it would "
    "show."
)


def false_alarm() -> Inject:
    """Something that turns out to be nothing."""
    return {
        "id": "a-certificate",
        "at": "11m",
        "title": "A certificate is about to expire",
        "from": "the monitor",
        "channel": "chat",
        "kind": "false-alarm",
        "text": "The certificate of the test system expires in ten days.",
        "note": "It has nothing to do with it. Put something in its place that your own monitor cries about.",
        "expects": [
            {
                "id": "let-it-be",
                "text": "It is noted for later, and nobody follows it now.",
                "objective": "diagnose",
                "within": "4m",
            }
        ],
    }


def proposals(experiment: Experiment) -> Iterator[Inject]:
    """What people propose under pressure, and what the experiment's own tests show not to count."""
    proposed = (
        [] if experiment.temptations.restart_cures else [("restart", "Shall I just restart it? That always helps.")]
    )
    proposed.append(("switch-off", "We could switch that feature off until tomorrow. Then nothing fails any more."))
    for number, (name, text) in enumerate(proposed):
        yield {
            "id": f"somebody-would-{name}",
            "at": at((8 + 7 * number) * MINUTE),
            "title": "A proposal",
            "from": "a colleague",
            "channel": "chat",
            "kind": "question",
            "text": text,
            "note": _TRIED,
            "expects": [
                {
                    "id": f"weigh-{name}",
                    "text": "It is held against what is known of the cause before anybody does it.",
                    "objective": "mitigate",
                    "within": "5m",
                }
            ],
        }


def mitigation(sections: Mapping[str, str], run: Recorded) -> Inject:
    """What the room decides; the runbook's own words are for the facilitator."""
    mitigate = sections.get("Mitigate", "")
    told = first_sentence(mitigate) if mitigate else "What takes the cause away is done."
    printed = "\n\n".join(f"$ {ran.command}\n{ran.output}" for ran in run.ran[-2:])
    note = f"The runbook says:\n\n{mitigate}\n" if mitigate else "The runbook has no section on it."
    return {
        "id": "what-now",
        "at": "25m",
        "title": "What will you do?",
        "from": "the incident channel",
        "channel": "chat",
        "kind": "question",
        "text": "We are all here. What do we do, in which order, and who does it?",
        "note": note + (f"\nIn the run it printed:\n\n```\n{printed}\n```\n" if printed else ""),
        "expects": [
            {
                "id": "mitigate",
                "text": f"What the runbook wants is decided and done: {told}",
                "objective": "mitigate",
                "within": "5m",
                "answers": {"event": "action.taken"},
            }
        ],
    }


def all_clear(course: Course) -> Inject:
    """The question whether it is over, when it may be."""
    window = write_duration(course.playbook.verification.window.value)
    return {
        "id": "all-clear",
        "at": at(course.held_s),
        "title": "May we say that it is over?",
        "from": "the support desk",
        "channel": "chat",
        "kind": "question",
        "text": f"It was quiet for {window}. Is it over?",
        "expects": [
            {
                "id": "resolve",
                "text": "It is called resolved, now that it has held.",
                "objective": "close",
                "within": "10m",
                "answers": {"event": "incident.resolved"},
            },
            *closing_update(course),
        ],
    }


def what_follows(course: Course) -> Inject:
    """The question for the review."""
    return {
        "id": "what-follows",
        "at": at(course.held_s + 8 * MINUTE),
        "title": "And now?",
        "from": "a manager",
        "channel": "chat",
        "kind": "question",
        "text": "Thank you all. What happens next, who does it, and until when?",
        "expects": review(course),
    }
