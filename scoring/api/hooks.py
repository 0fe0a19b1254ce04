"""Where other tools send to: monitors, pagers and chats.

Each route takes a payload for the drill that `?drill=` names, else for every drill that is running; what is answered
with 200 is on disk, and 202 says that no drill runs. A sender shows a facilitator's or the ingest token. PagerDuty
and Slack may sign instead, and Mattermost show its own token, once the service has their secret in its environment.

The ingest token, and those signatures, write responders' events as an integration that the facilitator trusts: such an
event's `source` is the tool, and `data.by` whom the tool names. A responder's own token is for their own words alone,
and opens none of these doors.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from scoring.api.auth import Role, permitted
from scoring.api.parts import Parts, Service
from scoring.api.problems import Problem
from scoring.api.reading import StrictRoute
from scoring.ingest import alertmanager, chat, cloudevent, grafana, pagerduty, prometheus
from scoring.ingest.alertmanager import AlertmanagerHook
from scoring.ingest.grafana import GrafanaHook
from scoring.ingest.pagerduty_payload import PagerDutyHook
from scoring.ingest.prometheus import PushedAlert
from scoring.ingest.signatures import pagerduty_signed, slack_signed, token_known
from scoring.ingest.translation import Situation, Translation, together
from scoring.record.store import Store
from scoring.timeline import Drill, Event

PAGERDUTY_SECRET = "GAMEDAY_PAGERDUTY_SECRET"
SLACK_SECRET = "GAMEDAY_SLACK_SECRET"
MATTERMOST_TOKEN = "GAMEDAY_MATTERMOST_TOKEN"
"""Environment variables with the secrets of those who sign; several are parted by commas."""

SELF_GUARDED = frozenset({"/api/v1/hooks/pagerduty", "/api/v1/hooks/chat"})
"""Paths that ask for a token themselves, as a signature may stand in for it."""

_PAGE = 1000

Pushed = Annotated[list[PushedAlert], Field(max_length=10_000)]
Which = Annotated[
    str | None,
    Query(alias="drill", min_length=1, max_length=200, description="a drill's id; without it, every running drill"),
]
Translate = Callable[[Situation], Translation]

router = APIRouter(tags=["hooks"], route_class=StrictRoute)
_raw = APIRouter()
"""Routes that read their body themselves, as it need not be JSON."""


class Recorded(BaseModel):
    """What became of a payload."""

    model_config = ConfigDict(frozen=True)

    drills: int = Field(ge=0, description="how many running drills it was for", examples=[1])
    events: int = Field(default=0, ge=0, description="how many of its events are on disk, repeats among them")
    notes: list[str] = Field(default_factory=list, description="what was not recorded, and why")


class ChatAnswer(BaseModel):
    """What the chat shows: to the whole channel what was recorded, to the asker alone what was not."""

    model_config = ConfigDict(frozen=True)

    response_type: str = Field(examples=["in_channel", "ephemeral"])
    text: str = Field(examples=["alice declared SEV-2."])


_HOOKS = "/api/v1/hooks"
_NOBODY: dict[int | str, dict[str, Any]] = {202: {"model": Recorded, "description": "No drill is running"}}


async def trusted(request: Request) -> None:
    """Let a facilitator's and the ingest token through. Raises Problem 401 and 403."""
    permitted(request, Role.FACILITATOR, Role.INGEST)


async def pagerduty_trusted(request: Request) -> None:
    """Let through what PagerDuty signed, else as `trusted`. Raises Problem 401 and 403."""
    header, secrets = request.headers.get("x-pagerduty-signature"), _secrets(PAGERDUTY_SECRET)
    if header is None or not secrets:
        await trusted(request)
    elif not pagerduty_signed(await request.body(), header, secrets):
        raise _forged("X-PagerDuty-Signature", PAGERDUTY_SECRET)


async def chat_trusted(request: Request) -> None:
    """Let through what Slack signed or shows Mattermost's token, else as `trusted`. Raises Problem 401 and 403."""
    signature, secrets = request.headers.get("x-slack-signature"), _secrets(SLACK_SECRET)
    if signature is not None and secrets:
        at = request.headers.get("x-slack-request-timestamp", "")
        if not slack_signed(await request.body(), at, signature, secrets, datetime.now(UTC)):
            raise _forged("X-Slack-Signature, or a timestamp of the last five minutes,", SLACK_SECRET)
        return
    tokens = _secrets(MATTERMOST_TOKEN)
    if not (tokens and token_known((await _message(request)).token, tokens)):
        await trusted(request)


@router.post(
    "/api/v2/alerts",
    dependencies=[Depends(trusted)],
    responses=_NOBODY,
    summary="Take alerts as Prometheus pushes them",
)
async def push_alerts(body: Pushed, service: Service, response: Response, drill: Which = None) -> Recorded:
    """A repeat of an alert, by any way, is recognised; one that was over before a drill began is none of its events."""
    return await _record(service, response, drill, lambda now_in: prometheus.translate(body, now_in))


