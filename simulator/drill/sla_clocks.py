"""The SLAs of a running drill for those who watch it: which clock has started, which has stopped."""

from datetime import datetime

from scoring.playbook import Level
from scoring.timeline import Event
from simulator.report.view import View

_STARTED_BY_PAGE = ("tta", "ttc")
_STARTED_BY_ONSET = ("ttd", "ttm", "ttr")
_STOPPED_BY = {
    "incident.acknowledged": ("tta",),
    "incident.declared": ("ttd", "ttc"),
    "impact.ended": ("ttm",),
    "incident.resolved": ("ttr",),
}


class SlaClocks:
    """Feeds a view with a level's SLAs. A preview: the verdict is scoring's, from the whole record.

    The onset is when users first suffer, and until then the injection. `impact.ended` stops the clock of mitigation
    until users suffer again.
    """

    def __init__(self, view: View, drill: str, level: Level, accepted_alerts: tuple[str, ...]) -> None:
        self._view = view
        self._drill = drill
        self._accepted = accepted_alerts
        sla = level.sla
        self._limits = {
            "ttd": sla.detect.value,
            "tta": sla.acknowledge.value,
            "ttc": sla.classify.value,
            "ttm": sla.mitigate.value,
            "ttr": sla.resolve.value,
        }
        self._started: dict[str, datetime] = {}
        self._stopped: dict[str, datetime] = {}
        self._is_felt = False
        for measure in self._limits:
            self._tell(measure)

    def see(self, event: Event) -> None:
        """Start and stop what this event starts and stops."""
        if event.kind == "impact.started" and not self._is_felt:
            self._is_felt = True
            for measure in set(_STARTED_BY_ONSET) - set(self._stopped):
                self._started.pop(measure, None)
        if event.kind in ("fault.injected", "impact.started"):
            self._start(_STARTED_BY_ONSET, event.occurred_at)
        if event.kind == "impact.started" and "ttm" in self._stopped:
            del self._stopped["ttm"]
            self._tell("ttm")
        if event.kind == "alert.firing" and event.alert_name in self._accepted:
            self._stop(("ttd",), event.occurred_at)
            self._start(_STARTED_BY_PAGE, event.occurred_at)
        self._stop(_STOPPED_BY.get(event.kind, ()), event.occurred_at)

    def _start(self, measures: tuple[str, ...], at: datetime) -> None:
        for measure in measures:
            if measure not in self._started:
                self._started[measure] = at
                self._tell(measure)

    def _stop(self, measures: tuple[str, ...], at: datetime) -> None:
        for measure in measures:
            if measure in self._started and measure not in self._stopped:
                self._stopped[measure] = at
                self._tell(measure)

    def _tell(self, measure: str) -> None:
        limit = self._limits[measure]
        self._view.sla(self._drill, measure, limit, self._started.get(measure), self._stopped.get(measure))
