"""The journal of new experiments, and what becomes of a process that cannot keep it."""

from contextlib import suppress

import httpx
import pytest

pytestmark = pytest.mark.parts

_ANSWERED = 'provider_requests_total{key="research",status="200"}'


def _create(app, **experiment):
    return app.client.post("/experiments", json=experiment)


def test_every_new_experiment_is_on_record(app, eventually):
    assert _create(app, name="on-record", parameters={"seed": 1, "depth": 2}).status_code == 201
    assert _create(app, name="bare").status_code == 201
    eventually(lambda: "on-record with depth, seed" in app.said() and "bare with no parameters" in app.said())


def test_release_1_2_0_ends_with_an_experiment_that_has_no_parameters(start_app):
    app = start_app(APP_VERSION="1.2.0")
    assert _create(app, name="tested", parameters={"seed": 1}).status_code == 201
    assert app.process.poll() is None
    with suppress(httpx.TransportError):
        _create(app, name="bare")  # the answer may still come
    assert app.process.wait(10) == 70
    assert "FATAL: the journal cannot be kept" in app.said()


def test_release_1_3_0_serves_once_the_provider_has_seen_the_whole_history(start_app, provider, metric):
    before = metric(provider, _ANSWERED)
    app = start_app(APP_VERSION="1.3.0")
    assert metric(provider, _ANSWERED) - before >= 300
    assert app.client.get("/experiments").status_code == 200
