"""`gameday training`: what a person has practised, against what the documents ask for."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.asked import AsJson, Database
from scoring.cli.history import take_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.training import Due, Person, TrainingRecord
    from scoring.training.requirements import RequirementCard

app = typer.Typer()


def complete_person(incomplete: str) -> list[str]:
    """Names of those who are on record here."""
    from scoring.cli.databases import LASTING, opened
    from scoring.errors import ScoringError
    from scoring.record.people import People

    try:
        with opened(str(LASTING), is_made=False) as place:
            return [each.person.name for each in People(place.engine).due() if each.person.name.startswith(incomplete)]
    except ScoringError:  # a shell that waits for names is no place for an error
        return []


@app.command(
    rich_help_panel="Scoring", epilog="Examples:  gameday training   |   gameday training ada   |   ... ada --json"
)
def training(
    person: Annotated[
        str | None,
        typer.Argument(
            help="A person's id or name (default: everybody).", metavar="PERSON", autocompletion=complete_person
        ),
    ] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """What a person has practised, how it went, what is due again, and what the documents ask for.

    Without a name, when everybody is due to practise.
    """
    from scoring.cli.databases import LASTING, opened
    from scoring.cli.showing import print_json
    from scoring.record.people import People, id_of
    from scoring.training.requirements import requirements

    take_in(database)
    now = datetime.now(UTC)
    with opened(database or str(LASTING), is_made=database is None) as place:
        people = People(place.engine)
        if person is None:
            due = people.due()
            print_json({"people": due}) if as_json else _show_everybody(due, now)
            return
        record = people.training(id_of(person))
    asked = requirements(record, now)
    if as_json:
        print_json({**vars(record), "requirements": asked})
    else:
        _show_record(record, asked, now)


def training_of(name: str, database: str | None) -> "TrainingRecord":
    """The record of whoever has that name, an empty one for somebody new; what runs left behind is taken in first.

    Raises ServiceError for a database that cannot be opened.
    """
    from scoring.cli.databases import LASTING, opened
    from scoring.record.people import NoSuchPerson, People, id_of
    from scoring.training import Person, TrainingRecord

    take_in(database)
    with opened(database or str(LASTING), is_made=True) as place:
        try:
            return People(place.engine).training(id_of(name))
        except NoSuchPerson:
            return TrainingRecord(Person(id_of(name), name), (), (), None, ())


def _show_everybody(due: "Sequence[Due]", now: datetime) -> None:
    from scoring.cli.showing import print_table, written
    from scoring.training import state_of

    if not due:
        typer.echo("nobody is known yet; whoever is named in a drill is, once it has ended")
        return
    rows = [
        (
            _told(each.person),
            each.person.team or "",
            str(each.drills),
            written(each.last_at) or "never",
            written(each.due_at) or "now",
            state_of(each.due_at, now),
        )
        for each in due
    ]
    print_table(("person", "team", "drills", "last", "due", "state"), rows)


def _show_record(record: "TrainingRecord", asked: "Sequence[RequirementCard]", now: datetime) -> None:
    from scoring.cli.showing import emphasised, print_table, written
    from scoring.training import state_of

    due = written(record.due_at)
    played = f"{len(record.drills)} drill{'s' * (len(record.drills) != 1)}"
    typer.echo(f"{record.person.name}: {played}, the next due {due or 'now'}")
    typer.echo()
    sources = dict.fromkeys(each.source for each in asked)
    typer.echo(emphasised(f"What is asked of who is on call ({', '.join(sources)})"))
    for each in asked:
        typer.echo(f"  {each.state.replace('_', ' '):<8}  {each.text}: {each.why}")
    if record.practice:
        typer.echo()
        rows = [
            (
                p.failure_mode,
                str(p.drills),
                written(p.last_at) or "",
                _score(p.last_score),
                p.last_mark or "–",
                written(p.due_at) or "",
                state_of(p.due_at, now),
            )
            for p in record.practice
        ]
        print_table(("failure mode", "drills", "last", "score", "mark", "due again", "state"), rows)
    if record.not_met:
        typer.echo(f"not met yet: {', '.join(record.not_met)}")


def _told(person: "Person") -> str:
    return person.name if person.name == person.id else f"{person.name} ({person.id})"


def _score(score: float | None) -> str:
    return "–" if score is None else f"{score:.1f}"
