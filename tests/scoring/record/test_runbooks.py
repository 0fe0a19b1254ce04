"""Runbooks that a drill carries: the last ones that were given, in their order. On both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from scoring.desk.runbooks import Runbook
from scoring.record.errors import NoSuchDrill
from scoring.record.runbooks import NoSuchRunbook, Runbooks, Shelved
from scoring.record.store import Store

from .conftest import PLAYBOOK, drill, truth

DISK = Runbook(address="books/disk.md", text="# The disk is full\n\nLook at it.\n")
POOL = Runbook(address="books/pool.md", text="## Mitigate\n")


@pytest.fixture
def runbooks(store: Store, engine: Engine) -> Runbooks:
    return Runbooks(engine)


def test_they_are_listed_in_their_order_and_read_word_for_word(runbooks: Runbooks) -> None:
    runbooks.put("d", [DISK, POOL])
    told = [Shelved(1, "books/disk.md", "The disk is full"), Shelved(2, "books/pool.md", "books/pool.md")]
    assert runbooks.shelf("d") == told
    assert [runbooks.read("d", number) for number in (1, 2)] == [DISK, POOL]
    assert runbooks.all("d") == [DISK, POOL]


def test_those_that_are_given_last_are_there(runbooks: Runbooks) -> None:
    for books in ([DISK, POOL], [DISK, POOL], [POOL]):
        runbooks.put("d", books)
    assert runbooks.all("d") == [POOL]
    runbooks.put("d", [])
    assert runbooks.shelf("d") == []


def test_each_drill_has_its_own(runbooks: Runbooks, store: Store) -> None:
    store.create(drill("e"), truth(), PLAYBOOK)
    runbooks.put("d", [DISK])
    runbooks.put("e", [POOL])
    assert (runbooks.all("d"), runbooks.all("e")) == ([DISK], [POOL])


def test_of_several_who_give_at_once_one_is_whole(runbooks: Runbooks) -> None:
    given = [[Runbook(address=f"{name}/{number}", text=name) for number in range(9)] for name in "abcdefgh"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda books: runbooks.put("d", books), given))
    assert runbooks.all("d") in given


def test_what_is_not_there_is_named(runbooks: Runbooks) -> None:
    with pytest.raises(NoSuchRunbook, match="drill 'd' has no runbook 1"):
        runbooks.read("d", 1)
    for ask in (runbooks.shelf, lambda drill_id: runbooks.read(drill_id, 1), lambda name: runbooks.put(name, [DISK])):
        with pytest.raises(NoSuchDrill, match="'nowhere'"):
            ask("nowhere")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# The *disk* is `full`\n", "The disk is full"),
        ("before\n\nThe disk\nis full\n========\n", "The disk is full"),
        ("# [The disk](https://example.org)\n", "The disk"),
        ("# <b>bold</b>\n", "<b>bold</b>"),
        ("```\n# no heading\n```\n## Nor this\n", "a.md"),
        ("#\n", "a.md"),
        ("", "a.md"),
        (f"# {'x' * 500}\n", "x" * 200),
    ],
)
def test_the_title_is_the_first_heading(text: str, title: str) -> None:
    assert Runbook(address="a.md", text=text).title == title
