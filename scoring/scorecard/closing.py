"""How an incident was ended: mitigation with what users were served meanwhile, and the close."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from scoring.playbook import Deadline, Level
from scoring.scorecard.all_clear import Served, is_recovered
from scoring.scorecard.finding import Finding, Part, listed, names, plain, together
from scoring.scorecard.mitigation import Mitigation
from scoring.scorecard.sla import Measure
from scoring.scorecard.updates import says
from scoring.story import Story
from scoring.timeline import Event


def mitigate(story: Story, ttm: Measure, mitigation: Mitigation) -> Finding:
    """(15 × grade of TTM + 5 × share of users' requests served from onset to mitigation) / 20.

    The grade of TTM alone where no requests were recorded. Not assessed when TTM is censored.
    """
    if ttm.grade is None:
        return Finding(None, ttm.why)
    parts = [Part(15, Finding(ttm.grade, ttm.why, ttm.events))]
    requests, failed = requests_until(story, mitigation)
    if requests:
        served = max(0.0, 1 - failed / requests)
        why = f"{failed:,} of {requests:,} requests failed from onset to mitigation"
        parts.append(Part(5, Finding(served, why, names(story.onset or story.injected))))
    return together(parts)


def requests_until(story: Story, mitigation: Mitigation) -> tuple[int, int]:
    """(requests, failures) of the windows that began from onset to mitigation, else to the drill's end."""
    if story.onset_at is None:
        return 0, 0
    return story.load.served_between(story.onset_at, mitigation.served_from or story.ended_at)


def close(
    story: Story, expected: Level, mitigation: Mitigation, resolved: Event | None, *, is_censored: bool
) -> Finding:
    """0.5 for resolving only after the verification window had held, 0.5 for what has to be handed in afterwards.

    Not assessed when nobody resolved it and the drill ended before somebody had to.
    """
    claims = story.since_begin("incident.resolved")
    if not claims and is_censored:
        return Finding(None, story.not_yet("resolve the incident"))
    began = story.page or story.onset or story.injected
    return together(
        [
            Part(0.5, _resolved(story, claims, mitigation, resolved, began)),
            Part(0.5, _review(story, expected, resolved or next(iter(claims), None), began)),
        ]
    )


def _resolved(
    story: Story, claims: list[Event], mitigation: Mitigation, resolved: Event | None, began: Event | None
) -> Finding:
    """The first claim decides: a false all-clear cannot be taken back."""
    if not claims:
        return Finding(0.0, "the incident was never resolved", names(began))
    first = claims[0]
    if not Served(story, mitigation).at(first.occurred_at):
        return Finding(0.0, "a false all-clear: it was called resolved while users were not served", names(first))
    if resolved is None or not is_recovered(story):
        return Finding(0.0, "a false all-clear: the cause was still there", names(first))
    slack = timedelta(seconds=story.windows[0].seconds if story.windows else 1.0)
    if mitigation.held_at is not None and first.occurred_at < mitigation.held_at - slack:
        return Finding(0.0, "it was called resolved before the verification window had held", names(first))
    return Finding(1.0, "it was resolved after the verification window had held", names(first))


def _review(story: Story, expected: Level, resolved: Event | None, began: Event | None) -> Finding:
    """The mean over the expected level's deadlines of the share of their parts that were filed in time.

    Deadlines run from the resolution, else from the drill's end, and may lie after the drill. While one is still to
    come, the first is judged by what was filed, if anything was, and a later one once it is complete.
    """
    from_at = resolved.occurred_at if resolved else story.ended_at
    filed = [e for e in story.by_kind.get("review.filed", ()) if story.begin_at and e.occurred_at >= story.begin_at]
    known_until = max([story.ended_at, *(event.occurred_at for event in filed[-1:])])
    findings: list[Finding] = []
    for deadline in story.playbook.review.asked_of(expected.id):
        due_at = story.later(from_at, deadline.due.value)
        is_open = known_until < due_at and (bool(findings) or not filed)
        findings.append(_deadline(deadline, due_at, filed, resolved or began, is_open=is_open))
    return together([Part(1, finding) for finding in findings])


def _deadline(
    deadline: Deadline, due_at: datetime, filed: list[Event], resolved: Event | None, *, is_open: bool
) -> Finding:
    what = deadline.title.rstrip(".")
    in_time = [event for event in filed if event.occurred_at <= due_at]
    present = {part for event in in_time for part in _parts(event)}
    missing = [part for part in deadline.parts.value if plain(part) not in present]
    if not missing:
        return Finding(1.0, f"{what} was filed in time with all its parts", names(*in_time))
    if is_open:
        return Finding(None, "")
    if in_time:
        lacks = listed(part.replace("_", " ") for part in missing)
        return Finding(1 - len(missing) / len(deadline.parts.value), f"{what} lacks {lacks}", names(*in_time))
    if filed:
        return Finding(0.0, f"{what} was filed too late", names(*filed))
    return Finding(0.0, f"{what} was not filed", names(resolved))


def _parts(event: Event) -> Iterable[str]:
    """The parts that a filed review has: `parts` names them, or holds a text for each."""
    parts = event.data.get("parts")
    if isinstance(parts, dict):
        return (plain(name) for name, text in parts.items() if says(text))
    return (plain(name) for name in parts if isinstance(name, str)) if isinstance(parts, list) else ()
