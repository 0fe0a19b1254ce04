"""People, teams, and what each person has practised, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from scoring.errors import ScoringError
from scoring.record.history import History
from scoring.record.people import NoSuchPerson, People, Person, Team

from .conftest import START, drill, truth


@pytest.fixture
def people(engine: Engine) -> People:
    return People(engine)


def test_people_and_teams_are_kept_under_an_id_made_of_their_name(people: People) -> None:
    assert people.put_team("Blue Team") == Team("blue-team", "Blue Team")
    assert people.put_person("Ann Lee", team="blue-team") == Person("ann-lee", "Ann Lee", "blue-team")
    people.put_person("Zoë")
    people.put_person("Ann Lee-Smith", person_id="ann-lee", team="blue-team")
    assert people.teams() == [Team("blue-team", "Blue Team")]
    assert people.persons(team="blue-team") == [Person("ann-lee", "Ann Lee-Smith", "blue-team")]
    assert [each.id for each in people.persons(limit=1)] == ["ann-lee"]
    assert [each.id for each in people.persons(after="ann-lee")] == ["zoë"]
    people.remove_person("zoë")
    assert [each.id for each in people.persons()] == ["ann-lee"]


def test_a_name_without_a_letter_and_a_team_that_is_none_are_refused(people: People) -> None:
    with pytest.raises(ScoringError, match="gives no id"):
        people.put_person("!!")
    with pytest.raises(ScoringError, match="team: there is no team 'red'; add it first"):
        people.put_person("Ann", team="red")


def test_a_training_record_says_what_was_met_and_what_is_due(engine: Engine, people: People, kept_card) -> None:
    history = History(engine)
    played = [
        ("one", "rate-limited", 0, 61.0, "M", ("Ann Lee", "Bob")),
        ("two", "rate-limited", 30, 93.0, "P", ("ann-lee",)),
        ("three", "dns-failure", 40, 75.0, "S", ("Bob",)),
        ("four", "crash-loop", 50, None, None, ("Ann Lee",)),
    ]
    for name, mode, day, points, mark, who in played:
        at = START + timedelta(days=day)
        ended = drill(name, started_at=at, ended_at=at + timedelta(hours=1), people=who)
        verdict = "scored" if points else "inconclusive"
        history.keep(ended, truth(failure_mode=mode), kept_card(name, points, mark=mark, verdict=verdict))
    told = people.training("ann-lee")
    assert told.person == Person("ann-lee", "Ann Lee")
    assert [(each.drill_id, each.score, each.mark) for each in told.drills] == [
        ("four", None, None),
        ("two", 93.0, "P"),
        ("one", 61.0, "M"),
    ]
    [practice] = told.practice
    assert (practice.failure_mode, practice.drills, practice.last_drill) == ("rate-limited", 2, "two")
    assert practice.due_at == told.due_at == START + timedelta(days=30 + 91)
    assert told.not_met == ("crash-loop", "dns-failure")
    assert [each.failure_mode for each in people.training("bob").practice] == ["rate-limited", "dns-failure"]


def test_who_never_took_part_has_everything_to_meet(people: People) -> None:
    people.put_person("Cy")
    assert people.training("cy").due_at is None
    with pytest.raises(NoSuchPerson, match="no person 'dee'"):
        people.training("dee")
