"""What an expression asks for: a tree of plain values, checked to be within what the evaluator knows."""

from dataclasses import dataclass, field
from typing import Literal

from simulator.monitor.patterns import anchored

Kind = Literal["scalar", "string", "vector", "matrix"]
MatchOp = Literal["=", "!=", "=~", "!~"]


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; an absent label counts as empty."""

    name: str
    op: MatchOp
    value: str

    def accepts(self, value: str) -> bool:
        if self.op in ("=", "!="):
            return (value == self.value) is (self.op == "=")
        return (anchored(self.value).fullmatch(value) is not None) is (self.op == "=~")


@dataclass(frozen=True, slots=True)
class When:
    """Which instant is meant: the evaluation's own, moved by `offset_ms`, or pinned by `@`."""

    offset_ms: int = 0
    pinned: int | Literal["start", "end"] | None = None


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Instant:
    """`up{job="api"}`: the newest sample of each series."""

    matchers: tuple[Matcher, ...]
    when: When = field(default_factory=When)


@dataclass(frozen=True, slots=True)
class Window:
    """`up[5m]`: the samples of each series over `range_ms`."""

    matchers: tuple[Matcher, ...]
    range_ms: int
    when: When = field(default_factory=When)


@dataclass(frozen=True, slots=True)
class Subquery:
    """`(...)[5m:30s]`; `step_ms` None is the evaluation interval."""

    inner: "Plan"
    range_ms: int
    step_ms: int | None
    when: When = field(default_factory=When)


@dataclass(frozen=True, slots=True)
class Negate:
    inner: "Plan"


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Plan", ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    operator: str
    inner: "Plan"
    parameter: "Plan | None"
    labels: tuple[str, ...]
    is_without: bool


@dataclass(frozen=True, slots=True)
class Matching:
    """How two vectors are joined; `many` is the side of which several elements may meet one of the other."""

    labels: tuple[str, ...] = ()
    is_on: bool = False
    many: Literal["none", "left", "right"] = "none"
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Plan"
    right: "Plan"
    returns_bool: bool
    matching: Matching


Plan = Number | Text | Instant | Window | Subquery | Negate | Call | Aggregate | Binary

_SCALAR_CALLS = ("time", "scalar", "pi")


def kind_of(plan: Plan) -> Kind:
    """The type that the plan's answer has."""
    match plan:
        case Number():
            return "scalar"
        case Text():
            return "string"
        case Window() | Subquery():
            return "matrix"
        case Negate(inner):
            return kind_of(inner)
        case Call(function):
            return "scalar" if function in _SCALAR_CALLS else "vector"
        case Binary(left=left, right=right):
            return "scalar" if kind_of(left) == kind_of(right) == "scalar" else "vector"
        case _:
            return "vector"
