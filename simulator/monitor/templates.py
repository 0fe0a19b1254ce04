"""The part of Go templates that alert rules use: `{{ $labels.pod }}`, `{{ $value | humanize }}`, `printf`.

A template is checked when the rules are loaded; what is not known here is refused then.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from simulator.monitor.numbers import four_digits, plain, shortest

Value = str | float


@dataclass(frozen=True, slots=True)
class Facts:
    """What a template can see."""

    labels: Mapping[str, str]
    value: float
    external_labels: Mapping[str, str]
    external_url: str = ""


Term = Callable[[Facts], Value]
Template = Callable[[Facts], str]

_ACTION = re.compile(r"\{\{(-\s)?\s*(.*?)\s*(\s-)?\}\}", re.DOTALL)
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|`[^`]*`|\||[$.]?[\w.]+|\S)')


def compile_template(text: str) -> Template:
    """A function from facts to text. Raises ValueError for template code that is not supported."""
    parts: list[str | Term] = []
    position, trims_next = 0, False
    for match in _ACTION.finditer(text):
        literal = text[position : match.start()]
        literal = literal.lstrip() if trims_next else literal
        parts.append(literal.rstrip() if match[1] else literal)
        if not match[2].startswith("/*"):
            parts.append(_pipeline(match[2]))
        position, trims_next = match.end(), bool(match[3])
    rest = text[position:]
    if "{{" in rest:
        raise ValueError("there is a '{{' without its '}}'; close it")
    parts.append(rest.lstrip() if trims_next else rest)
    return lambda facts: "".join(part if isinstance(part, str) else _show(part(facts)) for part in parts)


def _pipeline(code: str) -> Term:
    commands: list[list[str]] = [[]]
    for token in _TOKEN.findall(code):
        if token == "|":
            commands.append([])
        else:
            commands[-1].append(token)
    term: Term | None = None
    for command in commands:
        term = _command(command, term, code)
    assert term is not None
    return term


def _command(tokens: list[str], piped: Term | None, code: str) -> Term:
    if not tokens:
        raise ValueError(f"'{{{{ {code} }}}}' has an empty command")
    if tokens[0] not in _FUNCTIONS:
        if len(tokens) > 1 or piped is not None:
            known = ", ".join(_FUNCTIONS)
            raise ValueError(f"'{{{{ {code} }}}}' is not supported; the template functions known are {known}")
        return _operand(tokens[0], code)
    function, count = _FUNCTIONS[tokens[0]]
    arguments = [_operand(token, code) for token in tokens[1:]] + ([piped] if piped else [])
    if count is not None and len(arguments) != count:
        raise ValueError(f"'{{{{ {code} }}}}': {tokens[0]} takes {count} argument, not {len(arguments)}")
    if tokens[0] == "printf":
        _check_printf(tokens, code)
    return lambda facts: function(*(argument(facts) for argument in arguments))


def _operand(token: str, code: str) -> Term:
    if token[0] in '"`':
        text = token[1:-1] if token[0] == "`" else _unquote(token)
        return lambda facts: text
    root, _, name = token.removeprefix("$").partition(".") if token[0] == "$" else _dotted(token)
    match root, name:
        case (("labels" | "Labels"), name) if name and "." not in name:
            return lambda facts: facts.labels.get(name, "")
        case (("externalLabels" | "ExternalLabels"), name) if name and "." not in name:
            return lambda facts: facts.external_labels.get(name, "")
        case (("value" | "Value"), ""):
            return lambda facts: facts.value
        case (("externalURL" | "ExternalURL"), ""):
            return lambda facts: facts.external_url
    try:
        number = float(token)
    except ValueError:
        raise ValueError(
            f"'{{{{ {code} }}}}' is not supported at {token!r}; use $labels.name, $value, $externalLabels.name "
            f"or one of {', '.join(_FUNCTIONS)}"
        ) from None
    return lambda facts: number


def _dotted(token: str) -> tuple[str, str, str]:
    return token[1:].partition(".") if token[0] == "." and not token[1:2].isdigit() else ("", "", "")


def _unquote(token: str) -> str:
    escapes = {"n": "\n", "t": "\t"}
    return re.sub(r"\\(.)", lambda match: escapes.get(match[1], match[1]), token[1:-1])


def _show(value: Value) -> str:
    return value if isinstance(value, str) else shortest(value)


def _number(value: Value) -> float:
    return float(value) if isinstance(value, str) else value


def _scaled(value: float, base: float, prefixes: str) -> tuple[float, str]:
    """`value` over or times `base` until it is handy, and the prefix that says how often."""
    prefix = ""
    for candidate in prefixes:
        if (abs(value) < base) if base > 1 else (abs(value) >= 1):
            break
        value, prefix = value / base, candidate
    return value, prefix


def _humanize(given: Value) -> str:
    value = _number(given)
    if value == 0 or not math.isfinite(value):
        return four_digits(value)
    large = abs(value) >= 1
    value, prefix = _scaled(value, 1000, "kMGTPEZY") if large else _scaled(value, 0.001, "munpfazy")
    return four_digits(value) + prefix


def _humanize_1024(given: Value) -> str:
    value = _number(given)
    if abs(value) <= 1 or not math.isfinite(value):
        return four_digits(value)
    value, prefix = _scaled(value, 1024, "kMGTPEZY")
    return four_digits(value) + (f"{prefix}i" if prefix else "")


def _humanize_duration(given: Value) -> str:
    value = _number(given)
    if not math.isfinite(value):
        return four_digits(value)
    if value != 0 and abs(value) < 1:
        value, prefix = _scaled(value, 0.001, "munpfazy")
        return f"{four_digits(value)}{prefix}s"
    sign, whole = ("-" if value < 0 else ""), int(abs(value))
    days, hours, minutes, seconds = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    return f"{sign}{minutes}m {seconds}s" if minutes else f"{sign}{four_digits(abs(value))}s"


def _humanize_percentage(given: Value) -> str:
    return four_digits(_number(given) * 100) + "%"


def _humanize_timestamp(given: Value) -> str:
    value = _number(given)
    if not math.isfinite(value):
        return four_digits(value)
    at = datetime.fromtimestamp(value, tz=UTC)
    fraction = f".{at.microsecond // 1000:03d}".rstrip("0").rstrip(".")
    return f"{at:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


_VERB = re.compile(r"%([-+ 0#]*)(\d*)(?:\.(\d+))?([a-zA-Z%])")


def _check_printf(tokens: list[str], code: str) -> None:
    if len(tokens) < 2 or tokens[1][0] not in '"`':
        raise ValueError(f"'{{{{ {code} }}}}': printf needs its format first, in quotes")
    for match in _VERB.finditer(tokens[1]):
        if match[4] not in "fegsvq%":
            raise ValueError(f"'{{{{ {code} }}}}': printf's {match[0]!r} is not supported; use %f, %g, %s or %v")


def _printf(form: Value, *arguments: Value) -> str:
    left = iter(arguments)

    def fill(match: re.Match[str]) -> str:
        flags, width, precision, verb = match.groups()
        if verb == "%":
            return "%"
        value = next(left, "%!" + verb + "(MISSING)")
        if verb in "svq" or isinstance(value, str):
            text = _show(value) if verb != "q" else f'"{value}"'
        elif not math.isfinite(value):
            text = plain(value)
        elif precision is None and verb == "g":
            text = shortest(value)
        else:
            text = f"%{flags}.{precision or 6}{verb}" % value
        return text.ljust(int(width or 0)) if "-" in flags else text.rjust(int(width or 0))

    return _VERB.sub(fill, str(form))


_FUNCTIONS: Mapping[str, tuple[Callable[..., str], int | None]] = {
    "humanize": (_humanize, 1),
    "humanize1024": (_humanize_1024, 1),
    "humanizeDuration": (_humanize_duration, 1),
    "humanizePercentage": (_humanize_percentage, 1),
    "humanizeTimestamp": (_humanize_timestamp, 1),
    "printf": (_printf, None),
    "toUpper": (lambda value: str(value).upper(), 1),
    "toLower": (lambda value: str(value).lower(), 1),
    "title": (lambda value: re.sub(r"\b\w", lambda m: m[0].upper(), str(value)), 1),
}
