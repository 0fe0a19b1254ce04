"""A drill as one signed file for the auditor, and back again."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from scoring.api.answers import Imported
from scoring.api.bodies import DrillInPath
from scoring.api.parts import Facilitator, Parts, Reader, Service
from scoring.api.problems import Problem
from scoring.api.withheld import need_truth
from scoring.record.archive import Archive, export_archive, import_archive, read_archive

router = APIRouter(prefix="/api/v1", tags=["archives"])

_ZIP = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}


@router.get(
    "/drills/{drill_id}/archive",
    response_class=Response,
    summary="Export a drill",
    responses={200: {"description": "The signed archive", "content": _ZIP}},
)
def export_drill(drill_id: DrillInPath, service: Service, role: Reader) -> Response:
    """Timeline, scorecard, playbook as it was, versions, and a signature over them; of a drill that has ended."""
    drill, _truth, _events = service.store.drill(drill_id)
    need_truth(role, drill, "the archive")
    if drill.ended_at is None:
        raise Problem(409, "Not yet", f"drill '{drill_id}' has not ended; end it first, so that its record is complete")
    if service.key is None:
        raise Problem(409, "No key", "this service has no key to sign with; start it with one")
    archive = export_archive(service.store, drill_id, service.key, {})
    headers = {"Content-Disposition": f'attachment; filename="{drill_id.replace(":", "_")}.zip"'}
    return Response(archive, media_type="application/zip", headers=headers)


@router.post(
    "/archives",
    status_code=201,
    response_model=Imported,
    summary="Import a drill",
    responses={200: {"description": "The very same drill is here already", "model": Imported}},
    openapi_extra={"requestBody": {"required": True, "content": _ZIP}},
)
async def import_drill(request: Request, service: Service, _: Facilitator, response: Response) -> Imported:
    """Takes in an archive as it was exported, its hashes and times of receipt too, once it is proven whole.

    Whether `signer`, the fingerprint of its key, is to be trusted is left to you.
    """
    said = request.headers.get("content-type", "")
    if said.partition(";")[0].strip().lower() != "application/zip":
        raise Problem(415, "Not in this format", f"the body is '{said}'; send application/zip")
    archive, is_new = await run_in_threadpool(_take_in, service, await request.body())
    response.status_code = 201 if is_new else 200
    return Imported(drill=archive.drill_id, signer=archive.signer, notes=list(archive.notes))


def _take_in(service: Parts, data: bytes) -> tuple[Archive, bool]:
    archive = read_archive(data)
    is_new = import_archive(service.store, archive)
    if is_new:
        service.keeper.keep(archive.drill_id)
    return archive, is_new
