"""The commands that responders give in a chat: `ack`, `declare SEV-2 text`, `update …`, and their answers.

A command makes at most one event. One that cannot be understood makes none and is answered with what would be.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from scoring.canonical import did_you_mean
from scoring.ingest.words import called, heard_in, level_named, one_of, update_parts
from scoring.playbook import Playbook
from scoring.timeline import Data

USAGE = {
    "ack": "ack [text]",
    "declare": "declare LEVEL [text]",
    "reclassify": "reclassify LEVEL [text]",
    "update": "update [closing] [to AUDIENCE, AUDIENCE:] text (status: …; impact: …; next: …; next update: …)",
    "escalate": "escalate WHO by CHANNEL [: text]",
    "diagnose": "diagnose COMPONENT FAILURE-MODE",
    "role": "role ROLE [who]",
    "resolve": "resolve [text]",
}
_ALSO = {"acknowledge": "ack", "resolved": "resolve", "diagnosis": "diagnose", "escalated": "escalate"}
_UPDATE = re.compile(r"(?P<closing>closing\b\s{0,9})?(?:to\s{1,9}(?P<to>[^:\n]{1,500}):)?(?P<text>.*)", re.I | re.S)
_ESCALATE = re.compile(r"(?P<to>.{1,200}?)\s{1,9}by\s{1,9}(?P<by>[^\s:]{1,100})(?P<text>.*)", re.I | re.S)


@dataclass(frozen=True)
class Said:
    """A command as it was given: who said what, and in which channel."""

    who: str
    text: str
    channel: str = ""


@dataclass(frozen=True)
class Answer:
    """What the chat shows, and the event to record, if the command makes one."""

    text: str
    kind: str | None = None
    data: Data | None = None


def obey(said: Said, playbook: Playbook) -> Answer:
    """The event that a command makes, and what to answer."""
    word, _, rest = said.text.strip().partition(" ")
    name = word.lower().lstrip("/")
    command = _COMMANDS.get(_ALSO.get(name, name))
    if command is None:
        return Answer(help_text(word))
    return command(said, rest.strip(), playbook)


def help_text(word: str = "") -> str:
    """All commands, after a word that is none of them."""
    hint = f"I do not know '{word}'{did_you_mean(word.lower(), list(USAGE))}\n" if word and word != "help" else ""
    return hint + "\n".join(["I understand:", *(f"• {usage}" for usage in USAGE.values())])


def _acknowledge(said: Said, text: str, _: Playbook) -> Answer:
    return Answer(f"{said.who} has it.", "incident.acknowledged", _data(said, text=text))


def _declare(said: Said, rest: str, playbook: Playbook) -> Answer:
    return _classify(said, rest, playbook, "incident.declared", "declared")


def _reclassify(said: Said, rest: str, playbook: Playbook) -> Answer:
    return _classify(said, rest, playbook, "incident.reclassified", "reclassified as")


def _classify(said: Said, rest: str, playbook: Playbook, kind: str, verb: str) -> Answer:
    level, text = _leading(rest, lambda words: level_named(words, playbook))
    if level is None:
        known = ", ".join(each.id for each in playbook.levels)
        return Answer(f"Which level? Playbook {playbook.title} has {known}. Nothing is recorded.")
    return Answer(f"{said.who} {verb} {level}.", kind, _data(said, severity=level, text=text))


def _update(said: Said, rest: str, playbook: Playbook) -> Answer:
    match = _UPDATE.fullmatch(rest)
    text = match["text"].strip() if match else ""
    if match is None or not text:
        return _usage("update")
    names = [name.strip() for name in re.split(r",|\band\b", match["to"] or "") if name.strip()]
    known = [audience.id for audience in playbook.audiences]
    told = [one_of(name, known) for name in names]
    if None in told:
        missing = names[told.index(None)]
        return Answer(f"There is no audience '{missing}'; there are: {', '.join(known)}. Nothing is recorded.")
    heard = heard_in(said.channel, playbook) or heard_in("chat", playbook) or heard_in("responders", playbook)
    audiences = [name for name in told if name] or heard
    data = {**update_parts(text), "text": text, "audiences": audiences, "channel": said.channel}
    if match["closing"]:
        data["closing"] = True
    to = ", ".join(audiences) or "nobody in particular"
    return Answer(f"Update to {to}: {text}", "update.posted", _data(said, **data))


def _escalate(said: Said, rest: str, playbook: Playbook) -> Answer:
    match = _ESCALATE.fullmatch(rest)
    if match is None:
        return _usage("escalate")
    to = next(iter(called([match["to"]], playbook)), match["to"].strip())
    data = {"to": to, "by": match["by"], "from": said.who, "text": match["text"].lstrip(" :")}
    text = f"{said.who} called {to} by {match['by']}."
    return Answer(text, "incident.escalated", {name: value for name, value in data.items() if value})


def _diagnose(said: Said, rest: str, _playbook: Playbook) -> Answer:
    component, mode = rest.rpartition(" ")[::2]
    if not component:
        return _usage("diagnose")
    data = _data(said, component=component.strip(), failure_mode=mode.lower())
    return Answer(f"{said.who}'s diagnosis: {component.strip()}, {mode.lower()}.", "diagnosis.submitted", data)


def _role(said: Said, rest: str, playbook: Playbook) -> Answer:
    titles = {role.title: role.id for role in playbook.roles}
    role, who = _leading(rest, lambda words: one_of(words, [*titles.values(), *titles]))
    if role is None:
        known = ", ".join(titles.values())
        return Answer(f"Which role? Playbook {playbook.title} has {known}. Nothing is recorded.")
    role, who = titles.get(role, role), who.lstrip("@") or said.who
    return Answer(f"{who} is {role}.", "role.assigned", _data(said, role=role, who=who))


def _resolve(said: Said, text: str, _: Playbook) -> Answer:
    return Answer(f"{said.who} resolved the incident.", "incident.resolved", _data(said, text=text))


def _leading(rest: str, known: Callable[[str], str | None]) -> tuple[str | None, str]:
    """The longest run of up to three leading words that names something, and what follows it."""
    words = rest.split()
    for count in range(min(3, len(words)), 0, -1):
        found = known(" ".join(words[:count]))
        if found is not None:
            return found, rest.split(maxsplit=count)[count].strip() if len(words) > count else ""
    return None, rest


def _data(said: Said, **data: object) -> Data:
    return {"by": said.who, **{name: value for name, value in data.items() if value not in ("", None)}}


def _usage(name: str) -> Answer:
    return Answer(f"I need more to record that: {USAGE[name]}")


_COMMANDS: dict[str, Callable[[Said, str, Playbook], Answer]] = {
    "ack": _acknowledge,
    "declare": _declare,
    "reclassify": _reclassify,
    "update": _update,
    "escalate": _escalate,
    "diagnose": _diagnose,
    "role": _role,
    "resolve": _resolve,
}
