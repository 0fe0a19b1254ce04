"""Rule files: ordinary Prometheus groups of alerting and recording rules, checked whole when loaded."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from simulator.monitor.documents import Field
from simulator.monitor.errors import BadQuery, BadRules
from simulator.monitor.promql.plan import Plan, kind_of
from simulator.monitor.promql.read import read
from simulator.monitor.templates import Template, compile_template

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class AlertRule:
    """`for_ms` and `keep_firing_for_ms` in milliseconds of wall time, as the file says."""

    name: str
    query: str
    plan: Plan
    for_ms: int
    keep_firing_for_ms: int
    labels: dict[str, str]
    annotations: dict[str, str]
    label_templates: dict[str, Template]
    annotation_templates: dict[str, Template]


@dataclass(frozen=True, slots=True)
class RecordRule:
    name: str
    query: str
    plan: Plan
    labels: dict[str, str]


Rule = AlertRule | RecordRule


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules that are evaluated in order at the same instant, every `interval_ms`."""

    name: str
    file: str
    interval_ms: int
    limit: int
    rules: tuple[Rule, ...]


def load_rules(paths: Iterable[Path], default_interval_ms: int) -> tuple[RuleGroup, ...]:
    """All groups of the files. Raises BadRules naming file, line and field."""
    groups: list[RuleGroup] = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadRules(f"{path}:1: cannot be read: {error}; correct rule_files") from error
        groups += parse_rules(text, str(path), default_interval_ms)
    return tuple(groups)


def parse_rules(text: str, file: str, default_interval_ms: int = 60_000) -> tuple[RuleGroup, ...]:
    """The groups of one file's text. Raises BadRules."""
    top = Field.read(file, text, BadRules).mapping(("groups",))
    groups: dict[str, RuleGroup] = {}
    for entry in top["groups"].items() if "groups" in top else []:
        fields = entry.mapping(("name", "interval", "limit", "rules"))
        name = fields["name"].text() if "name" in fields else ""
        if not name:
            raise entry.problem("has no name; give it one")
        if name in groups:
            raise entry.problem(f"there is another group named {name!r} in this file; names must differ")
        interval_ms = fields["interval"].duration_ms() if "interval" in fields else default_interval_ms
        rules = tuple(_rule(item) for item in fields["rules"].items()) if "rules" in fields else ()
        groups[name] = RuleGroup(name, file, interval_ms, _limit(fields.get("limit")), rules)
    return tuple(groups.values())


def _limit(field: Field | None) -> int:
    text = field.text() if field else "0"
    if field and not text.isdigit():
        raise field.problem(f"{text!r} must be a whole number, 0 for none")
    return int(text)


def _rule(entry: Field) -> Rule:
    known = ("alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations")
    fields = entry.mapping(known)
    if ("alert" in fields) is ("record" in fields):
        raise entry.problem("must have either 'alert' or 'record'")
    kind = "alert" if "alert" in fields else "record"
    name = fields[kind].text()
    if not name or (kind == "record" and not _METRIC.fullmatch(name)):
        raise fields[kind].problem(f"{name!r} cannot be the name of a rule; rename it")
    if "expr" not in fields:
        raise entry.problem(f"{kind} {name!r} has no expr; give it one")
    query = fields["expr"].text().strip()
    plan = _plan(fields["expr"], kind, name, query)
    labels = _labels(fields.get("labels"))
    if kind == "record":
        for wrong in ("for", "keep_firing_for", "annotations"):
            if wrong in fields:
                raise fields[wrong].problem(f"has no meaning in the recording rule {name!r}; remove it")
        return RecordRule(name, query, plan, labels)
    annotations = fields["annotations"].strings() if "annotations" in fields else {}
    return AlertRule(
        name,
        query,
        plan,
        fields["for"].duration_ms(positive=False) if "for" in fields else 0,
        fields["keep_firing_for"].duration_ms(positive=False) if "keep_firing_for" in fields else 0,
        labels,
        annotations,
        _templates(fields.get("labels")),
        _templates(fields.get("annotations")),
    )


def _plan(field: Field, kind: str, name: str, query: str) -> Plan:
    try:
        plan = read(query)
    except BadQuery as error:
        raise field.problem(f"{kind} {name!r}: {error}") from error
    if kind_of(plan) not in ("vector", "scalar"):
        raise field.problem(f"{kind} {name!r}: {query} gives a {kind_of(plan)}; a rule needs an instant vector")
    return plan


def _labels(field: Field | None) -> dict[str, str]:
    for name, value in field.mapping().items() if field else ():
        if not _LABEL.fullmatch(name) or name == "__name__":
            raise value.problem(f"{name!r} cannot be a label's name; rename it")
    return field.strings() if field else {}


def _templates(field: Field | None) -> dict[str, Template]:
    templates: dict[str, Template] = {}
    for name, value in field.mapping().items() if field else ():
        try:
            templates[name] = compile_template(value.text())
        except ValueError as error:
            raise value.problem(str(error)) from error
    return templates
