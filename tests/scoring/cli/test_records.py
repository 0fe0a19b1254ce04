"""`verify`, `export` and `import`, over the databases that a folder of work has."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scoring.cli.asked import complete_drill
from scoring.cli.databases import shown
from scoring.files import read_timeline

RECORDED = Path(__file__).parents[1] / "recorded" / "rate-limited.timeline.json"
TIMELINE = read_timeline(RECORDED)
DRILL = TIMELINE.drill.id
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def played(record: Callable[..., Path]) -> Path:
    """A folder in which a run recorded one drill; its database."""
    return record("20260105-100000-ab12", TIMELINE)


def bend(database: Path) -> None:
    """As somebody would who may write to the file."""
    with sqlite3.connect(database) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute("UPDATE event SET source = 'somebody' WHERE seq = 4").rowcount == 1
    connection.close()


def test_a_drill_of_a_run_is_found_and_proven(played: Path, scoring: Run) -> None:
    status, out, err = scoring("verify", DRILL)
    assert (status, err) == (0, "")
    assert f"drill {DRILL}" in out
    assert str(TIMELINE.events[-1].hash) in out
    told = json.loads(scoring("verify", DRILL, "--json")[1])
    assert (told["whole"], told["events"], told["windows"]) == (True, len(TIMELINE.events), len(TIMELINE.impact))


def test_the_first_bent_event_is_named_and_nothing_is_signed(played: Path, scoring: Run) -> None:
    bend(played)
    status, out, err = scoring("verify", DRILL)
    assert (status, out) == (1, "")
    assert f"event 4 of drill {DRILL}" in err
    status, out, _ = scoring("verify", DRILL, "--json")
    assert (status, json.loads(out)["whole"]) == (1, False)
    assert scoring("export", DRILL)[0] == 2
    assert not Path(f"{DRILL}.zip").exists()


def test_what_is_not_there_is_one_line_and_exit_2(played: Path, scoring: Run) -> None:
    for arguments, said in (
        (["verify", "nobody"], "there is no drill 'nobody'"),
        (["verify", f"{DRILL}0"], f"did you mean '{DRILL}'"),
        (["verify", "nothing.json"], "nothing.json: cannot be read"),
        (["verify", DRILL, "--database", "nowhere.db"], "nowhere.db: there is no such database"),
        (["export", "nobody"], "there is no drill 'nobody'"),
        (["import", "nothing.zip"], "nothing.zip: cannot be read"),
        (["import", str(RECORDED)], "no zip archive"),
        (["import", str(RECORDED.parent)], "cannot be read"),
    ):
        status, out, err = scoring(*arguments)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert said in err


def test_a_shell_completes_drills(played: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert complete_drill(DRILL[:5]) == [DRILL]
    assert complete_drill("x") == []
    monkeypatch.chdir(played.parent)
    assert complete_drill("") == []


def test_no_message_shows_a_password() -> None:
    url = "postgresql://gameday:secret@db.example.org/scoring?password=secret"
    assert shown(url) == "postgresql://gameday:***@db.example.org/scoring"
    assert shown("drills.db") == "drills.db"


def test_where_nothing_was_played_it_says_so(scoring: Run) -> None:
    assert "nothing was recorded under" in scoring("verify", "nobody")[2]
    assert not Path(".gameday").exists()


def test_a_timeline_file_is_proven_or_named_bent_or_said_to_be_unprovable(folder: Path, scoring: Run) -> None:
    assert scoring("verify", RECORDED)[0] == 0
    raw: dict[str, Any] = json.loads(RECORDED.read_bytes())
    raw["events"][3]["source"] = "somebody"
    Path("bent.json").write_text(json.dumps(raw))
    status, _, err = scoring("verify", "bent.json")
    assert (status, "was changed" in err) == (1, True)
    for event in raw["events"]:
        event["hash"] = event["previous_hash"] = None
    Path("bare.json").write_text(json.dumps(raw))
    status, _, err = scoring("verify", "bare.json")
    assert (status, "carry no hashes" in err) == (2, True)


def test_an_archive_goes_out_and_comes_in_elsewhere_once_its_signer_is_known(
    played: Path, scoring: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, out, err = scoring("export", DRILL, "--json")
    assert status == 0, err
    told = json.loads(out)
    archive = Path(told["file"]).absolute()
    assert scoring("export", DRILL)[0] == 0, "the same again is fine"
    proven = json.loads(scoring("verify", archive, "--json")[1])
    assert (proven["signer"], proven["drill"]) == (told["signer"], DRILL)

    elsewhere = Path("elsewhere")
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    status, _, err = scoring("import", archive)
    assert (status, told["signer"] in err, "--trust" in err) == (2, True, True)
    assert not Path(".gameday").exists()
    assert scoring("import", archive, "--trust", "0" * 64)[0] == 2
    assert json.loads(scoring("import", archive, "--trust", told["signer"], "--json")[1])["new"] is True
    assert "it was here already" in scoring("import", archive)[1]
    assert scoring("verify", DRILL)[0] == 0


def test_an_archive_holds_what_the_run_left_behind(played: Path, scoring: Run) -> None:
    from scoring.record.archive import read_archive

    assert scoring("export", DRILL, "--output", "out.zip")[0] == 0
    files = read_archive(Path("out.zip").read_bytes()).files
    assert json.loads(files["experiment.json"]) == {"title": "played"}
    assert json.loads(files["journal.json"])["status"] == "completed"
    Path("other.zip").write_bytes(b"something else")
    status, _, err = scoring("export", DRILL, "--output", "other.zip")
    assert (status, "says something else" in err) == (2, True)
    assert Path("other.zip").read_bytes() == b"something else"
