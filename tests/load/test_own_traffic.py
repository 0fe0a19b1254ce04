"""Users that somebody else describes: a locustfile, an OpenAPI document that the app serves, a list of requests."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.parts

LOCUSTFILE = """
from locust import FastHttpUser, HttpUser, constant, task

class Greedy(HttpUser):
    wait_time = constant(0)

    @task
    def look(self):
        for _ in range(50):
            self.client.get("/pages", name="look")

class Astray(FastHttpUser):
    wait_time = constant(0.2)

    @task
    def leave(self):
        self.client.get("http://192.0.2.1/", name="away")
"""


def described(folder: Path, **traffic: Any) -> tuple[str, str]:
    (folder / "traffic.json").write_text(json.dumps(traffic))
    return "--traffic", str(folder / "traffic.json")


async def test_a_locustfile_is_measured_as_it_is_but_bounded_and_kept_on_this_machine(
    target: Any, offer_load: Any, tmp_path: Path
) -> None:
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)
    flags = described(tmp_path, locustfile=str(tmp_path / "locustfile.py"))
    async with offer_load("--users", "4", "--warm-up", "0", *flags) as load:
        await load.line()
        windows = (await load.windows(4))[1:]
        target.mode = "hanging"
        hung = (await load.windows(6))[-1]
    tasks = [window["tasks"] for window in windows]
    looks = sum(each["look"]["requests"] for each in tasks)
    assert 0 < looks <= 2 * 10 * len(windows) + 2, "two greedy users, ten requests a second each at the most"
    assert sum(each["look"]["failures"] for each in tasks) == 0
    assert sum(each["away"]["failures"] for each in tasks) == sum(each["away"]["requests"] for each in tasks) > 0
    assert sum(window["offered"] for window in windows) > 0
    assert (
        hung["tasks"].get("look", {"failures": 0})["failures"] == hung["tasks"].get("look", {"requests": 0})["requests"]
    )
    assert sum(target.begun.values()) == target.begun["GET /pages"]


async def test_users_follow_from_the_document_that_the_app_serves(target: Any, offer_load: Any, tmp_path: Path) -> None:
    target.pages["/openapi.json"] = {
        "openapi": "3.0.0",
        "paths": {
            "/pages": {"get": {}, "post": {}},
            "/refused": {"get": {}},
            "/unknown/{id}": {"get": {}},
        },
    }
    target.refused.add("/refused")
    async with offer_load("--users", "4", "--warm-up", "0", *described(tmp_path, openapi="/openapi.json")) as load:
        await load.line()
        windows = await load.windows(3)
    assert set().union(*(window["tasks"] for window in windows)) == {"GET /pages"}
    assert windows[-1]["requests"] > 0
    assert set(target.begun) == {"GET /openapi.json", "GET /pages", "GET /refused"}


async def test_requests_are_sent_by_their_weight_and_served_as_they_say(
    target: Any, offer_load: Any, tmp_path: Path
) -> None:
    target.refused.add("/refused")
    requests = ['POST /items {"a": 1}', {"path": "/refused", "weight": 3, "success": [403]}]
    async with offer_load("--users", "10", "--warm-up", "0", *described(tmp_path, requests=requests)) as load:
        await load.line()
        (window,) = (await load.windows(3))[-1:]
    tasks = window["tasks"]
    assert tasks["GET /refused"]["requests"] == pytest.approx(3 * tasks["POST /items"]["requests"], abs=4)
    assert window["failures"] == 0


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("locustfile", "import nothing_like_it", "the locustfile cannot be loaded: ModuleNotFoundError"),
        ("locustfile", "x = 1", "there is no user class"),
        ("har", "{}", "this is no HTTP Archive with entries"),
        ("openapi", "a: b", "this is no OpenAPI document"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / "given.py").write_text(text)
    flags = described(tmp_path, **{name: str(tmp_path / "given.py")})
    command = [sys.executable, "-m", "simulator.load", "--host", "http://127.0.0.1:9", *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
