"""`python -m simulator.load`: steady load on a loopback address, one JSON line per wall second on stdout.

SIGUSR1 sends all users away, SIGUSR2 lets them come back.
"""

import argparse
import json
import signal
import sys
from pathlib import Path

from simulator.errors import BadInput, Exit
from simulator.load.lifetime import Owner
from simulator.load.loopback import loopback_host, stay_on_this_machine
from simulator.load.traffic import Traffic

DEFAULT_SECONDS = 1800.0
SAMPLE = Path(__file__).parent / "sample" / "researchers.py"


def main(arguments: list[str] | None = None) -> int:
    """Run until stopped; the exit status is that of `simulator.errors.Exit`."""
    owner = Owner()
    options = _parser().parse_args(arguments)
    try:
        host = loopback_host(options.host)
        stay_on_this_machine()

        import gevent  # Locust patches the standard library when it is imported, so not before it is needed.
        from gevent.event import Event

        from simulator.load.run import Settings, run
        from simulator.load.user_classes import user_classes

        classes, left_out = user_classes(_traffic(options.traffic), host)
    except BadInput as error:
        print(f"load: {error}", file=sys.stderr)
        return error.exit_status
    for what in left_out:
        print(f"load: left out: {what}", file=sys.stderr)

    stop, pause = Event(), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stop.set)
    gevent.signal_handler(signal.SIGUSR1, pause.set)
    gevent.signal_handler(signal.SIGUSR2, pause.clear)
    settings = Settings(host, classes, options.users, options.warm_up, options.seconds, options.signal_port)
    try:
        run(settings, owner=owner, stop=stop, pause=pause, emit=_print_line)
    except BrokenPipeError:
        # Nobody reads the windows any more; keep the interpreter from flushing into the closed pipe at exit.
        sys.stdout = None
    except OSError as error:
        print(
            f"load: --signal-port {options.signal_port}: {error.strerror}; 0 takes any free port",
            file=sys.stderr,
        )
        return Exit.BAD_INPUT
    return Exit.OK


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _traffic(path: Path | None) -> Traffic:
    return Traffic(locustfile=SAMPLE) if path is None else Traffic.model_validate(json.loads(path.read_text()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator.load", description=__doc__)
    parser.add_argument("--host", required=True, help="the target, such as http://127.0.0.1:8080")
    parser.add_argument("--traffic", type=Path, metavar="FILE", help="what users do, as JSON (default: the sample's)")
    parser.add_argument("--users", type=_count, default=30, help="users, each with two requests a second")
    parser.add_argument("--warm-up", type=_seconds, default=3.0, help="seconds until all users are there")
    parser.add_argument("--seconds", type=_seconds, default=DEFAULT_SECONDS, help="the longest run, in seconds")
    parser.add_argument("--signal-port", type=int, default=0, help="port of /metrics on 127.0.0.1; 0: any free one")
    return parser


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 2000:
        raise argparse.ArgumentTypeError(f"{value} users; from 1 to 2000 are possible")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} seconds; write a number from 0 on")
    return value


if __name__ == "__main__":
    sys.exit(main())
