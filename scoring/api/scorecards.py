"""What a drill is worth, so far or in the end."""

from fastapi import APIRouter, Response

from scoring.api.bodies import DrillInPath
from scoring.api.parts import Reader, Service
from scoring.api.reading import StrictRoute
from scoring.api.withheld import need_truth
from scoring.scorecard import Scorecard

router = APIRouter(prefix="/api/v1/drills", tags=["scorecards"], route_class=StrictRoute)


@router.get("/{drill_id}/scorecard", response_model=Scorecard, summary="Read a scorecard")
def get_scorecard(drill_id: DrillInPath, service: Service, role: Reader) -> Response:
    """The scorecard so far; while the drill runs, for its facilitator only, as it tells what is wrong."""
    need_truth(role, service.store.drill(drill_id)[0], "the scorecard")
    return Response(service.boards.scorecard(drill_id).to_json(), media_type="application/json")
