"""What the desk makes of events: which page counts, what is acknowledged, who holds which role."""

from collections.abc import Callable
from typing import Any

from desk_told import alert

Tell = Callable[..., Any]


def test_the_page_is_the_first_alert_with_its_runbook(tell: Tell) -> None:
    desk = tell(
        (5, "alert.firing", alert(summary="slots are taken", runbook_url="runbook.md")), (6, "alert.firing", alert("B"))
    ).desk(7)
    assert (desk.page.title, desk.page.text, desk.page.runbook) == ("HighErrorRate", "slots are taken", "runbook.md")
    assert desk.to_acknowledge == ("HighErrorRate", "B")


def test_a_message_pages_too(tell: Tell) -> None:
    told = {"from": "the support desk", "to": ["responder"], "text": "Customers see errors."}
    desk = tell((5, "inject.delivered", told)).desk(6)
    assert (desk.page.title, desk.page.text) == ("a message from the support desk", "Customers see errors.")
    assert desk.injects[0].to == ("responder",)


def test_whoever_declares_without_a_page_is_paged_by_that(tell: Tell) -> None:
    desk = tell((5, "incident.declared", {"severity": "SEV-2", "by": "Ada"})).desk(6)
    assert desk.page.at == desk.declared.at
    assert desk.declared.severity == "SEV-2"


def test_noise_that_ended_long_before_is_not_the_page_of_what_comes_later(tell: Tell) -> None:
    noise = [
        (1, "alert.firing", alert("Noise")),
        (2, "incident.acknowledged", {"who": "Ada"}),
        (3, "alert.resolved", alert("Noise")),
    ]
    desk = tell(*noise, (60, "alert.firing", alert("Real"))).desk(61)
    assert desk.page.title == "Real"
    assert desk.acknowledged is None
    assert desk.to_acknowledge == ("Real",)


def test_an_alert_from_before_the_beginning_is_on_record_and_pages_nobody(tell: Tell) -> None:
    waiting = [(0, "clock.stopped", {"begun": False}), (1, "alert.firing", alert("Early"))]
    desk = tell(*waiting).desk(2)
    assert (desk.page, [each.name for each in desk.alerts]) == (None, ["Early"])
    begun = [*waiting, (3, "alert.resolved", alert("Early")), (4, "clock.started", {})]
    assert tell(*begun).desk(5).page is None
    desk = tell(*begun, (6, "alert.firing", alert("Real"))).desk(7)
    assert (desk.page.title, desk.to_acknowledge) == ("Real", ("Real",))


def test_a_clock_that_stops_in_the_middle_takes_no_page_away(tell: Tell) -> None:
    assert tell((1, "alert.firing", alert()), (2, "clock.stopped", {"reason": "lunch"})).desk(3).page is not None


def test_an_alert_that_flaps_is_one_page(tell: Tell) -> None:
    told = [(1, "alert.firing", alert()), (2, "incident.acknowledged", {"who": "Ada"}), (3, "alert.resolved", alert())]
    desk = tell(*told, (10, "alert.firing", alert())).desk(11)
    assert desk.page.at == tell().at(1)
    assert desk.acknowledged.by == "Ada"
    assert desk.to_acknowledge == ("HighErrorRate",)


def test_a_declared_incident_stays_the_same_however_long_it_is_silent(tell: Tell) -> None:
    told = [
        (1, "alert.firing", alert()),
        (2, "incident.declared", {"severity": "SEV-3"}),
        (3, "alert.resolved", alert()),
    ]
    assert tell(*told, (600, "alert.firing", alert("B"))).desk(601).page.title == "HighErrorRate"


def test_a_page_that_ended_by_itself_is_still_to_be_acknowledged(tell: Tell) -> None:
    desk = tell((1, "alert.firing", alert()), (2, "alert.resolved", alert())).desk(3)
    assert desk.to_acknowledge == ("HighErrorRate",)
    assert desk.alerts[0].until_at == tell().at(2)


def test_alerts_that_fire_stand_first(tell: Tell) -> None:
    desk = tell(
        (1, "alert.firing", alert("A")), (2, "alert.firing", alert("B")), (3, "alert.resolved", alert("B"))
    ).desk(4)
    assert [(each.name, each.until_at is None) for each in desk.alerts] == [("A", True), ("B", False)]


def test_the_last_to_be_named_holds_a_role_by_its_id_or_title(tell: Tell) -> None:
    told = [
        (1, "role.assigned", {"role": "Scribe", "who": "Bob"}),
        (2, "role.assigned", {"role": "scribe", "who": "Cy"}),
    ]
    roles = {
        role.id: role.who for role in tell(*told, (3, "role.assigned", {"role": "janitor", "who": "Di"})).desk(4).roles
    }
    assert roles["scribe"] == "Cy"
    assert "Di" not in roles.values()


def test_the_desk_never_holds_the_truth(tell: Tell) -> None:
    told = [
        (1, "fault.injected", {"activity": "zanzibar"}),
        (2, "oracle.checked", {"conditions": [{"name": "zanzibar"}]}),
        (3, "observation.noted", {"text": "zanzibar"}),
        (4, "inject.answered", {"text": "zanzibar"}),
        (5, "fault.ordered", {"failure_mode": "zanzibar"}),
        (6, "fault.reverted", {"activity": "zanzibar"}),
    ]
    assert "zanzibar" not in tell(*told).desk(7).model_dump_json()


def test_the_order_of_arrival_and_repeats_make_no_difference(tell: Tell) -> None:
    told = tell(
        (1, "alert.firing", alert()),
        (2, "incident.acknowledged", {"who": "Ada"}),
        (3, "incident.declared", {"severity": "SEV-2"}),
    )
    desk = told.desk(9)
    told.events = [*reversed(told.events), *told.events]
    assert told.desk(9) == desk
