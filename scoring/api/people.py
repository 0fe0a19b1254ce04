"""Teams, people, and what each of them has practised."""

from typing import Annotated

from fastapi import APIRouter, Query

from scoring.api.answers import PersonPage, TeamList
from scoring.api.bodies import IdInPath, NewPerson, NewTeam
from scoring.api.cursors import After, Limit, cursor, place
from scoring.api.parts import Facilitator, Parts, Reader, Service
from scoring.api.problems import unknown, unreadable
from scoring.api.reading import StrictRoute
from scoring.record.people import Person, Team, TrainingRecord, id_of

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


@router.get("/people/{person_id}/training", response_model=TrainingRecord, summary="Read a training record")
def get_training(person_id: IdInPath, service: Service, _: Reader) -> TrainingRecord:
    """The drills that somebody took part in and that have ended, and when each failure mode is due again."""
    return service.people.training(person_id)


def _need_id(name: str) -> None:
    if not id_of(name):
        raise unreadable("#/name", f"'{name}' gives no id; use at least one letter or digit")


def _need_team(body: NewPerson, service: Parts) -> None:
    teams = [team.id for team in service.people.teams()]
    if body.team is not None and body.team not in teams:
        raise unreadable("#/team", f"there is {unknown('team', body.team, teams)}")
