"""An app that is not ours, described in a few lines: the standard library's web server, as plain commands."""

from pathlib import Path

import pytest
from playing import Home

APP = """\
name: pages
deploy:
  commands:
    - name: pages
      run: python -m http.server $PORT --bind $POD_IP
      port: 8000
      health: /hello.txt
load:
  requests: [GET /, GET /hello.txt]
canary: {get: /hello.txt}
"""
EXPERIMENTS = ("crash-loop-bad-config",)


@pytest.fixture(scope="module")
def played(shared_home: Home) -> Home:
    (shared_home.folder / "gameday.yaml").write_text(APP)
    (shared_home.folder / "hello.txt").write_text("hello\n")
    status, output = shared_home.run("run", *EXPERIMENTS, "--json", "out.json")
    assert status == 0, output
    return shared_home


def test_workload_experiments_are_detected_and_mitigated_by_their_runbooks(played: Home) -> None:
    for drill, name in zip(played.drills(), EXPERIMENTS, strict=True):
        card = drill["scorecard"]
        assert (drill["failure_mode"], card["sla_met"], card["hard_fails"]) == (name, True, []), card["why"]
        assert card["measures"]["ttd"]["verdict"] == card["measures"]["ttm"]["verdict"] == "met"


def test_the_runbook_for_any_app_was_executed_word_for_word(played: Home) -> None:
    from simulator.drill.catalog import experiment_file
    from simulator.drill.runbook import read_runbook

    for drill in played.drills():
        runbook = read_runbook(Path(experiment_file(drill["experiment"])).with_name("any-app.md"))
        taken = [event["data"] for event in drill["timeline"]["events"] if event["kind"] == "action.taken"]
        assert [each["command"] for each in taken if each["exit_status"] == 0] == [
            block.strip() for block in runbook.commands("Mitigate")
        ]


def test_its_data_are_watched_by_a_canary(played: Home) -> None:
    for drill in played.drills():
        checks = [event["data"] for event in drill["timeline"]["events"] if event["kind"] == "oracle.checked"]
        last = {each["name"]: each for each in checks[-1]["conditions"]}
        assert last["data_canary"]["seen"].startswith("6 bytes, sha256 ")
        assert last["data_canary"]["ok"]
