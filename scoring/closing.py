"""How an incident was ended: mitigation with what users were served meanwhile, and the close."""

from datetime import timedelta

from scoring.finding import Finding, Part, names, together
from scoring.mitigation import Mitigation
from scoring.sla import Measure, is_recovered
from scoring.story import Story
from scoring.timeline import Event


def mitigate(story: Story, ttm: Measure, mitigation: Mitigation) -> Finding:
    """Grade of TTM × 15 + 5 × share of users' requests served from onset to mitigation, of 20."""
    if ttm.grade is None:
        return Finding(None, ttm.why)
    parts = [Part(15, Finding(ttm.grade, ttm.why, ttm.events))]
    requests, failed = requests_until(story, mitigation)
    if requests:
        served = 1 - failed / requests
        parts.append(Part(5, Finding(served, f"{failed} of {requests} requests failed from onset to mitigation")))
    return together(parts)


def requests_until(story: Story, mitigation: Mitigation) -> tuple[int, int]:
    """(requests, failures) of the windows that began from onset to mitigation, else to the drill's end."""
    if story.onset_at is None:
        return 0, 0
    end = mitigation.started_at or story.ended_at
    between = [w for w in story.windows if story.onset_at <= w.at < end]
    return sum(w.requests for w in between), sum(w.failures for w in between)


def close(story: Story, mitigation: Mitigation, resolved: Event | None, *, is_censored: bool) -> Finding:
    """Half for resolving only after the verification window had held, half for the review.

    The review is worth the share of its required parts, if it came in time; it may come after the drill.
    """
    claims = story.since_begin("incident.resolved")
    if not claims and is_censored:
        return Finding(None, "the drill ended before the incident had to be resolved")
    return together(
        [
            Part(0.5, _resolved(story, claims, mitigation, resolved)),
            Part(0.5, _review(story, resolved or next(iter(claims), None))),
        ]
    )


def _resolved(story: Story, claims: list[Event], mitigation: Mitigation, resolved: Event | None) -> Finding:
    if not claims:
        return Finding(0.0, "the incident was never resolved")
    first = claims[0]
    if mitigation.started_at is None or first.occurred_at < mitigation.started_at:
        return Finding(0.0, "a false all-clear: it was called resolved while users were not served", names(first))
    if resolved is None:
        why = "a false all-clear: the cause was still there" if not is_recovered(story) else "the claim was false"
        return Finding(0.0, why, names(first))
    slack = timedelta(seconds=story.windows[0].seconds if story.windows else 1.0)
    if mitigation.held_at is not None and first.occurred_at < mitigation.held_at - slack:
        return Finding(0.0, "it was called resolved before the verification window had held", names(first))
    return Finding(1.0, "it was resolved after the verification window had held", names(first))


def _review(story: Story, resolved: Event | None) -> Finding:
    review = story.playbook.review
    from_at = resolved.occurred_at if resolved else story.ended_at
    due_at = story.later(from_at, review.due.value)
    filed = [e for e in story.by_kind.get("review.filed", ()) if e.occurred_at <= due_at]
    if filed:
        last = filed[-1]
        parts = last.data.get("parts")
        missing = [part for part in review.parts.value if not (isinstance(parts, dict) and parts.get(part))]
        if not missing:
            return Finding(1.0, "the review was filed in time with all its parts", names(last))
        why = f"the review lacks {', '.join(part.replace('_', ' ') for part in missing)}"
        return Finding(1 - len(missing) / len(review.parts.value), why, names(last))
    late = story.by_kind.get("review.filed", ())
    if late:
        return Finding(0.0, "the review was filed too late", names(*late))
    if story.ended_at < due_at:
        return Finding(None, "")
    return Finding(0.0, "no review was filed")
