"""Teams, people, and what each of them has practised."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request

from scoring.api.answers import DueList, PersonPage, TeamList, TrainingShown
from scoring.api.auth import asker_of
from scoring.api.bodies import IdInPath, NewPerson, NewTeam
from scoring.api.cursors import After, Limit, cursor, place
from scoring.api.parts import Facilitator, Parts, Reader, Service
from scoring.api.problems import unknown, unreadable
from scoring.api.reading import StrictRoute
from scoring.api.withheld import need_own
from scoring.record.people import Team, id_of
from scoring.training import Person
from scoring.training.requirements import requirements

router = APIRouter(prefix="/api/v1", tags=["people"], route_class=StrictRoute)


@router.get("/teams", response_model=TeamList, summary="List teams")
def list_teams(service: Service, _: Reader) -> TeamList:
    """By id."""
    return TeamList(teams=service.people.teams())


@router.post("/teams", status_code=201, response_model=Team, summary="Add a team")
def add_team(body: NewTeam, service: Service, _: Facilitator) -> Team:
    """Its id is made of its name."""
    _need_id(body.name)
    return service.people.put_team(body.name)


@router.get("/people", response_model=PersonPage, summary="List people")
def list_people(
    service: Service,
    _: Reader,
    after: After = None,
    limit: Limit = 1000,
    team: Annotated[str | None, Query(max_length=100, description="the id of a team")] = None,
) -> PersonPage:
    """By id, page by page."""
    found = service.people.persons(team, place("people", after), limit)
    return PersonPage(people=found, next=cursor("people", found[-1].id) if len(found) == limit else None)


@router.post("/people", status_code=201, response_model=Person, summary="Add a person")
def add_person(body: NewPerson, service: Service, _: Facilitator) -> Person:
    """The person's id is made of the name; drills name the people who take part by id or by name."""
    _need_id(body.name)
    _need_team(body, service)
    return service.people.put_person(body.name, team=body.team)


@router.put("/people/{person_id}", response_model=Person, summary="Rename a person, or move to another team")
def put_person(person_id: IdInPath, body: NewPerson, service: Service, _: Facilitator) -> Person:
    """Whoever is not there yet is added."""
    _need_team(body, service)
    return service.people.put_person(body.name, person_id, body.team)


@router.delete("/people/{person_id}", status_code=204, summary="Take a person's name out")
def remove_person(person_id: IdInPath, service: Service, _: Facilitator) -> None:
    """That somebody of this id took part in drills stays."""
    service.people.remove_person(person_id)


@router.get("/people/{person_id}/training", response_model=TrainingShown, summary="Read a training record")
def get_training(person_id: IdInPath, request: Request, service: Service, _: Reader) -> TrainingShown:
    """The drills that somebody took part in and that have ended, when each failure mode is due again, and what the
    documents ask for. It is for facilitators, and for the person whose token names them.
    """
    need_own(asker_of(request), person_id)
    record = service.people.training(person_id)
    return TrainingShown(**vars(record), requirements=requirements(record, datetime.now(UTC)))


@router.get("/training", response_model=DueList, summary="See who is due to practise")
def list_due(
    service: Service,
    _: Facilitator,
    team: Annotated[str | None, Query(max_length=100, description="the id of a team")] = None,
    limit: Limit = 1000,
) -> DueList:
    """Who never practised comes first, then who is due soonest."""
    return DueList(people=service.people.due(team, limit))


def _need_id(name: str) -> None:
    if not id_of(name):
        raise unreadable("#/name", f"'{name}' gives no id; use at least one letter or digit")


def _need_team(body: NewPerson, service: Parts) -> None:
    teams = [team.id for team in service.people.teams()]
    if body.team is not None and body.team not in teams:
        raise unreadable("#/team", f"there is {unknown('team', body.team, teams)}")
