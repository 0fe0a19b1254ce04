"""Alerts of a foreign Prometheus become what Prometheus itself would push."""

from simulator.drill.alert_relay import firing_alerts


def test_a_firing_alert_started_when_its_for_was_over() -> None:
    labels = {"alertname": "HighErrorRate"}
    alert = {"labels": labels, "annotations": {}, "state": "firing", "activeAt": "2026-01-05T10:00:00.123456789Z"}
    pending = {**alert, "labels": {"alertname": "Other"}, "state": "pending"}
    groups = [{"rules": [{"duration": 2.5, "alerts": [alert, pending]}, {"name": "a recording rule"}]}]
    (found,) = firing_alerts(groups).values()
    assert found == {"labels": labels, "annotations": {}, "startsAt": "2026-01-05T10:00:02.623456Z"}
