"""`python -m simulator.monitor --config.file prometheus.yml --web.listen-address 127.0.0.1:9090`.

Flags are named as Prometheus names them; SIGHUP, and POST to `/-/reload` with `--web.enable-lifecycle`, read the rule
files anew (and no more of the configuration). When the API listens, one JSON line on stdout says where:
`{"url": "http://127.0.0.1:9090"}`. Ends cleanly on SIGTERM and SIGINT.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from aiohttp import web

from simulator.errors import BadInput, Exit, GamedayError
from simulator.monitor.api import Api
from simulator.monitor.config import MonitorConfig, load_config
from simulator.monitor.durations import parse_duration
from simulator.monitor.engine import Engine, Settings
from simulator.monitor.rules import RuleGroup, load_rules


class _OneLine(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(Exit.BAD_INPUT, f"{self.prog}: {message}; see --help\n")


def main() -> int:
    """Returns the exit status: 0 after SIGTERM or SIGINT, 2 for bad input, in one line on stderr."""
    flags = vars(_flags().parse_args())
    logging.basicConfig(
        stream=sys.stderr,
        level=flags["log.level"].upper(),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    settings = Settings(
        lookback_ms=flags["query.lookback_delta"],
        retention_ms=flags["storage.tsdb.retention.time"],
        resend_ms=flags["rules.alert.resend_delay"],
        external_url=flags["web.external_url"].rstrip("/"),
    )
    try:
        config = load_config(flags["config.file"])
        groups = load_rules(config.rule_files, config.evaluation_interval_ms)
        place = _address(flags["web.listen_address"])
        _run(_serve(flags["config.file"], config, groups, settings, *place, is_asked=flags["web.enable_lifecycle"]))
    except GamedayError as error:
        print(error, file=sys.stderr)
        return int(error.exit_status)
    return int(Exit.OK)


def _flags() -> argparse.ArgumentParser:
    parser = _OneLine(prog="simulator.monitor", description="The embedded Prometheus.", allow_abbrev=False)
    parser.add_argument("--config.file", type=Path, default=Path("prometheus.yml"), metavar="FILE")
    parser.add_argument(
        "--web.listen-address", default="127.0.0.1:9090", metavar="HOST:PORT", help="port 0: any free one"
    )
    parser.add_argument("--web.enable-lifecycle", action="store_true", help="allow to reload over HTTP")
    parser.add_argument("--web.external-url", default="", metavar="URL", help="for links in alerts")
    parser.add_argument(
        "--query.lookback-delta", type=_duration, default="5m", help="how old a series' newest sample may be"
    )
    parser.add_argument(
        "--storage.tsdb.retention.time", type=_duration, default="15m", help="how long samples are kept"
    )
    parser.add_argument(
        "--rules.alert.resend-delay", type=_duration, default="1m", help="how often alerts are repeated"
    )
    parser.add_argument("--log.level", choices=("debug", "info", "warning", "error"), default="info")
    return parser


def _duration(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise BadInput(f"--web.listen-address: {text!r} is not HOST:PORT; write it as 127.0.0.1:9090")
    return host.strip("[]") or "0.0.0.0", int(port)


async def _serve(
    path: Path,
    config: MonitorConfig,
    groups: tuple[RuleGroup, ...],
    settings: Settings,
    host: str,
    port: int,
    *,
    is_asked: bool,
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    engine = Engine(config, groups, settings)

    def reload() -> None:
        engine.replace_rules(load_rules(load_config(path).rule_files, config.evaluation_interval_ms))

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _trying(reload))
    runner = web.AppRunner(Api(engine, reload if is_asked else None).app(), access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port, shutdown_timeout=1).start()
        except OSError as error:
            raise BadInput(
                f"--web.listen-address: cannot listen on {host}:{port} ({error.strerror}); choose another port"
            ) from error
        url = f"http://{host}:{runner.addresses[0][1]}"
        settings.external_url = settings.external_url or url
        beat = asyncio.create_task(engine.run())
        print(json.dumps({"url": url}), flush=True)
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait((beat, stopped), return_when=asyncio.FIRST_COMPLETED)
        for task in (beat, stopped):
            task.cancel()
        await asyncio.gather(stopped, return_exceptions=True)
        with suppress(asyncio.CancelledError):
            await beat
    finally:
        await runner.cleanup()


def _trying(reload: Callable[[], None]) -> Callable[[], None]:
    """Rules that do not load leave those that are there; the log says why."""

    def reload_or_say() -> None:
        try:
            reload()
        except GamedayError as error:
            logging.getLogger(__name__).error("the rules were not reloaded: %s", error)

    return reload_or_say


def _run(coroutine: Coroutine[Any, Any, None]) -> None:
    if sys.platform == "win32":
        asyncio.run(coroutine)
    else:
        import uvloop

        uvloop.run(coroutine)


if __name__ == "__main__":
    raise SystemExit(main())
