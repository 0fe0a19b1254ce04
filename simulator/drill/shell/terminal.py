"""A program on a terminal of its own, between which and the user's terminal all bytes go through us.

The user's terminal is raw meanwhile, so that every key, Ctrl-C among them, reaches the program as it is, and is put
back whatever happens. The program's terminal has its size and its settings.
"""

import asyncio
import fcntl
import os
import select
import signal
import termios
import tty
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from simulator.processes import die_with_parent

_PIECE = 64 * 1024
_WINDOW = b"\0" * 8  # struct winsize
_LAST_PIECES = 64
"""More than a terminal holds: what a program in the background goes on writing is not waited for."""
_GRACE_S = 2.0


async def run_on_terminal(
    argv: Sequence[str],
    env: Mapping[str, str],
    see: Callable[[bytes], bytes],
    *,
    keyboard: int = 0,
    screen: int = 1,
) -> int | None:
    """Run a program between the terminal `keyboard` and `screen` (file descriptors) until it ends, or the user's
    terminal is gone; returns its exit status, None if a signal ended it.

    `see` is given all that the program writes, and returns what of it is to be shown. A cancelled call hangs up.
    """
    master, slave = os.openpty()
    try:
        try:
            termios.tcsetattr(slave, termios.TCSANOW, termios.tcgetattr(keyboard))
            _follow_size(keyboard, master)
            process = await _start(argv, env, slave)
        finally:
            os.close(slave)
        try:
            with _raw(keyboard), _Relay(master, keyboard, screen, see) as relay:
                await relay.until_ended(process)
        finally:
            await hang_up(process)
    finally:
        os.close(master)
    return process.returncode if (process.returncode or 0) >= 0 else None


async def hang_up(process: asyncio.subprocess.Process) -> None:
    """End a program as a terminal that is closed does, and harder if that does not help."""
    for number in (signal.SIGHUP, signal.SIGKILL):
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)  # its own send_signal would take its status from asyncio, if it is ending
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                await process.wait()


async def _start(argv: Sequence[str], env: Mapping[str, str], terminal: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *argv,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=dict(env),
        start_new_session=True,
        preexec_fn=_take_terminal,
    )


class _Relay:
    """Hands bytes through, for as long as it is entered."""

    def __init__(self, master: int, keyboard: int, screen: int, see: Callable[[bytes], bytes]) -> None:
        self._master, self._keyboard, self._screen = master, keyboard, screen
        self._see = see
        self._typed = b""
        self._is_gone = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> "_Relay":
        os.set_blocking(self._master, False)
        self._loop.add_reader(self._keyboard, self._type)
        self._loop.add_reader(self._master, self._show)
        self._loop.add_signal_handler(signal.SIGWINCH, _follow_size, self._keyboard, self._master)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.remove_signal_handler(signal.SIGWINCH)
        self._loop.remove_writer(self._master)
        self._loop.remove_reader(self._master)
        self._loop.remove_reader(self._keyboard)

    async def until_ended(self, process: asyncio.subprocess.Process) -> None:
        """Until the program has ended and all that it wrote is shown, or one of the terminals is gone."""
        ended = asyncio.create_task(process.wait())
        gone = asyncio.create_task(self._is_gone.wait())
        try:
            await asyncio.wait([ended, gone], return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            gone.cancel()
        for _ in range(_LAST_PIECES):
            if not self._show():
                return

    def _type(self) -> None:
        """Keys go on; a program that does not read is not waited for, for it may first want to be read from."""
        typed = _read(self._keyboard)
        if typed is None:
            return
        if not typed:
            self._loop.remove_reader(self._keyboard)
            self._is_gone.set()
            return
        self._typed += typed
        self._hand_on()

    def _hand_on(self) -> None:
        try:
            self._typed = self._typed[os.write(self._master, self._typed) :]
        except BlockingIOError:
            pass
        except OSError:  # nobody reads any more
            self._typed = b""
        if self._typed:
            self._loop.add_writer(self._master, self._hand_on)
        else:
            self._loop.remove_writer(self._master)
        if len(self._typed) > _PIECE:
            self._loop.remove_reader(self._keyboard)
        else:
            self._loop.add_reader(self._keyboard, self._type)

    def _show(self) -> bool:
        """Whether there was something to show."""
        written = _read(self._master)
        if written is None:
            return False
        if not written:
            self._loop.remove_reader(self._master)
            self._is_gone.set()
            return False
        try:
            _write_all(self._screen, self._see(written))
        except OSError:
            self._is_gone.set()
        return True


def _read(terminal: int) -> bytes | None:
    """What is there to read; nothing if the other side is gone, None if there is nothing yet."""
    try:
        return os.read(terminal, _PIECE)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _write_all(screen: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(screen, data) :]
        except BlockingIOError:  # somebody else set the user's terminal so
            select.select([], [screen], [])


def _take_terminal() -> None:
    """In the child: its standard input becomes its controlling terminal."""
    die_with_parent()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _follow_size(keyboard: int, master: int) -> None:
    with suppress(OSError):
        fcntl.ioctl(master, termios.TIOCSWINSZ, fcntl.ioctl(keyboard, termios.TIOCGWINSZ, _WINDOW))


@contextmanager
def _raw(keyboard: int) -> Iterator[None]:
    before = termios.tcgetattr(keyboard)
    try:
        tty.setraw(keyboard, termios.TCSADRAIN)
        yield
    finally:
        with suppress(termios.error):  # a terminal that is gone needs nothing back
            termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
