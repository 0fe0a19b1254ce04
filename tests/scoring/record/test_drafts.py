"""Reviews that were begun: the latest version of each, and nobody writes over another unseen. On both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from scoring.record.drafts import Draft, Drafts, SavedMeanwhile

from .conftest import START


@pytest.fixture
def drafts(engine: Engine) -> Drafts:
    return Drafts(engine)


def test_a_draft_is_saved_over_the_version_that_it_was_made_from(drafts: Drafts) -> None:
    assert drafts.read("d") is None
    first = drafts.save("d", {"part.timeline": ["so\nit went"]}, "Ada", START, 0)
    second = drafts.save("d", {"part.timeline": ["otherwise"]}, "Bob", START + timedelta(minutes=1), first.version)
    assert (first.version, second.version) == (1, 2)
    assert drafts.read("d") == second
    assert drafts.read("e") is None


def test_the_later_of_two_is_told_who_saved_meanwhile(drafts: Drafts) -> None:
    drafts.save("d", {"a": ["1"]}, "Ada", START, 0)
    with pytest.raises(SavedMeanwhile, match="Ada saved this review meanwhile, at 10:00:00 UTC") as told:
        drafts.save("d", {"a": ["2"]}, "Bob", START + timedelta(minutes=1), 0)
    assert told.value.draft.fields == {"a": ["1"]}
    assert drafts.read("d") == told.value.draft, "nothing was written over"
    assert drafts.save("d", {"a": ["2"]}, "Bob", START, told.value.draft.version).version == 2


def test_a_button_that_is_pressed_twice_saves_once(drafts: Drafts) -> None:
    first = drafts.save("d", {"a": ["1"]}, "Ada", START, 0)
    assert drafts.save("d", {"a": ["1"]}, "Ada", START + timedelta(seconds=1), 0) == first


def test_of_many_who_save_at_once_one_succeeds(drafts: Drafts) -> None:
    def save(number: int) -> bool:
        try:
            drafts.save("d", {"a": [str(number)]}, f"person {number}", START, 0)
        except SavedMeanwhile:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(save, range(8))) == 1
    kept = drafts.read("d")
    assert kept is not None
    assert kept.version == 1


def test_a_draft_of_another_record_stands_if_it_is_later(drafts: Drafts) -> None:
    for minute, version in ((5, 3), (4, 9)):
        drafts.take_over(Draft("d", version, {"a": [str(minute)]}, "Ada", START + timedelta(minutes=minute)))
    assert [(draft.version, draft.fields) for draft in drafts.all()] == [(3, {"a": ["5"]})]
