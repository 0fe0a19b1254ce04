"""Durations as Prometheus writes them (`1h30m`, `250ms`), in whole milliseconds."""

import re

_UNITS_MS = {
    "y": 31_536_000_000,
    "w": 604_800_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
    "ms": 1,
}
_SHAPE = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?")
EXAMPLE = "5m, 30s, 250ms or 1h30m"


def parse_duration(text: str) -> int:
    """Milliseconds of `text`; `0` needs no unit. Raises ValueError for anything that Prometheus refuses."""
    if text == "0":
        return 0
    match = _SHAPE.fullmatch(text)
    if not text or match is None:
        raise ValueError(f"{text!r} is not a duration; write it as {EXAMPLE}")
    amounts = zip(match.groups(), _UNITS_MS.values(), strict=True)
    return sum(int(amount) * unit for amount, unit in amounts if amount is not None)


def format_duration(milliseconds: int) -> str:
    """The shortest exact spelling in units from days down to milliseconds, such as `2s500ms`."""
    if milliseconds == 0:
        return "0s"
    sign, left, parts = ("-" if milliseconds < 0 else ""), abs(milliseconds), []
    for unit in ("d", "h", "m", "s", "ms"):
        amount, left = divmod(left, _UNITS_MS[unit])
        if amount:
            parts.append(f"{amount}{unit}")
    return sign + "".join(parts)