@router.post(
    f"{_HOOKS}/alertmanager",
    dependencies=[Depends(trusted)],
    responses=_NOBODY,
    summary="Take Alertmanager's webhook, version 4",
)
async def take_alertmanager(
    body: AlertmanagerHook, service: Service, response: Response, drill: Which = None
) -> Recorded:
    """Each alert of the group is known by its own fingerprint and start."""
    return await _record(service, response, drill, lambda now_in: alertmanager.translate(body, now_in))


@router.post(
    f"{_HOOKS}/grafana",
    dependencies=[Depends(trusted)],
    responses=_NOBODY,
    summary="Take the webhook of Grafana's alerting",
)
async def take_grafana(body: GrafanaHook, service: Service, response: Response, drill: Which = None) -> Recorded:
    """As Alertmanager's; values and links are kept with the alert."""
    return await _record(service, response, drill, lambda now_in: grafana.translate(body, now_in))


@router.post(
    f"{_HOOKS}/pagerduty",
    dependencies=[Depends(pagerduty_trusted)],
    responses=_NOBODY,
    summary="Take PagerDuty's v3 webhook",
)
async def take_pagerduty(body: PagerDutyHook, service: Service, response: Response, drill: Which = None) -> Recorded:
    """Incidents, and what people do about them; a retry is recognised by the event's id."""
    return await _record(service, response, drill, lambda now_in: pagerduty.translate(body, now_in))


@_raw.post(
    f"{_HOOKS}/cloudevents",
    dependencies=[Depends(trusted)],
    responses=_NOBODY,
    openapi_extra={"requestBody": {"required": True, "content": cloudevent.OPENAPI}},
    summary="Take CloudEvents, one or a batch",
)
async def take_cloudevents(request: Request, service: Service, response: Response, drill: Which = None) -> Recorded:
    """Types `dev.gameday.event.<kind>` and `dev.gameday.alert` are recorded, others are passed over."""
    given = cloudevent.parse(dict(request.headers.items()), await request.body())
    return await _record(service, response, drill, lambda now_in: cloudevent.translate_all(given, now_in))


@_raw.post(
    f"{_HOOKS}/chat",
    dependencies=[Depends(chat_trusted)],
    openapi_extra={"requestBody": {"required": True, "content": chat.OPENAPI}},
    summary="Take a command from Slack or Mattermost",
)
async def take_chat(request: Request, service: Service, response: Response, drill: Which = None) -> ChatAnswer:
    """Answered with 200 whatever it was, as a chat shows nothing else; a word that is no command, with all of them."""
    message = await _message(request)
    recorded = await _record(service, response, drill, lambda now_in: chat.translate(message, now_in))
    response.status_code = 200
    if not recorded.drills:
        return ChatAnswer(response_type="ephemeral", text="No drill is running.")
    response_type = "in_channel" if recorded.events else "ephemeral"
    return ChatAnswer(response_type=response_type, text="\n".join(recorded.notes))


router.include_router(_raw)


async def _record(service: Parts, response: Response, drill_id: str | None, translate: Translate) -> Recorded:
    """Translate for each drill that is meant, and only then record for any: a payload is taken whole or not at all."""
    now, told = datetime.now(UTC), []
    for drill in await run_in_threadpool(_meant, service.store, drill_id):
        playbook = (await service.known.get(drill.id)).playbook
        told.append((drill, translate(Situation(playbook, drill.started_at, now))))
    if not told:
        response.status_code = 202
    for drill, translation in told:
        if translation.events:
            events = await run_in_threadpool(_first_declares, service.store, drill.id, translation.events)
            await service.writer.append(drill.id, events, first_stands=True)
    whole = together(translation for _, translation in told)
    return Recorded(drills=len(told), events=len(whole.events), notes=list(whole.notes))


def _meant(store: Store, drill_id: str | None) -> list[Drill]:
    """The running drills that are meant. Raises NoSuchDrill."""
    drills = store.running() if drill_id is None else [store.drill(drill_id)[0]]
    return [drill for drill in drills if drill.ended_at is None]


def _first_declares(store: Store, drill_id: str, events: tuple[Event, ...]) -> list[Event]:
    """The events, a reclassification as a declaration where nothing was declared yet: tools know a priority only."""
    is_declared = not any(event.kind == "incident.reclassified" for event in events) or _is_declared(store, drill_id)
    first = next((e for e in events if e.kind in {"incident.declared", "incident.reclassified"}), None)
    return [e.model_copy(update={"kind": "incident.declared"}) if e is first and not is_declared else e for e in events]


def _is_declared(store: Store, drill_id: str) -> bool:
    after = 0
    while page := store.events_after(drill_id, after, _PAGE):
        if any(event.kind == "incident.declared" for _, event in page):
            return True
        after = page[-1][0]
    return False


async def _message(request: Request) -> chat.ChatMessage:
    return chat.parse(request.headers.get("content-type", ""), await request.body())


def _secrets(variable: str) -> list[str]:
    return [secret.strip() for secret in os.environ.get(variable, "").split(",") if secret.strip()]


def _forged(what: str, variable: str) -> Problem:
    return Problem(401, "Who are you?", f"{what} is not by a secret that {variable} knows")
