"""An app that was weakened on purpose turns exactly the drill red that is about it."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from playing import Home

pytestmark = pytest.mark.weakened

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "target_app" / "deploy"
HICCUPS = Path(__file__).parent / "hiccups"

ROLLOUT = {"experiment": "workload/crash-loop-bad-config", "budgets": {"requests_failed": "10%"}}
LEAK = {"experiment": "security/credential-leak"}
RETRIES = {"experiment": "hiccups", "budgets": {"requests_failed": "3%"}}


def without_the_alert(app: Path) -> None:
    path = app / "monitoring" / "rules" / "credential-leak.yaml"
    groups = yaml.safe_load(path.read_text())["groups"]
    assert [rule["alert"] for group in groups for rule in group["rules"]] == ["ApiKeyUsedFromUnknownSource"]
    path.unlink()


def without_retries(app: Path) -> None:
    change(app / "base" / "config.yaml", 'LLM_MAX_RETRIES: "2"', 'LLM_MAX_RETRIES: "0"')


def all_pods_at_once(app: Path) -> None:
    change(
        app / "gradual" / "kustomization.yaml", "maxUnavailable: 0, maxSurge: 1", "maxUnavailable: 100%, maxSurge: 0"
    )


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def lay_out(home: Home) -> Path:
    """A copy of the sample app in the working folder, replaced one pod at a time, and of what is written for it."""
    app = home.folder / "app"
    shutil.copytree(DEPLOY, app)
    shutil.copytree(ROOT / "experiments" / LEAK["experiment"], home.folder / LEAK["experiment"])
    shutil.copytree(HICCUPS, home.folder / "hiccups")
    shutil.copy(HICCUPS / "rules.yaml", app / "monitoring" / "rules" / "hiccups.yaml")
    (app / "monitoring" / "rules" / "provider-outage.yaml").unlink()  # its runbook is for one that fails every call
    description = (app / "gameday.yaml").read_text()
    locustfile = re.search(r"locustfile: (\S+)", description)
    assert locustfile
    own = description.replace(locustfile[1], str((DEPLOY / locustfile[1]).resolve()))
    (app / "gameday.yaml").write_text(own.replace("manifests: base", "manifests: gradual"))
    return app


def play(home: Home, *drills: dict[str, Any], clock: int = 60) -> dict[str, Any]:
    (home.folder / "mine.yaml").write_text(yaml.safe_dump({"clock": clock, "experiments": list(drills)}))
    status, output = home.run("gate", "mine.yaml", "--app", "app/gameday.yaml", "--json", "gate.json", "--quiet")
    assert status == 1, output
    found: dict[str, Any] = json.loads((home.folder / "gate.json").read_text())
    return found


@pytest.mark.parametrize(
    ("weaken", "red", "green", "missed", "clock"),
    [
        (without_the_alert, LEAK, RETRIES, "sla.ttd", 120),
        (without_retries, RETRIES, ROLLOUT, "requests_failed", 60),
        (all_pods_at_once, ROLLOUT, LEAK, "requests_failed", 60),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_weakness_turns_its_drill_red_and_no_other(
    home: Home, weaken: Any, red: dict[str, Any], green: dict[str, Any], missed: str, clock: int
) -> None:
    weaken(lay_out(home))
    drills = play(home, red, green, clock=clock)["drills"]
    assert [drill["outcome"] for drill in drills] == ["failed", "passed"], [drill["why"] for drill in drills]
    assert missed in [r["id"] for r in drills[0]["requirements"] if r["verdict"] == "missed"]
    assert len(drills[0]["attempts"]) >= 2
