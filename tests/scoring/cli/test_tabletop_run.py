"""`gameday tabletop run`: the exercise as a facilitator starts, interrupts, takes up and ends it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from exercise_told import SCENARIO, Table

from scoring.__main__ import main
from scoring.playbook.file import playbook_text
from scoring.record.engine import open_engine
from scoring.record.store import Store
from scoring.tabletop.file import load_scenario, parse_scenario

Said = tuple[int, str, str]


class Held:
    """A service with a tabletop, started from the command line, and browsers that follow its links."""

    def __init__(self, folder: Path, *asked: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scoring", "tabletop", *asked, "--listen", "127.0.0.1:0"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("GAMEDAY_")},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate(timeout=30)[1]
        self.told: dict[str, Any] = json.loads(line)

    @property
    def page(self) -> str:
        return f"/drills/{self.told['drill']}/tabletop"

    def browser(self, who: str) -> httpx.Client:
        link = next(each["url"] for each in self.told["links"] if each["who"] == who)
        client = httpx.Client(base_url=self.told["url"], headers={"Accept": "text/html"}, timeout=20)
        signed_in = client.get(link)
        assert signed_in.status_code == 200, signed_in.text
        return client

    def end(self) -> str:
        """Ctrl-C; what was said last."""
        self.process.send_signal(signal.SIGINT)
        said = self.process.communicate(timeout=30)[1]
        assert self.process.returncode == 0, said
        return said


@contextmanager
def held(folder: Path, *asked: str) -> Iterator[Held]:
    made = Held(folder, *asked)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.process.kill()
            made.process.communicate(timeout=30)


def send(client: httpx.Client, path: str, **fields: str) -> None:
    answer = client.post(path, data={"key": "", **fields}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303, answer.text


def shown_time(client: httpx.Client, page: str) -> str:
    found = re.search(r"data-elapsed=\"hours\">([^<]*)<", client.get(f"{page}/facilitate").text)
    assert found is not None
    return found[1]


@pytest.mark.parts
def test_an_exercise_is_held_interrupted_taken_up_and_ended(folder: Path) -> None:
    (folder / "noon.yaml").write_text(SCENARIO)
    with held(folder, "run", "noon.yaml", "--team", "payments", "--person", "Ada") as first:
        whos = [each["who"] for each in first.told["links"]]
        assert whos == [
            "you, the facilitator",
            "Incident Commander (Ada)",
            "Scribe",
            "the screen that all look at",
            "observer",
        ]
        facilitator = first.browser("you, the facilitator")
        seat, screen = first.browser("Incident Commander (Ada)"), first.browser("the screen that all look at")
        send(facilitator, f"{first.page}/facilitate/start")
        send(facilitator, f"{first.page}/facilitate/reveal", inject="first-page")
        send(seat, f"{first.page}/seats/1/acknowledge", who="Ada")
        assert "The job runs at nine." in seat.get(f"{first.page}/seats/1").text
        assert "Requests fail." in screen.get(f"{first.page}/room").text
        assert screen.get(f"{first.page}/facilitate").status_code == 403
        send(facilitator, f"{first.page}/facilitate/advance", to="0:12")
        said = first.end()
    assert "the clock stands at 0:12" in said
    assert "gameday tabletop run at-noon" in said
    (folder / "noon.yaml").write_text(SCENARIO.replace("title: A morning", "title: An evening"))
    with held(folder, "noon.yaml") as again:
        assert again.told["drill"] == first.told["drill"]
        facilitator = again.browser("you, the facilitator")
        page = unescape(facilitator.get(f"{again.page}/facilitate").text)
        assert "A morning" in page
        assert "the exercise was interrupted" in page
        assert shown_time(facilitator, again.page).startswith("0:12:")
        send(facilitator, f"{again.page}/facilitate/start")
        send(facilitator, f"{again.page}/facilitate/end", sure="yes")
        said = again.end()
    assert f"gameday tabletop report {first.told['drill']}" in said
    with held(folder, "noon.yaml") as other:
        assert other.told["drill"] != first.told["drill"]


@pytest.mark.parts
def test_a_kill_loses_nothing_and_another_exercise_can_be_begun_beside_it(folder: Path) -> None:
    (folder / "noon.yaml").write_text(SCENARIO)
    with held(folder, "noon.yaml") as first:
        facilitator = first.browser("you, the facilitator")
        send(facilitator, f"{first.page}/facilitate/reveal", inject="first-page")
        first.process.kill()
    with held(folder, "run", "noon.yaml", "--new") as other:
        assert other.told["drill"] != first.told["drill"]
        facilitator = other.browser("you, the facilitator")
        assert "Requests fail." in facilitator.get(f"{first.page}/room").text
        assert 'class="inject' not in facilitator.get(f"{other.page}/room").text


@pytest.mark.parts
def test_an_exercise_is_opened_at_a_service_that_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, scoring: Callable[..., Said]
) -> None:
    serve = [sys.executable, "-m", "scoring", "serve", "--database", "a.db", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(serve, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        status, _, err = scoring("tabletop", "run", "llm-research-lab", "--service", told["url"])
        assert (status, "GAMEDAY_FACILITATOR_TOKEN" in err) == (2, True)
        monkeypatch.setenv("GAMEDAY_FACILITATOR_TOKEN", told["tokens"]["facilitator"])
        status, out, err = scoring("tabletop", "run", "llm-research-lab", "--service", told["url"], "--observers", "2")
        assert (status, err) == (0, "")
        links = re.findall(r"http://\S+/sign-in\S+", out)
        assert len(links) == 1 + len(load_scenario("llm-research-lab").scenario.participants) + 1 + 2
        with httpx.Client(base_url=told["url"], headers={"Accept": "text/html"}) as browser:
            browser.get(urlsplit(links[-1])._replace(scheme="", netloc="").geturl())
            drill = re.findall(r"tabletop (\S+) at", out)[0]
            assert browser.get(f"/drills/{drill}/tabletop/observe").status_code == 200
            assert browser.get(f"/drills/{drill}/tabletop/facilitate").status_code == 403
        monkeypatch.setenv("GAMEDAY_FACILITATOR_TOKEN", told["tokens"]["observer"])
        status, _, err = scoring("tabletop", "llm-research-lab", "--service", told["url"])
        assert (status, "answers 403" in err) == (2, True)
    finally:
        process.terminate()
        process.wait(timeout=30)
    status, _, err = scoring("tabletop", "llm-research-lab", "--service", told["url"])
    assert (status, "is 'gameday serve' running there?" in err) == (2, True)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["run", "llm-reserch-lab"], "did you mean 'llm-research-lab'"),
        (["llm-reserch-lab"], "did you mean 'llm-research-lab'"),
        (["run", "nowhere.yaml"], "there is no such tabletop scenario file"),
        (["run", "llm-research-lab", "--listen", "0.0.0.0:0"], "--allow-remote"),
        (["report", "nothing"], "nothing was recorded"),
    ],
)
def test_what_cannot_be_held_is_refused_with_a_mend(
    asked: list[str], said: str, folder: Path, scoring: Callable[..., Said]
) -> None:
    status, _, err = scoring("tabletop", *asked)
    assert (status, said in err) == (2, True), err


def test_a_report_is_written_in_the_format_that_is_asked_for(folder: Path, scoring: Callable[..., Said]) -> None:
    table = Table(parse_scenario(SCENARIO, "the scenario"))
    table.wait(1)
    table.does("start")
    table.does("reveal", inject="first-page")
    table.wait(1)
    table.does("tick", expected="take-it")
    (folder / ".gameday").mkdir()
    engine = open_engine(folder / ".gameday" / "scoring.db")
    store = Store(engine)
    store.create(table.drill, table.prepared.truth, playbook_text("llm-research-lab"))
    store.append(table.drill.id, table.events, table.now)
    engine.dispose()
    status, out, _ = scoring("tabletop", "report", table.drill.id)
    assert status == 0
    assert out.startswith("# After-action report: A morning")
    assert "still held" in out
    for kind, start in (("html", b"<!doctype html>"), ("pdf", b"%PDF-")):
        assert scoring("tabletop", "report", table.drill.id, "--out", f"report.{kind}")[0] == 0
        assert (folder / f"report.{kind}").read_bytes().startswith(start)


def test_without_the_word_run_a_scenario_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    for asked in (["tabletop", "run", "--help"], ["tabletop", "anything", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(asked)
        assert ended.value.code == 0
        assert "Hold a tabletop" in capsys.readouterr().out
