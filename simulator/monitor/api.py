"""The HTTP API under Prometheus' paths, with its answers and its errors."""

import math
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import web

from simulator.errors import GamedayError
from simulator.monitor import shapes
from simulator.monitor.durations import format_duration, parse_duration
from simulator.monitor.engine import Engine
from simulator.monitor.errors import BadQuery, QueryFailed
from simulator.monitor.notify import timestamp
from simulator.monitor.promql.evaluate import Moment, evaluate, over_steps
from simulator.monitor.promql.plan import Instant, Matcher, kind_of
from simulator.monitor.promql.read import read
from simulator.monitor.selfmetrics import exposition
from simulator.monitor.storage import Series

LONGEST_RANGE = 11_000
"""Points per series that a range query may ask for, as in Prometheus."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Reply = Callable[["Parameters"], Any]


class Parameters:
    """The query's and the form's parameters together. Readers raise BadQuery for what cannot be read."""

    def __init__(self, values: dict[str, list[str]], path: dict[str, str], now_ms: int) -> None:
        self._values, self.path, self.now_ms = values, path, now_ms

    def text(self, name: str) -> str:
        return self._values.get(name, [""])[0]

    def texts(self, name: str) -> list[str]:
        return self._values.get(name, []) + self._values.get(f"{name}[]", [])

    def instant_ms(self, name: str, default_ms: int | None = None) -> int:
        """A Unix time in seconds or RFC 3339, as milliseconds."""
        text = self.text(name)
        if not text and default_ms is not None:
            return default_ms
        try:
            return math.floor(float(text) * 1000 + 0.5)
        except (ValueError, OverflowError):
            pass
        try:
            at = datetime.fromisoformat(text)
        except ValueError as error:
            raise BadQuery(f'invalid parameter "{name}": cannot parse {text!r} to a valid timestamp') from error
        return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)

    def step_ms(self, name: str) -> int:
        """A positive duration, as seconds or as `15s`, in milliseconds."""
        text = self.text(name)
        try:
            step_ms = round(float(text) * 1000) if text.replace(".", "", 1).isdigit() else parse_duration(text)
        except ValueError as error:
            raise BadQuery(f'invalid parameter "{name}": cannot parse {text!r} to a valid duration') from error
        if step_ms <= 0:
            raise BadQuery(f'invalid parameter "{name}": zero or negative query resolution step widths')
        return step_ms


class Api:
    """The handlers, over one engine. `reload` reads the rule files anew; None: it may not be asked for."""

    def __init__(self, engine: Engine, reload: Callable[[], None] | None = None) -> None:
        self._engine = engine
        self._reload = reload
        self._started_ms = _now_ms()

    def app(self) -> web.Application:
        """All routes. Answers that are data come as `{"status": "success", "data": …}`."""
        app = web.Application()
        replies: dict[str, Reply] = {
            "query": self._query,
            "query_range": self._query_range,
            "series": self._series,
            "labels": self._labels,
            "label/{name}/values": self._label_values,
            "alerts": self._alerts,
            "rules": self._rules,
            "targets": self._targets,
            "alertmanagers": self._alertmanagers,
            "status/config": lambda _: {"yaml": self._engine.config.text},
            "status/buildinfo": lambda _: {"version": "gameday", "revision": "", "branch": "", "goVersion": ""},
            "status/runtimeinfo": self._runtime,
        }
        for path, reply in replies.items():
            for method in ("GET", "POST"):
                app.router.add_route(method, f"/api/v1/{path}", _answering(reply))
        app.router.add_get("/-/healthy", _saying(lambda: "The monitor is healthy.\n"))
        app.router.add_get("/-/ready", _saying(lambda: "The monitor is ready.\n"))
        for method in ("POST", "PUT"):
            app.router.add_route(method, "/-/reload", self._reloading)
        app.router.add_get("/metrics", _saying(lambda: exposition(self._engine)))
        return app

    async def _reloading(self, request: web.Request) -> web.Response:
        if self._reload is None:
            return web.Response(status=403, text="Lifecycle API is not enabled.\n")
        try:
            self._reload()
        except GamedayError as error:
            return web.Response(status=500, text=f"failed to reload config: {error}\n")
        return web.Response()

    def _moment(self, at_ms: int) -> Moment:
        return Moment.instant(
            self._engine.storage,
            at_ms,
            lookback_ms=self._engine.settings.lookback_ms,
            step_ms=self._engine.config.evaluation_interval_ms,
        )

    def _query(self, given: Parameters) -> Any:
        plan = read(given.text("query"))
        at_ms = given.instant_ms("time", given.now_ms)
        return shapes.instant_result(evaluate(plan, self._moment(at_ms)), kind_of(plan), at_ms)

    def _query_range(self, given: Parameters) -> Any:
        start_ms, end_ms = given.instant_ms("start"), given.instant_ms("end")
        if end_ms < start_ms:
            raise BadQuery('invalid parameter "end": end timestamp must not be before start time')
        step_ms = given.step_ms("step")
        if (end_ms - start_ms) // step_ms > LONGEST_RANGE:
            raise BadQuery(f"exceeded maximum resolution of {LONGEST_RANGE} points per timeseries")
        plan = read(given.text("query"))
        if kind_of(plan) not in ("vector", "scalar"):
            raise BadQuery(
                f'invalid expression type "{kind_of(plan)}" for range query, must be Scalar or instant Vector'
            )
        base = self._moment(start_ms)
        moment = Moment(base.source, start_ms, base.lookback_ms, base.step_ms, start_ms, end_ms)
        return shapes.range_result(over_steps(plan, moment, step_ms))

    def _matching(self, given: Parameters, *, needs_match: bool) -> list[Series]:
        asked = [_matchers(text) for text in given.texts("match")]
        if not asked and needs_match:
            raise BadQuery("no match[] parameter provided")
        start_ms = given.instant_ms("start", 0)
        end_ms = given.instant_ms("end", given.now_ms)
        groups = [self._engine.storage.select(matchers) for matchers in asked or [()]]
        unique = {series.labels: series for group in groups for series in group}
        return [series for series in unique.values() if series.between(start_ms - 1, end_ms)[0]]

    def _series(self, given: Parameters) -> Any:
        return [dict(series.labels) for series in self._matching(given, needs_match=True)]

    def _labels(self, given: Parameters) -> Any:
        return sorted({name for s in self._matching(given, needs_match=False) for name, _ in s.labels})

    def _label_values(self, given: Parameters) -> Any:
        wanted = given.path["name"]
        found = self._matching(given, needs_match=False)
        return sorted({value for s in found for name, value in s.labels if name == wanted})

    def _alerts(self, given: Parameters) -> Any:
        states = [rule.alerts for group in self._engine.groups for rule in group.rules if rule.alerts]
        return {"alerts": [shapes.alert_shape(alert) for alerts in states for alert in alerts.active()]}

    def _rules(self, given: Parameters) -> Any:
        kind = given.text("type")
        if kind not in ("", "alert", "record"):
            raise BadQuery(f"not supported value {kind!r} of the parameter type; use alert or record")
        return {"groups": [shapes.group_shape(group, kind) for group in self._engine.groups]}

    def _targets(self, given: Parameters) -> Any:
        state = given.text("state") or "any"
        pools = self._engine.pools
        active = [shapes.target_shape(pool, entry) for pool in pools for entry in pool.active.values()]
        dropped = [{"discoveredLabels": dict(item.discovered)} for pool in pools for item in pool.dropped]
        return {
            "activeTargets": active if state != "dropped" else [],
            "droppedTargets": dropped if state != "active" else [],
        }

    def _alertmanagers(self, given: Parameters) -> Any:
        urls = [{"url": f"{receiver.url}/api/v2/alerts"} for receiver in self._engine.notifier.receivers]
        return {"activeAlertmanagers": urls, "droppedAlertmanagers": []}

    def _runtime(self, given: Parameters) -> Any:
        settings = self._engine.settings
        return {
            "startTime": timestamp(self._started_ms),
            "reloadConfigSuccess": True,
            "timeSeriesCount": len(self._engine.storage),
            "storageRetention": format_duration(settings.retention_ms),
        }


def _answering(reply: Reply) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        values: dict[str, list[str]] = {}
        form = await request.post() if request.method == "POST" else {}
        for name, value in (*request.query.items(), *form.items()):
            values.setdefault(name, []).append(str(value))
        try:
            data = reply(Parameters(values, dict(request.match_info), _now_ms()))
        except BadQuery as error:
            return _error(400, "bad_data", str(error))
        except QueryFailed as error:
            return _error(422, "execution", str(error))
        return _json(200, {"status": "success", "data": data})

    return handle


def _saying(text: Callable[[], str]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return web.Response(text=text())

    return handle


def _error(status: int, kind: str, message: str) -> web.Response:
    return _json(status, {"status": "error", "errorType": kind, "error": message})


def _json(status: int, body: dict[str, Any]) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")


def _matchers(text: str) -> tuple[Matcher, ...]:
    plan = read(text)
    if not isinstance(plan, Instant):
        raise BadQuery(f"{text} is not a series selector")
    return plan.matchers


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
