"""Durations and instants as people read them: drill time first, wall time beside it."""

from datetime import datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def drill_time(seconds: float) -> str:
    """Drill seconds as `45s`, `4m 10s`, `1h 05m`, `2d 03h`; a leading minus for what came before."""
    sign = "−" if round(seconds) < 0 else ""
    whole = abs(round(seconds))
    if whole < _MINUTE:
        return f"{sign}{whole}s"
    if whole < _HOUR:
        return f"{sign}{_two(whole, _MINUTE, 'm', 1, 's')}"
    if whole < _DAY:
        return f"{sign}{_two(whole, _HOUR, 'h', _MINUTE, 'm')}"
    return f"{sign}{_two(whole, _DAY, 'd', _HOUR, 'h')}"


def wall_time(seconds: float) -> str:
    """Wall seconds as `4.2 s`, or minutes from two minutes on."""
    if abs(seconds) >= 2 * _MINUTE:
        minutes, rest = divmod(round(abs(seconds)), _MINUTE)
        return f"{'−' if seconds < 0 else ''}{minutes} min {rest:02d} s"
    return f"{seconds:.1f} s".replace("-", "−")


def both_times(drill_s: float, clock: float) -> str:
    """`4m 10s (4.2 s)`: drill time with the wall time in brackets."""
    return f"{drill_time(drill_s)} ({wall_time(drill_s / clock)})"


def clock_time(at: datetime) -> str:
    """The time of day of an instant in UTC, to a tenth of a second: `12:31:05.2`."""
    return f"{at:%H:%M:%S}.{at.microsecond // 100_000}"


def _two(whole: int, large: int, large_name: str, small: int, small_name: str) -> str:
    first, rest = divmod(whole, large)
    second = rest // small
    return f"{first}{large_name} {second:02d}{small_name}" if second else f"{first}{large_name}"
