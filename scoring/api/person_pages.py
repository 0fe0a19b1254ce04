"""Pages on who has practised what: everybody for facilitators, and each person's own."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from scoring.api.auth import asker_of
from scoring.api.bodies import IdInPath
from scoring.api.parts import Facilitator, Reader, Service
from scoring.api.withheld import need_own
from scoring.console.render import page
from scoring.training import PRACTISE_EVERY, state_of
from scoring.training.requirements import SOURCE, requirements

router = APIRouter()


@router.get("/people")
def show_people(service: Service, role: Facilitator) -> Response:
    """When everybody is due to practise, who never did first."""
    now = datetime.now(UTC)
    people = [(each, state_of(each.due_at, now)) for each in service.people.due()]
    return page("people.html", role=role, people=people, source=SOURCE)


@router.get("/people/{person_id}")
def show_person(person_id: IdInPath, request: Request, service: Service, role: Reader) -> Response:
    """What a person has practised, and how that stands to what the documents ask."""
    need_own(asker_of(request), person_id)
    record, now = service.people.training(person_id), datetime.now(UTC)
    return page(
        "person.html",
        role=role,
        record=record,
        requirements=requirements(record, now),
        practice=[(each, state_of(each.due_at, now)) for each in record.practice],
        every_days=PRACTISE_EVERY.days,
    )
