"""What PagerDuty's v3 webhooks deliver, as far as it is read here.

Fields after PagerDuty's developer documentation, "Webhooks: Overview". Types and fields are added over time; what is
not known here is passed over.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from scoring.timeline import Instant

Name = Annotated[str, Field(max_length=10_000)]


class Part(BaseModel):
    """A part of a payload."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Reference(Part):
    """Another object: a person, service, team, policy, priority or role, by what people call it."""

    id: Name | None = None
    type: Name | None = None
    summary: Name | None = None

    @property
    def name(self) -> str:
        """What people call it, else its id."""
        return self.summary or self.id or ""


class Incident(Part):
    """`event.data` of the types whose `data.type` is `incident`. `incident_key` is the dedup key."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    incident_key: Name | None = None
    html_url: Name | None = None
    title: Name = ""
    service: Reference | None = None
    assignees: tuple[Reference, ...] = ()
    escalation_policy: Reference | None = None
    teams: tuple[Reference, ...] = ()
    priority: Reference | None = None
    urgency: Name | None = None


class Message(Part):
    """`event.data` of a note, which has `content`, and of a status update, which has `message`."""

    incident: Reference
    content: Name = ""
    message: Name = ""


class Request(Part):
    """`event.data` of a responder who is asked to help: a person, or whoever is on call by a policy."""

    incident: Reference
    user: Reference | None = None
    escalation_policy: Reference | None = None
    message: Name | None = None
    state: Name | None = None


class Assignment(Part):
    """One role of an incident, and who has it from now on."""

    role: Reference
    assignee: Reference | None = None
    incident: Reference | None = None
    status: Name | None = None


class Assignments(Part):
    """`event.data` of roles that were given or taken away."""

    incident_role_assignments: Annotated[tuple[Assignment, ...], Field(max_length=100)]


class OutboundEvent(Part):
    """What happened. `agent` is who or what did it; null where PagerDuty does not know."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    event_type: Annotated[str, Field(min_length=1, max_length=200)]
    occurred_at: Instant
    agent: Reference | None = None
    data: dict[str, Any] | None = None

    @property
    def person(self) -> str | None:
        """The name of the person who did it, None for a machine."""
        is_person = self.agent is not None and (self.agent.type or "").startswith("user")
        return self.agent.name or "somebody" if self.agent and is_person else None


class PagerDutyHook(Part):
    """A delivery."""

    event: OutboundEvent
