"""Settings by environment variables; one that is malformed names itself, what it holds and what it should hold."""

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

EX_CONFIG = 78  # sysexits.h: something was found in an unconfigured or misconfigured state
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class BadSetting(Exception):
    """A setting that the process cannot start with; the message is the one line to log."""


def read_log_level(env: Mapping[str, str]) -> str:
    """`LOG_LEVEL`. Raises `BadSetting`."""
    return Reader(env).choice("LOG_LEVEL", "INFO", LOG_LEVELS)


class Reader:
    """Reads single values; an empty value counts as not set. `default=None` makes a setting required."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def text(self, name: str, default: str | None) -> str:
        value = self._env.get(name, "").strip() or default
        if value is None:
            raise BadSetting(f"{name} is not set")
        return value

    def beginning_with(self, prefix: str) -> dict[str, str]:
        """All that are set under a name that begins so, by the rest of the name."""
        names = [name for name in self._env if name.startswith(prefix) and name != prefix]
        return {name.removeprefix(prefix): value for name in names if (value := self.text(name, ""))}

    def choice(self, name: str, default: str, known: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in known:
            raise BadSetting(f"{name} must be one of {', '.join(filter(None, known))}, not {value!r}")
        return value

    def boolean(self, name: str, default: bool) -> bool:
        value = self.text(name, str(default)).lower()
        if value not in ("true", "false", "1", "0"):
            raise BadSetting(f"{name} must be true or false, not {value!r}")
        return value in ("true", "1")

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self._convert(name, str(default), int, "a whole number")
        if not low <= value <= high:
            raise BadSetting(f"{name} must be from {low} to {high}, not {value}")
        return value

    def seconds(self, name: str, default: float) -> float:
        value = self._convert(name, str(default), float, "a number of seconds")
        if not 0 < value < float("inf"):
            raise BadSetting(f"{name} must be more than 0 seconds, not {value}")
        return value

    def number(self, name: str, default: float) -> float:
        return self._convert(name, str(default), float, "a number")

    def url(self, name: str, default: str | None, schemes: tuple[str, ...]) -> str:
        value = self.text(name, default)
        try:
            parts = urlsplit(value)
            good = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:  # a port that is no number; the value is not shown, it may hold a password
            good = False
        if not good:
            raise BadSetting(f"{name} must be a URL that begins with {schemes[0]}:// and names a host")
        return value

    def _convert(self, name: str, default: str, convert: Callable[[str], T], wanted: str) -> T:
        value = self.text(name, default)
        try:
            return convert(value)
        except ValueError:
            raise BadSetting(f"{name} must be {wanted}, not {value!r}") from None
