"""The machine that makes usage reports: with its key, without, and while the API is away."""

import httpx
import pytest
from credentials import ON_CALL_KEY

pytestmark = pytest.mark.parts


@pytest.fixture
def start_reports(parts):
    def start(api_url, api_key=ON_CALL_KEY):
        env = {"API_URL": api_url, "API_KEY": api_key, "REPORT_EVERY": "0.1"}
        return parts.start("target_app", "usage-reports", port=8050, **env)

    return start


def _reads(part, outcome):
    def look():
        try:
            text = httpx.get(part.url + "/metrics").text
        except httpx.TransportError:
            return False
        return f'usage_reports_reads_total{{outcome="{outcome}"}}' in text

    return look


def test_experiments_are_counted_by_model(app, start_reports, eventually, metric):
    app.client.post("/experiments", json={"name": "reported", "model": "medium"})
    reports = start_reports(app.url)
    eventually(_reads(reports, "ok"))
    assert metric(reports, 'usage_reports_experiments{model="medium"}') >= 1
    assert httpx.get(reports.url + "/health").status_code == 200


def test_a_key_that_is_refused_makes_it_unready(app, start_reports, eventually):
    reports = start_reports(app.url, api_key="a key that was revoked")
    eventually(_reads(reports, "refused"))
    assert httpx.get(reports.url + "/health").status_code == 503


def test_an_api_that_is_away_does_not(start_reports, eventually):
    reports = start_reports("http://127.0.0.1:1")
    eventually(_reads(reports, "failed"))
    assert httpx.get(reports.url + "/health").status_code == 200
    assert reports.stop() == 0
