"""`gameday review`: scorecard and review of a drill as a document."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.asked import Database, complete_drill

if TYPE_CHECKING:
    from scoring.cli.databases import Place
    from scoring.publishing.document import Document

app = typer.Typer()


class Format(StrEnum):
    """What a review can be written as."""

    MARKDOWN = "md"
    HTML = "html"
    PDF = "pdf"


@app.command(
    rich_help_panel="Scoring",
    epilog="Examples:  gameday review DRILL   |   gameday review DRILL --format pdf   |   "
    "gameday review DRILL --out review.html",
)
def review(
    drill: Annotated[str, typer.Argument(help="A drill's id.", autocompletion=complete_drill, metavar="DRILL")],
    format: Annotated[  # noqa: A002 - as the option reads
        Format | None, typer.Option(help="As what (default: by the name of the file, else md).")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "--output", help="Where to; - prints it (default: md is printed).", metavar="FILE"),
    ] = None,
    database: Database = None,
) -> None:
    """Write scorecard and review of a drill that has ended: as it was filed, else as it was saved, else a draft.

    A draft is drawn from the timeline, in the parts of the playbook; it is edited on the page /drills/DRILL/review of
    'gameday serve'.
    """
    from scoring.cli.databases import holding

    with holding(drill, database) as place:
        document = _document(place, drill)
    write_document(document, f"review-{drill}", format, out)


def write_document(document: "Document", name: str, kind: Format | None, out: Path | None) -> None:
    """Print a document, or write it to a file that says so, else to one of that name."""
    from scoring.cli.showing import write_new

    kind = kind or _of_file(out)
    content = _written(document, kind)
    path = out or (None if kind is Format.MARKDOWN else Path(f"{name}.{kind}".replace(":", "-")))
    if path is None or str(path) == "-":
        typer.echo(content, nl=False)
        return
    write_new(path, content)
    typer.echo(path)


def _of_file(out: Path | None) -> Format:
    suffix = out.suffix.removeprefix(".") if out else ""
    return Format(suffix) if suffix in list(Format) else Format.MARKDOWN


def _document(place: "Place", drill_id: str) -> "Document":
    from scoring.cli.databases import LASTING, opened
    from scoring.errors import ScoringError
    from scoring.playbook.file import parse_playbook
    from scoring.record.reviews import under_review
    from scoring.scorecard import score

    timeline = place.store.timeline(drill_id)
    if timeline.drill.ended_at is None:
        raise ScoringError(f"drill '{drill_id}' still runs; its review can be written once it has ended")
    book = parse_playbook(place.store.playbook_text(drill_id), f"the playbook of drill {drill_id}")
    card = score(timeline, book)
    today = datetime.now(UTC).date()
    if LASTING.is_file() and place.name != str(LASTING):
        with opened(str(LASTING)) as past:
            document = under_review(place.engine, timeline, book, card, past.engine).document(today)
    else:
        document = under_review(place.engine, timeline, book, card).document(today)
    assert document is not None, "a drill with a scorecard has a document"
    return document


def _written(document: "Document", kind: Format) -> bytes:
    from scoring.publishing.html import render_html
    from scoring.publishing.markdown import render_markdown
    from scoring.publishing.pdf import render_pdf

    match kind:
        case Format.MARKDOWN:
            return render_markdown(document).encode()
        case Format.HTML:
            return render_html(document).encode()
        case Format.PDF:
            return render_pdf(document)
