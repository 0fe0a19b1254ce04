"""One line for each event of a timeline, and the tone that it is told in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from scoring.scorecard.sla import spell
from scoring.timeline import Event

Tone = Literal["fault", "impact", "alert", "response", "good", "bad", "quiet"]


@dataclass(frozen=True)
class Told:
    """What an event says, without control characters, and its tone."""

    text: str
    tone: Tone


def plain(value: object, limit: int = 300) -> str:
    """Anything as one line of printable text: what came from outside must not steer a terminal."""
    text = "" if value is None else str(value)
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def tell(event: Event) -> Told:
    """The event as one line."""
    words, tone = _TELLERS.get(event.kind, _unknown)(event.data)
    return Told(plain(words), tone)


def impact_and_next(impact: str, next_step: str) -> str:
    """What users meet and what is done next, as sentences: `Two in five fail. Next: find who holds the slots`."""
    if not next_step:
        return impact
    stop = "" if impact.rstrip().endswith((".", "!", "?")) else "."
    return f"{impact.rstrip()}{stop} Next: {next_step}" if impact else f"Next: {next_step}"


def percent(share: float) -> str:
    """A share of 0–1 as `31 %`, with a digit more where it is small."""
    shown = share * 100
    return f"{shown:.1f} %" if 0 < shown < 10 else f"{shown:.0f} %"


def milliseconds(value: float) -> str:
    """`7 ms`, `2,500 ms`."""
    return f"{value:,.0f} ms" if value >= 10 or value == 0 else f"{value:.1f} ms"


_Teller = Callable[[dict[str, Any]], tuple[str, Tone]]


def _unknown(data: dict[str, Any]) -> tuple[str, Tone]:
    return ", ".join(f"{name}: {value}" for name, value in data.items()), "quiet"


def _join(*parts: object, by: str = ": ") -> str:
    return by.join(plain(part) for part in parts if part not in (None, "", []))


def _impact(data: dict[str, Any]) -> tuple[str, Tone]:
    seen = []
    if isinstance(share := data.get("error_share"), int | float):
        seen.append(f"{percent(share)} of requests fail")
    if isinstance(p95 := data.get("p95_ms"), int | float):
        seen.append(f"p95 {milliseconds(p95)}")
    return _join("users are affected", ", ".join(seen) or data.get("reason")), "impact"


def _injected(data: dict[str, Any]) -> tuple[str, Tone]:
    step = f" (step {plain(data['step'])})" if data.get("step") else ""
    return _join(f"fault takes effect{step}", data.get("effect") or data.get("activity")), "fault"


def _checked(data: dict[str, Any]) -> tuple[str, Tone]:
    conditions = data.get("conditions")
    failed = [c for c in conditions if isinstance(c, dict) and not c.get("ok")] if isinstance(conditions, list) else []
    phase = plain(data.get("phase")) or "state"
    if data.get("ok"):
        return f"{phase}: every condition holds", "good"
    missing = ", ".join(_join(str(c.get("name", "?")).replace("_", " "), c.get("seen")) for c in failed)
    return _join(f"{phase}: not yet", missing), "quiet"


def _alert(verb: str, tone: Tone) -> _Teller:
    def told(data: dict[str, Any]) -> tuple[str, Tone]:
        labels = data.get("labels") if isinstance(data.get("labels"), dict) else {}
        assert isinstance(labels, dict)
        severity = f" ({plain(labels['severity'])})" if labels.get("severity") else ""
        return f"alert {verb}: {plain(labels.get('alertname')) or 'unnamed'}{severity}", tone

    return told


def _update(data: dict[str, Any]) -> tuple[str, Tone]:
    audiences = data.get("audiences")
    to = ", ".join(plain(name) for name in audiences) if isinstance(audiences, list) else ""
    parts = impact_and_next(plain(data.get("impact")), plain(data.get("next_step")))
    said = data.get("text") or parts or data.get("status")
    notice = "closing notice" if data.get("closing") else "update"
    return _join(f"{notice} to {to}" if to else notice, said), "response"


def _escalated(data: dict[str, Any]) -> tuple[str, Tone]:
    to = data.get("to")
    people = ", ".join(plain(each) for each in to) if isinstance(to, list) else plain(to)
    by = f" by {plain(data['by'])}" if data.get("by") else ""
    return _join(f"escalated to {people}{by}", data.get("reason") or data.get("text")), "response"


def _action(data: dict[str, Any]) -> tuple[str, Tone]:
    status = data.get("exit_status")
    failed = f" → exit {status}" if status not in (None, 0) else ""
    if data.get("by_hand") is True:
        return _join(f"done by hand by {plain(data.get('by')) or '?'}", data.get("command")), "response"
    sign = "api" if data.get("by") == "audit" else "$"
    command = " ⏎ ".join(str(data.get("command") or "").strip().splitlines())
    return f"{sign} {plain(command, 200)}{failed}", "bad" if failed and sign == "$" else "response"


def _noted(data: dict[str, Any]) -> tuple[str, Tone]:
    about = " ".join(filter(None, (plain(data.get("dimension")), plain(data.get("mark")))))
    by = plain(data.get("by"))
    return _join(_join(f"observed by {by}" if by else "observed", about), data.get("text")), "quiet"


def _answered(data: dict[str, Any]) -> tuple[str, Tone]:
    is_met = bool(data.get("met"))
    return _join("done as expected" if is_met else "not done", data.get("text")), "good" if is_met else "bad"


def _advanced(data: dict[str, Any]) -> tuple[str, Tone]:
    seconds = data.get("drill_seconds")
    minutes = f" by {spell(round(seconds))}" if isinstance(seconds, int | float) else ""
    return f"the drill clock moves on{minutes}", "quiet"


_TELLERS: dict[str, _Teller] = {
    "drill.started": lambda d: ("drill starts", "quiet"),
    "drill.ended": lambda d: ("drill ends", "quiet"),
    "drill.aborted": lambda d: (_join("drill aborted", d.get("reason")), "bad"),
    "fault.injected": _injected,
    "fault.reverted": lambda d: (_join("fault taken back", d.get("activity")), "quiet"),
    "impact.started": _impact,
    "impact.ended": lambda d: ("users are served again", "good"),
    "oracle.checked": _checked,
    "alert.firing": _alert("fires", "alert"),
    "alert.resolved": _alert("ends", "quiet"),
    "incident.acknowledged": lambda d: (
        _join("acknowledged by " + (plain(d.get("who") or d.get("by")) or "?"), d.get("alert")),
        "response",
    ),
    "incident.declared": lambda d: (_join(f"declared {plain(d.get('severity'))}", d.get("text")), "response"),
    "incident.reclassified": lambda d: (_join(f"now {plain(d.get('severity'))}", d.get("text")), "response"),
    "role.assigned": lambda d: (f"{plain(d.get('role'))} is {plain(d.get('who'))}", "response"),
    "update.posted": _update,
    "incident.escalated": _escalated,
    "diagnosis.submitted": lambda d: (
        _join("diagnosis", _join(d.get("component"), d.get("failure_mode"), by=", ")),
        "response",
    ),
    "action.taken": _action,
    "incident.resolved": lambda d: (_join("resolved", d.get("text")), "good"),
    "review.filed": lambda d: ("review filed", "quiet"),
    "hint.taken": lambda d: (_join("hint", d.get("text")), "response"),
    "observation.noted": _noted,
    "inject.delivered": lambda d: (_join(f"message from {plain(d.get('from')) or 'nobody'}", d.get("text")), "alert"),
    "inject.answered": _answered,
    "fault.ordered": lambda d: (_join("another fault is ordered", d.get("failure_mode")), "quiet"),
    "clock.stopped": lambda d: (_join("the drill clock stops", d.get("reason")), "quiet"),
    "clock.started": lambda d: ("the drill clock goes on", "quiet"),
    "clock.advanced": _advanced,
}
