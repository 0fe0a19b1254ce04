"""What a drill is worth, so far or in the end."""

from fastapi import APIRouter, Response

from scoring.api.answers import SeverityMoment, SeverityOverTime
from scoring.api.bodies import DrillInPath
from scoring.api.known import read_playbook
from scoring.api.parts import Reader, Service
from scoring.api.reading import StrictRoute
from scoring.api.withheld import need_truth
from scoring.scorecard import Scorecard
from scoring.scorecard.severity import severity_over_time
from scoring.story import read_story

router = APIRouter(prefix="/api/v1/drills", tags=["scorecards"], route_class=StrictRoute)


@router.get("/{drill_id}/scorecard", response_model=Scorecard, summary="Read a scorecard")
def get_scorecard(drill_id: DrillInPath, service: Service, role: Reader) -> Response:
    """The scorecard so far; while the drill runs, for its facilitator only, as it tells what is wrong."""
    need_truth(role, service.store.drill(drill_id)[0], "the scorecard")
    return Response(service.boards.scorecard(drill_id).to_json(), media_type="application/json")


@router.get("/{drill_id}/severity", summary="Read the severity at each moment")
def get_severity(drill_id: DrillInPath, service: Service, role: Reader) -> SeverityOverTime:
    """What users met, moment by moment, as the playbook's criteria have it; withheld as the scorecard is."""
    need_truth(role, service.store.drill(drill_id)[0], "the severity")
    book = read_playbook(service.store.playbook_text(drill_id))
    moments = severity_over_time(read_story(service.store.timeline(drill_id), book))
    return SeverityOverTime(
        moments=[SeverityMoment(from_at=at, level=level) for at, level in moments],
        expected=service.boards.scorecard(drill_id).expected_severity,
    )
