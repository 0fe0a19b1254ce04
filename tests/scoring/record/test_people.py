"""People, teams, and what each person has practised, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from scoring.errors import ScoringError
from scoring.record.history import History
from scoring.record.people import NoSuchPerson, People, Team
from scoring.record.store import Store
from scoring.training import Person

from .conftest import PLAYBOOK, START, drill, event, truth


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
        ("three", "network/dns-failure", 40, 75.0, "S", ("Bob",)),
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


def test_a_control_drill_is_no_practice_of_the_mode_that_it_is_the_control_of(
    engine: Engine, people: People, kept_card
) -> None:
    history = History(engine)
    for name, is_control, day in (("real", False, 0), ("silent", True, 5)):
        at = START + timedelta(days=day)
        ended = drill(name, started_at=at, ended_at=at + timedelta(hours=1), people=("Ann Lee",))
        history.keep(ended, truth(failure_mode="rate-limited", control=is_control), kept_card(name, 90.0))
    told = people.training("ann-lee")
    assert [(each.drill_id, each.kind) for each in told.drills] == [("silent", "control"), ("real", "live")]
    assert [(each.drills, each.last_drill) for each in told.practice] == [(1, "real")]
    assert told.due_at == START + timedelta(days=91)


def test_reviews_of_a_persons_drills_are_counted_once_for_each_drill(
    engine: Engine, store: Store, people: People, kept_card
) -> None:
    history = History(engine)
    for name, who in (("hers", "Ann Lee"), ("his", "Bob")):
        ended = drill(name, ended_at=START + timedelta(hours=1), people=(who,))
        store.create(ended, truth(), PLAYBOOK)
        reviews = [event("review.filed", after_s=60 * number, n=number) for number in (1, 2)]
        store.append(name, [event(), *reviews], START)
        history.keep(ended, truth(), kept_card(name, 90.0))
    told = people.training("ann-lee")
    assert (told.reviews, told.reviewed_at) == (1, START + timedelta(seconds=120))
    people.put_person("Cy")
    assert (people.training("cy").reviews, people.training("cy").reviewed_at) == (0, None)


def test_who_never_practised_is_due_first_then_who_did_longest_ago(engine: Engine, people: People, kept_card) -> None:
    history = History(engine)
    people.put_team("Blue")
    people.put_person("Cy", team="blue")
    for name, who, day, verdict in (("a", "Ann", 3, "scored"), ("b", "Bob", 1, "scored"), ("c", "Bob", 9, "aborted")):
        at = START + timedelta(days=day)
        ended = drill(name, started_at=at, ended_at=at + timedelta(hours=1), people=(who,))
        card = kept_card(name, 80.0 if verdict == "scored" else None, verdict=verdict)
        history.keep(ended, truth(failure_mode="rate-limited"), card)
    assert [(each.person.id, each.drills, each.due_at) for each in people.due()] == [
        ("cy", 0, None),
        ("bob", 1, START + timedelta(days=1 + 91)),
        ("ann", 1, START + timedelta(days=3 + 91)),
    ]
    assert [each.person.id for each in people.due(team="blue")] == ["cy"]
    assert [each.person.id for each in people.due(limit=1)] == ["cy"]
