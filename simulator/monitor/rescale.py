"""Rule files and configurations for a drill clock: every duration divided by it, everything else left alone.

At clock 60, `rate(x[5m])` looks back 5 s, `for: 2m` waits 2 s, and a scrape interval of 15 s is 250 ms. What
is rewritten: ranges, subquery steps and offsets in PromQL; `for`, `keep_firing_for` and `interval` of rules;
the intervals and timeouts of a configuration. What is not: strings, label values, annotations, comments,
thresholds, `@` times and durations that stand for a number (`time() - x > 5m`). Pure.
"""

import json
import re
from collections.abc import Callable, Iterator

import yaml

from simulator.errors import BadInput
from simulator.monitor.documents import Field
from simulator.monitor.durations import format_duration, parse_duration
from simulator.monitor.errors import BadRules
from simulator.monitor.rules import AlertRule, Rule, parse_rules

_TOKEN = re.compile(
    r"""(?P<skip>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|\#[^\n]*)"""
    r"""|(?P<offset>\boffset\s+-?\s*)(?P<by>\d[\dywdhms]*)"""
    r"""|(?P<brackets>\[[^\]\[]*\])""",
    re.IGNORECASE,
)
_DURATION = re.compile(r"\d[\dywdhms]*")
_Edit = tuple[int, int, str]


def rescale_rules(text: str, clock: float, *, file: str = "rules") -> str:
    """The rule file for a clock `clock` times as fast as wall time; comments and layout stay.

    Durations are rounded to whole milliseconds; ranges and offsets never become shorter than 1 ms. Raises
    BadRules for a file that does not load, BadInput for a clock that is not above zero.
    """
    _check_clock(clock)
    parse_rules(text, file)
    if clock == 1:
        return text
    edits: list[_Edit] = []
    for group in _items(Field.read(file, text, BadRules).mapping(), "groups"):
        fields = group.mapping()
        edits += _durations(text, fields, ("interval",), clock)
        for rule in _items(fields, "rules"):
            inner = rule.mapping()
            edits += _durations(text, inner, ("for", "keep_firing_for"), clock)
            edits.append(_edit(text, inner["expr"], lambda query: rescale_query(query, clock)))
    rescaled = _apply(text, edits)
    parse_rules(rescaled, file)
    return rescaled


def rescale_query(query: str, clock: float) -> str:
    """A PromQL expression with its ranges, subquery steps and offsets for the clock."""

    def replace(match: re.Match[str]) -> str:
        if match["offset"]:
            return match["offset"] + _divided(match["by"], clock, least_ms=1)
        if match["brackets"]:
            return _DURATION.sub(lambda found: _divided(found[0], clock, least_ms=1), match["brackets"])
        return match[0]

    return _TOKEN.sub(replace, query)


def rescale_duration(text: str, clock: float) -> str:
    """One duration for the clock, such as `5m` → `5s` at 60; zero stays zero, else at least 1 ms."""
    _check_clock(clock)
    return _divided(text, clock, least_ms=1 if parse_duration(text) else 0)


def alert_names(text: str, *, file: str = "rules") -> tuple[str, ...]:
    """The names of the alerts in a rule file, each once, in the file's order."""
    return tuple(dict.fromkeys(name for name, _ in alert_for_s(text, file=file)))


def alert_for_s(text: str, *, file: str = "rules") -> list[tuple[str, float]]:
    """(name, `for` in the file's own seconds) of each alert in a rule file, in the file's order."""
    return [(rule.name, rule.for_ms / 1000) for rule in _rules(text, file) if isinstance(rule, AlertRule)]


def looks_back_s(text: str, *, file: str = "rules") -> float:
    """How far any rule of a file looks back at most, in the file's own seconds: its ranges, steps and offsets added."""
    return max((sum(_durations_ms(rule.query)) / 1000 for rule in _rules(text, file)), default=0.0)


def _durations_ms(query: str) -> Iterator[int]:
    for match in _TOKEN.finditer(query):
        for duration in _DURATION.findall(match["by"] or match["brackets"] or ""):
            yield _milliseconds(duration)


def _rules(text: str, file: str) -> Iterator[Rule]:
    for group in parse_rules(text, file):
        yield from group.rules


def _check_clock(clock: float) -> None:
    if not 0 < clock < float("inf"):
        raise BadInput(f"the drill clock must be above zero, not {clock}; 60 plays a minute in a second")


def _divided(text: str, clock: float, *, least_ms: int) -> str:
    return format_duration(max(least_ms, round(_milliseconds(text) / clock)))


def _milliseconds(text: str) -> int:
    return int(text) * 1000 if text.isdigit() else parse_duration(text)


def _items(fields: dict[str, Field], name: str) -> list[Field]:
    return fields[name].items() if name in fields else []


def _durations(text: str, fields: dict[str, Field], names: tuple[str, ...], clock: float) -> Iterator[_Edit]:
    for name in names:
        if name in fields:
            fields[name].duration_ms(positive=False)
            yield _edit(text, fields[name], lambda duration: rescale_duration(duration.strip(), clock))


def _edit(text: str, field: Field, change: Callable[[str], str]) -> _Edit:
    """Replaces one scalar: in its own spelling where that says the same, else as a quoted string."""
    start, end = field.node.start_mark.index, field.node.end_mark.index
    source, wanted = text[start:end], change(field.text())
    if source[:1] in ("&", "!"):
        raise field.problem("carries an anchor or a tag, which cannot be rescaled; write the value plainly")
    try:
        changed = change(source)
        node = yaml.compose(f"x: {changed}", Loader=yaml.SafeLoader)
        if isinstance(node, yaml.MappingNode) and node.value[0][1].value == wanted:
            return start, end, changed
    except (yaml.YAMLError, ValueError):
        pass
    return start, end, json.dumps(wanted, ensure_ascii=False) + source[len(source.rstrip()) :]


def _apply(text: str, edits: list[_Edit]) -> str:
    for start, end, replacement in sorted(set(edits), reverse=True):
        text = text[:start] + replacement + text[end:]
    return text
