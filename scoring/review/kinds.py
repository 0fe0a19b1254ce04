"""The parts that reviews have: what people call each, and what it wants to know."""

from dataclasses import dataclass

from scoring.scorecard.finding import plain


@dataclass(frozen=True)
class Kind:
    """A part by its title, and what it asks of those who write it."""

    title: str
    asks: str


_KINDS = {
    "action_items": Kind("Action items", "What is to be done, by whom, until when?"),
    "alert_review": Kind("Alerts", "Did the right alerts fire, in time, and no others?"),
    "blameless_review": Kind(
        "Blameless review", "What in the system, the tools or the process made each step seem right?"
    ),
    "detection": Kind("Detection", "How was it noticed, could it have been sooner, and were the right people paged?"),
    "evidence": Kind("Evidence", "Where are the logs, figures and settings of that time kept?"),
    "impact": Kind("Impact", "Who could not do what, how many, and for how long?"),
    "improvements": Kind("Immediate improvements", "What can be made better today?"),
    "incident_report": Kind("Incident report", "What would somebody who was not there have to know?"),
    "learnings": Kind("Learnings", "What is told to the other teams, and where?"),
    "lessons": Kind("Lessons learned", "What do you know now that you did not know before?"),
    "prevention": Kind(
        "Prevention", "What keeps it from happening again: in the system, its monitoring, how you work?"
    ),
    "resolution": Kind("Resolution", "What mended it?"),
    "resolution_notice": Kind("Resolution notice", "What were users told when it was over?"),
    "response": Kind("Response", "Was it quick enough, did the runbook help, and what held it up?"),
    "restoration": Kind("Restoration", "By what was it seen that everything is back?"),
    "review_meeting": Kind("Review meeting", "When and where is it, and who comes?"),
    "root_cause": Kind("Root cause", "Why did it happen, and why could it? Ask why until no answer is left."),
    "runbook_updates": Kind("Runbook updates", "Where was the runbook wrong, slow or silent, and who mends it?"),
    "stakeholder_summary": Kind("Summary for stakeholders", "What happened, in words for those who do not run it?"),
    "stakeholders": Kind("Stakeholders told", "Who was told that it is over?"),
    "timeline": Kind(
        "Timeline", "What happened when, and who did it? Add what no machine saw, strike what nobody needs."
    ),
    "went_badly": Kind("What did not go well", "What cost time, or went well by luck alone?"),
    "went_well": Kind("What went well", "What is to be kept as it is?"),
}


def kind_of(part_id: str) -> Kind:
    """The kind of a part; of one that only its own playbook knows, the title alone."""
    words = plain(part_id)
    return _KINDS.get(words.replace(" ", "_")) or Kind(f"{words[:1].upper()}{words[1:]}", "")
