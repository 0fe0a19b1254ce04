"""Pages of the runbooks that a drill carries: the list, those first that fire now, and each of them."""

from fastapi import APIRouter, Request, Response

from scoring.api.bodies import DrillInPath
from scoring.api.parts import Reader, Service
from scoring.api.runbooks import RunbookInPath
from scoring.api.sitting import sit
from scoring.console.runbook import as_html

router = APIRouter(prefix="/drills/{drill_id}/runbooks")


@router.get("")
def show_runbooks(drill_id: DrillInPath, request: Request, service: Service, role: Reader) -> Response:
    """The runbooks by title."""
    sitting = sit(request, service, drill_id, role)
    books = sorted(sitting.books.values(), key=lambda book: book.title.casefold())
    return sitting.show("runbooks.html", seat="runbooks", listed=books)


@router.get("/{number}")
def show_runbook(
    drill_id: DrillInPath, number: RunbookInPath, request: Request, service: Service, role: Reader
) -> Response:
    """One of them."""
    sitting = sit(request, service, drill_id, role)
    book = service.runbooks.read(drill_id, number)
    paths = {each.address: each.path for each in sitting.books.values()}
    return sitting.show(
        "runbook.html",
        seat="runbook",
        title=book.title,
        address=book.address,
        told=as_html(book.text, book.address, paths),
    )
