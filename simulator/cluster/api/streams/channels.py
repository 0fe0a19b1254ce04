"""Channel messages of exec, attach and port-forward over WebSocket: a byte that names the channel, then data. Pure.

`v4.channel.k8s.io` and `v5.channel.k8s.io` (k8s.io/apimachinery util/remotecommand); v5 adds an end of standard input.
"""

from dataclasses import dataclass

import orjson

V4, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"
STDIN, STDOUT, STDERR, ERROR, RESIZE = range(5)
OUTPUTS = {"stdout": STDOUT, "stderr": STDERR}
_CLOSE = 255


@dataclass(frozen=True)
class Input:
    """Bytes for standard input."""

    data: bytes


@dataclass(frozen=True)
class InputEnd:
    """Standard input has ended."""


@dataclass(frozen=True)
class Resize:
    """The client's terminal has another size."""

    columns: int
    rows: int


Message = Input | InputEnd | Resize


def read(data: bytes, protocol: str) -> Message | None:
    """What a client's message asks for; None for one that asks for nothing, on a channel that we do not read."""
    if not data:
        return None
    channel, payload = data[0], data[1:]
    if protocol == V5 and channel == _CLOSE:
        return InputEnd() if payload[:1] == bytes([STDIN]) else None
    if channel == STDIN:
        return Input(payload) if payload else None
    return _size(payload) if channel == RESIZE else None


def write(channel: int, data: bytes) -> bytes:
    """A message for a client."""
    return bytes([channel]) + data


def _size(payload: bytes) -> Resize | None:
    try:
        size = orjson.loads(payload)
        columns, rows = size["Width"], size["Height"]
    except (ValueError, TypeError, KeyError):
        return None
    is_sound = all(isinstance(side, int) and 0 < side < 1 << 16 for side in (columns, rows))
    return Resize(columns, rows) if is_sound else None
