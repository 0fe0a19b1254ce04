"""A person in the drill shell: on a terminal, or with one script. What they do goes on the timeline of the drill."""

import asyncio
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from simulator.drill.scoring_client import ScoringClient
from simulator.drill.seat import Seat, read_seat
from simulator.drill.shell.environment import Equipment
from simulator.drill.shell.marks import Marks
from simulator.drill.shell.masks import Masks
from simulator.drill.shell.names import answer_names
from simulator.drill.shell.outbox import Outbox
from simulator.drill.shell.prompt import keep_time, put
from simulator.drill.shell.recorder import Recorder
from simulator.drill.shell.sending import sending
from simulator.drill.shell.terminal import run_on_terminal
from simulator.errors import BadInput, NotPossible
from simulator.processes import die_with_parent

RC = Path(__file__).with_name("rc.bash")
WITHIN = "GAMEDAY_SHELL"
"""Set in the environment of a drill shell."""
OLDEST_BASH = (4, 4)
_SIGNALLED = 128
_CLIENTS = {
    "postgresql": 'psql "${}"',
    "postgres": 'psql "${}"',
    "valkey": 'valkey-cli -u "${}"',
    "redis": 'valkey-cli -u "${}"',
    "http": 'curl "${}"',
}
Say = Callable[[str], None]


@dataclass(frozen=True)
class _Place:
    """What a person who sat down works with. `word` is the one that marks end in."""

    recorder: Recorder
    env: Mapping[str, str]
    word: str
    folder: Path


def sit_down(root: Path, drill: str | None) -> Seat:
    """The seat of the drill that runs in the folder `root`.

    Raises `NotPossible` if none does, and `BadInput` if it is not `drill` or we are in a drill shell already.
    """
    if WITHIN in os.environ:
        raise BadInput("this is a drill shell already; leave it with 'exit' first")
    seat = read_seat(root)
    if drill is not None and drill != seat.drill:
        raise BadInput(f"the drill that runs here is {seat.drill or 'still to begin'}, not {drill}")
    return seat


async def converse(root: Path, seat: Seat, who: str | None, say: Say) -> int:
    """An interactive bash until it is left; returns its exit status. Raises `NotPossible` without a bash for it."""
    bash = find_bash()
    async with _placed(root, seat, who, say) as place:
        for line in welcome(seat):
            say(line)
        time = place.folder / "time"
        put(time, "")
        client = ScoringClient(seat.url, seat.token)
        keeping = asyncio.create_task(keep_time(client, seat.clock, lambda: _drill_now(root, seat), time))
        env = {**place.env, "GAMEDAY_SHELL_WORD": place.word, "GAMEDAY_SHELL_TIME": str(time)}
        status = None
        try:
            status = await run_on_terminal([bash, "--noprofile", "--rcfile", str(RC), "-i"], env, place.recorder.see)
        finally:
            place.recorder.leave(status)
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await client.close()
    return _SIGNALLED + 1 if status is None else status


async def run_script(root: Path, seat: Seat, who: str | None, script: str, say: Say) -> int:
    """One script in bash, with our standard input, its outputs apart; returns its exit status as a shell has it."""
    async with _placed(root, seat, who, say) as place:
        status = None
        place.recorder.begin(script)
        try:
            status = await _run(script, place.env, place.recorder.add)
        finally:
            place.recorder.end(status)
    return status


def welcome(seat: Seat) -> list[str]:
    """What a person is told as they sit down."""
    clients: dict[str, str] = {}
    for name, value in seat.env.items():
        client = _CLIENTS.get(urlsplit(value).scheme) if "://" in value else None
        if client is not None:
            clients.setdefault(client, client.format(name))
    names = [f"http://{name}" for name in seat.hosts if "." not in name]
    speed = "" if seat.clock == 1 else f" {seat.clock:g} drill seconds pass in a second."
    recorded = "What you type goes on the drill's timeline with what it prints; secrets are masked."
    return [
        f"The drill shell of '{seat.title}'.{speed}",
        recorded if seat.drill else f"The drill is still to begin. From then on: {recorded[0].lower()}{recorded[1:]}",
        f"  {'    '.join(['kubectl', *clients.values()])}",
        *([f"  {', '.join(names)}"] if names else []),
        *([f"The console has the runbooks: {seat.url}/drills/{seat.drill}/runbooks"] if seat.drill else []),
        "Leave with exit or Ctrl-D.",
    ]


def find_bash() -> str:
    """A bash that can be recorded. Raises `NotPossible` without one."""
    try:
        said = subprocess.run(["bash", "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise NotPossible(f"the drill shell needs bash, and there is none: {error}") from None
    found = re.search(r"version (\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_BASH:
        raise NotPossible(
            f"the drill shell needs bash 4.4 or newer, and this one is {found[0] if found else 'of no version'}; "
            "on macOS, 'brew install bash' has one"
        )
    return "bash"


@asynccontextmanager
async def _placed(root: Path, seat: Seat, who: str | None, say: Say) -> AsyncIterator[_Place]:
    word = secrets.token_hex(8)
    outbox = Outbox.new(root, who)
    try:
        async with answer_names(seat.hosts) as proxy, sending(seat, outbox, root) as sender:
            env = {**Equipment(seat.env, seat.hosts).over(os.environ, proxy), WITHIN: outbox.folder.name}
            recorder = Recorder(Marks(word), Masks.of(env, seat.token), outbox, lambda: _drill_now(root, seat))
            yield _Place(recorder, env, word, outbox.folder)
        for sentence in (*recorder.trouble, *sender.refused):
            say(sentence)
        if waiting := len(outbox.letters()):
            commands = "1 command that waits" if waiting == 1 else f"{waiting} commands that wait"
            say(f"scoring at {seat.url} does not answer; the next drill shell sends {commands}")
    finally:
        outbox.close()


def _drill_now(root: Path, seat: Seat) -> str | None:
    """The drill that is played; None between drills, and once the run in which we sat down is over."""
    try:
        now = read_seat(root)
    except NotPossible:
        return None
    return now.drill if (now.url, now.token) == (seat.url, seat.token) else None


class _PassedOn(asyncio.SubprocessProtocol):
    """Outputs of a program, seen and handed on. `is_unread` says that nobody reads ours any more."""

    def __init__(self, see: Callable[[bytes], None]) -> None:
        self._see = see
        self.is_unread = False
        self.ended = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._see(data)
        to = sys.stdout.buffer if fd == 1 else sys.stderr.buffer
        try:
            to.write(data)
            to.flush()
        except BrokenPipeError:
            self.is_unread = True
            self.ended.set()

    def connection_lost(self, error: Exception | None) -> None:
        self.ended.set()


async def _run(script: str, env: Mapping[str, str], see: Callable[[bytes], None]) -> int:
    transport, passed_on = await asyncio.get_running_loop().subprocess_exec(
        lambda: _PassedOn(see), "bash", "-c", script, stdin=None, env=dict(env), preexec_fn=die_with_parent
    )
    try:
        await passed_on.ended.wait()
    finally:
        transport.close()
    if passed_on.is_unread:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _SIGNALLED + signal.SIGPIPE
    status = transport.get_returncode() or 0
    return status if status >= 0 else _SIGNALLED - status
