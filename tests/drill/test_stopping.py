"""What stops a drill, stops it once, and lets it clean up to the end."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.drill import halts
from simulator.drill.identity import who_we_are
from simulator.drill.together import to_its_end, unless
from simulator.errors import BadInput, NotPossible

GAMEDAY = [sys.executable, "-m", "simulator.cli"]
INTERRUPTED = """
import asyncio, sys
from simulator.cli.stories import run_story

async def story():
    try:
        print("begun", flush=True)
        await asyncio.Event().wait()
    finally:
        print("cleaning", flush=True)
        for _ in range(20):
            await asyncio.sleep(0.05)
        print("clean", flush=True)

run_story(story())
"""


@pytest.fixture
def own_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return halts.machine_mark()


async def forever() -> None:
    await asyncio.Event().wait()


async def alarm() -> None:
    raise NotPossible("alarm")


async def test_a_story_that_ends_ends_its_watches() -> None:
    async def story() -> int:
        return 7

    assert await asyncio.wait_for(unless(story(), forever()), 10) == 7


async def test_a_watch_that_raises_cancels_the_story_and_says_why() -> None:
    cleaned = []

    async def story() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    with pytest.raises(NotPossible, match="alarm"):
        await unless(story(), forever(), alarm())
    assert cleaned


async def test_what_must_come_to_its_end_does_though_it_is_cancelled() -> None:
    done, begun = [], asyncio.Event()

    async def story() -> None:
        begun.set()
        await asyncio.sleep(0.05)
        done.append(True)

    task = asyncio.ensure_future(to_its_end(story()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done


async def test_a_halt_of_this_user_is_seen_within_a_second(own_mark: Path) -> None:
    task = asyncio.ensure_future(halts.watch_machine())
    await asyncio.sleep(0)
    halts.halt_machine("alice@laptop", "a hotfix goes out")
    began = time.monotonic()
    with pytest.raises(
        halts.Halted, match=r"halted by alice@laptop since 20.*: a hotfix goes out; 'gameday halt --lift'"
    ):
        await asyncio.wait_for(task, 10)
    assert (time.monotonic() - began) / halts.LOOK_S < 4
    assert halts.lift_machine() is not None
    halts.check_machine()
    assert own_mark.parent.exists()


@pytest.mark.parametrize("text", ["", "halted", "[1]", '{"by": null}'])
def test_a_mark_that_cannot_be_understood_is_a_halt(own_mark: Path, text: str) -> None:
    own_mark.parent.mkdir(parents=True)
    own_mark.write_text(text)
    with pytest.raises(halts.Halted, match="halted by somebody since an unknown time: no reason was given"):
        halts.check_machine()


def test_from_whatever_folder_a_halt_blocks_what_would_start(own_mark: Path, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()

    def gameday(folder: str, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [*GAMEDAY, *arguments], cwd=tmp_path / folder, capture_output=True, text=True, timeout=200, check=False
        )
        return done.returncode, done.stdout + done.stderr

    assert gameday("here", "halt", "--reason", "exams")[0] == 0
    for command in (
        ["run", "rate-limited"],
        ["play", "first-game-day"],
        ["experiments", "matrix", "--family", "network"],
    ):
        status, said = gameday("there", *command)
        assert status == 3
        assert ": exams; 'gameday halt --lift' lets them play" in said, command
    assert not list(tmp_path.glob("there/.gameday/runs/*"))
    assert ": exams ('gameday halt --lift')" in gameday("there", "status")[1]
    status, said = gameday("there", "halt", "--lift")
    assert (status, ": exams" in said) == (0, True)
    assert gameday("here", "halt", "--lift") == (0, "drills of this user on this machine were not halted\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["halt", "--lift", "--reason", "x"], "--reason says why drills are halted"),
        (["halt", "--context", "x"], "--context goes with --kubeconfig"),
        (["recover", "--kubeconfig", "nowhere", "--context", "x"], "nowhere: there is no such file"),
        (["recover", "--dry-run", "--forget"], "--forget takes nothing back"),
        (["status", "--kubeconfig", "nowhere"], "nowhere: there is no such file"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = subprocess.run(
        [*GAMEDAY, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False
    )
    assert (done.returncode, said in done.stderr) == (BadInput.exit_status, True)


def test_a_second_signal_does_not_cut_the_clean_up_short() -> None:
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == b"cleaning\n"
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert out == b"clean\n"


@pytest.mark.parametrize(
    ("env", "job"),
    [
        ({}, ""),
        ({"CI_JOB_URL": "https://ci.example.org/jobs/41"}, " (https://ci.example.org/jobs/41)"),
        (
            {"GITHUB_RUN_ID": "7", "GITHUB_REPOSITORY": "lab/app", "GITHUB_SERVER_URL": "https://github.example.org"},
            " (https://github.example.org/lab/app/actions/runs/7)",
        ),
    ],
)
def test_who_plays_is_told_with_the_pipelines_job(env: dict[str, str], job: str) -> None:
    assert who_we_are(env).endswith(job)
    assert "@" in who_we_are(env)
