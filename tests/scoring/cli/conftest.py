"""Commands in a folder of their own, in this process, as `python -m scoring` runs them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scoring.__main__ import main
from scoring.playbook.file import playbook_text
from scoring.record.engine import open_engine
from scoring.record.store import Store
from scoring.timeline import Timeline

Said = tuple[int, str, str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GAMEDAY_DATABASE", "GAMEDAY_SIGNING_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that stands at the last migration, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "drills.db"
    open_engine(path).dispose()
    return path


@pytest.fixture
def record(folder: Path, empty: Path) -> Callable[[str, Timeline], Path]:
    """Leaves behind what a run does: a database of its own with a drill, and the experiment's journal."""

    def leave(run: str, timeline: Timeline) -> Path:
        place = folder / ".gameday" / "runs" / run
        journal = place / timeline.drill.id / "journal.json"
        journal.parent.mkdir(parents=True)
        journal.write_text('{"status": "completed", "experiment": {"title": "played"}}')
        database = Path(shutil.copy(empty, place / "scoring.db"))
        engine = open_engine(database)
        Store(engine).restore(timeline, playbook_text("llm-research-lab"))
        engine.dispose()
        return database

    return leave


@pytest.fixture
def scoring(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command: its exit status, and what it said on standard output and standard error."""

    def run(*arguments: object) -> Said:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run
