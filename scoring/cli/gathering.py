"""Drills brought together in one lasting database, so that history reaches across runs.

Each run records into a database of its own, which nobody else writes and which goes with the run. What has ended there
is taken over, as it was, with the journal of its experiment, and what came to it since, such as a review; what is there
already is passed over, so this may be done at any time and by several at once.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from scoring.cli.databases import HOME, LASTING, Place, all_drills, known_databases, opened
from scoring.errors import ScoringError
from scoring.playbook.file import parse_playbook
from scoring.record.drafts import Drafts
from scoring.record.history import History
from scoring.record.items import Items
from scoring.record.runbooks import Runbooks
from scoring.record.store import NoSuchDrill
from scoring.review.items import action_items
from scoring.scorecard import score
from scoring.timeline import Truth

JOURNALS = HOME / "journals"


@dataclass(frozen=True)
class Gathered:
    """Drills that were new or had something new, and a sentence on what had to be left as it is."""

    new: tuple[str, ...]
    left: tuple[str, ...]


def gather(into: str | None = None) -> Gathered:
    """Take over what has ended in the runs of this folder, into `.gameday/scoring.db` or another database.

    Raises ServiceError for one that cannot be opened.
    """
    runs = [database for database in known_databases(None) if Path(database) != LASTING]
    new: list[str] = []
    left: list[str] = []
    if not runs:
        return Gathered((), ())
    with opened(into or str(LASTING), is_made=True) as lasting:
        for run in reversed(runs):
            try:
                with opened(run) as place:
                    _take_drafts(place, lasting)
                    new += [drill_id for drill_id in _ended(place, lasting) if _take_over(drill_id, place, lasting)]
            except (ScoringError, OSError) as error:
                left.append(f"{run}: what was played there is not in the history: {error}")
        left += remember(lasting, new)
    return Gathered(tuple(new), tuple(left))


def from_last_time(drill_ids: Iterable[str], into: str | None = None) -> list[str]:
    """What drills before these left open, a sentence each; of drills that have ended and were gathered."""
    found: dict[str, str] = {}
    today = datetime.now(UTC).date()
    with opened(into or str(LASTING)) as lasting:
        on_record = Items(lasting.engine)
        for drill_id in drill_ids:
            drill, truth, _ = lasting.store.drill(drill_id)
            for item in on_record.from_last_time(drill, truth.failure_mode) if drill.ended_at else ():
                found[item.id] = f"From the last time: {item.asked(today)}"
    return list(found.values())


def remember(place: Place, changed: Sequence[str] = ()) -> list[str]:
    """Take what has ended or `changed` since into a database's history; a sentence on each that cannot be taken in."""
    past = History(place.engine)
    left = []
    for drill_id in dict.fromkeys([*past.unkept(), *changed]):
        try:
            timeline = place.store.timeline(drill_id)
            book = parse_playbook(place.store.playbook_text(drill_id), f"the playbook of drill {drill_id}")
            past.keep(timeline.drill, timeline.truth or Truth(), score(timeline, book), action_items(timeline.events))
        except ScoringError as error:
            left.append(f"drill {drill_id} is not in the history: {error}")
    return left


def left_behind(drill_id: str) -> dict[str, bytes]:
    """Files of a drill's run by their names in an archive: the experiment as it was played, and its journal."""
    journal = next(_journals(drill_id), None)
    if journal is None:
        return {}
    text = journal.read_bytes()
    files = {"journal.json": text}
    try:
        experiment = orjson.loads(text).get("experiment")
    except (orjson.JSONDecodeError, AttributeError):
        return files
    return {**files, "experiment.json": orjson.dumps(experiment, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)}


def _ended(place: Place, lasting: Place) -> list[str]:
    """Drills that have ended and are not in the lasting database yet, or not all of them."""
    ended = [listed for listed in all_drills(place.store) if listed.drill.ended_at is not None]
    return [listed.drill.id for listed in ended if listed.events > _events_in(lasting, listed.drill.id)]


def _events_in(place: Place, drill_id: str) -> int:
    """How many events a database has of a drill; -1 if it does not know it."""
    try:
        return place.store.drill(drill_id)[2]
    except NoSuchDrill:
        return -1


def _take_over(drill_id: str, place: Place, lasting: Place) -> bool:
    is_new = lasting.store.restore(place.store.timeline(drill_id), place.store.playbook_text(drill_id), goes_on=True)
    if books := Runbooks(place.engine).all(drill_id):
        Runbooks(lasting.engine).put(drill_id, books)
    journal = Path(place.name).parent / drill_id / "journal.json"
    if journal.is_file():
        JOURNALS.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(journal, JOURNALS / f"{drill_id}.json")
    return is_new


def _take_drafts(place: Place, lasting: Place) -> None:
    """Reviews that were begun while the run's own service was there."""
    drafts = Drafts(lasting.engine)
    for draft in Drafts(place.engine).all():
        drafts.take_over(draft)


def _journals(drill_id: str) -> Iterator[Path]:
    yield from (path for path in [JOURNALS / f"{drill_id}.json"] if path.is_file())
    yield from (HOME / "runs").glob(f"*/{drill_id}/journal.json")
