"""CloudEvents 1.0 over HTTP, one (binary or structured mode) or a batch of them.

Two kinds of `type` mean something here; any other is somebody else's event and is not recorded:

- `dev.gameday.event.<kind>` is an event of that kind, with its `data` as an object, and
- `dev.gameday.alert` is an alert as Prometheus pushes it: `labels`, `annotations`, `startsAt`, `endsAt`.

`source` and `id` together are the event's key, as CloudEvents has it.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cloudevents.core.bindings.http import HTTPMessage, from_binary, from_structured
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from scoring.canonical import did_you_mean, to_utc
from scoring.errors import ScoringError
from scoring.ingest.prometheus import PushedAlert
from scoring.ingest.prometheus import translate as translate_alerts
from scoring.ingest.translation import Situation, Translation, event, read, since_begin, together
from scoring.ingest.words import level_named
from scoring.playbook import Playbook
from scoring.timeline import KINDS, Event

EVENT_TYPE = "dev.gameday.event."
ALERT_TYPE = "dev.gameday.alert"
MOST_IN_A_BATCH = 10_000
_REQUIRED = ("specversion", "id", "source", "type")


_ENVELOPE: dict[str, Any] = {
    "type": "object",
    "required": list(_REQUIRED),
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1},
        "type": {"type": "string", "minLength": 1, "examples": [f"{EVENT_TYPE}incident.acknowledged", ALERT_TYPE]},
        "time": {"type": "string", "format": "date-time"},
        "data": {},
    },
}
OPENAPI = {
    "application/cloudevents+json": {"schema": _ENVELOPE},
    "application/cloudevents-batch+json": {"schema": {"type": "array", "items": _ENVELOPE}},
    "application/json": {"schema": {}},
}
"""The bodies that `parse` takes, for an OpenAPI document; the last is `data` alone, its attributes in `ce-` headers."""


def parse(headers: Mapping[str, str], body: bytes) -> list[CloudEvent]:
    """The CloudEvents of a request. Raises ScoringError that names the attribute."""
    media = next((value for name, value in headers.items() if name.lower() == "content-type"), "").lower()
    if media.startswith("application/cloudevents-batch"):
        batch = _json(body)
        if not isinstance(batch, list) or len(batch) > MOST_IN_A_BATCH:
            raise ScoringError(f"body: a batch is a list of at most {MOST_IN_A_BATCH} CloudEvents")
        return [_structured(each, f"body.{place}") for place, each in enumerate(batch)]
    if media.startswith("application/cloudevents"):
        return [_structured(_json(body), "body")]
    return [_binary(headers, body)]


def translate(given: CloudEvent, situation: Situation) -> Translation:
    """The events of a CloudEvent; what occurred before the drill began is none of them. Raises ScoringError."""
    kind = given.get_type()
    if kind == ALERT_TYPE:
        return translate_alerts([read(PushedAlert, given.get_data(), "data")], situation, source=given.get_source())
    if not kind.startswith(EVENT_TYPE):
        return Translation(notes=(f"CloudEvents of type {kind[:200]} are not recorded",))
    name = kind.removeprefix(EVENT_TYPE)
    if name not in KINDS:
        raise ScoringError(f"type: there is no event kind '{name[:100]}'{did_you_mean(name, list(KINDS))}")
    return since_begin(Translation((_event(given, name, situation),)), situation)


def translate_all(given: list[CloudEvent], situation: Situation) -> Translation:
    """The events of a request's CloudEvents. Raises ScoringError."""
    return together(translate(each, situation) for each in given)


def _event(given: CloudEvent, kind: str, situation: Situation) -> Event:
    data = given.get_data()
    if not isinstance(data, dict | None):
        raise ScoringError(f"data: the data of {EVENT_TYPE}{kind} is an object, such as {{}}")
    data = dict(data or {})
    if kind in {"incident.declared", "incident.reclassified"}:
        data["severity"] = _level(data.get("severity"), situation.playbook)
    key = f"cloudevent/{given.get_source()}#{given.get_id()}"
    return event(kind, _time(given) or situation.now, given.get_source(), data, key)


def _level(said: Any, playbook: Playbook) -> str:
    known = [level.id for level in playbook.levels]
    level = level_named(said, playbook) if isinstance(said, str) else None
    if level is None:
        hint = did_you_mean(said, known) if isinstance(said, str) else ""
        raise ScoringError(
            f"data.severity: playbook {playbook.name} has no such level{hint or '; there are: ' + ', '.join(known)}"
        )
    return level


def _time(given: CloudEvent) -> datetime | None:
    at = given.get_time()
    try:
        return to_utc(at) if at is not None else None
    except ValueError as error:
        raise ScoringError(f"time: {error}") from None


def _structured(value: Any, place: str) -> CloudEvent:
    if not isinstance(value, dict):
        raise ScoringError(f"{place}: a CloudEvent is an object")
    given = {name: part for name, part in value.items() if part is not None or name == "data"}
    _require(given, f"{place}.")
    message = HTTPMessage({}, json.dumps(given).encode())
    return _checked(lambda: from_structured(message, JSONFormat(), CloudEvent), f"{place}.", "time" in given)


def _binary(headers: Mapping[str, str], body: bytes) -> CloudEvent:
    _require({name.lower().removeprefix("ce-") for name in headers if name.lower().startswith("ce-")}, "ce-")
    message = HTTPMessage({name.lower(): value for name, value in headers.items()}, body)
    return _checked(lambda: from_binary(message, JSONFormat(), CloudEvent), "ce-", "ce-time" in message.headers)


def _require(given: Any, place: str) -> None:
    missing = next((name for name in _REQUIRED if name not in given), None)
    if missing is not None:
        raise ScoringError(f"{place}{missing}: this attribute is missing; a CloudEvent has {', '.join(_REQUIRED)}")


def _checked(parse_one: Any, place: str, has_time: bool) -> CloudEvent:
    """The library's answer with its errors as ours; without a `time` it would fill in its own clock's."""
    try:
        given: CloudEvent = parse_one()
    except CloudEventValidationError as error:
        name, faults = next(iter(error.errors.items()))
        raise ScoringError(f"{place}{name[:100]}: {faults[0]}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise ScoringError(f"{place}time or data: {error}") from None
    if not has_time:
        given.get_attributes().pop("time", None)
    return given


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ScoringError(f"body: this is no JSON: {error}") from None
