"""A suite: which drills are played, how, and what a gate requires of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from scoring.playbook import DIMENSIONS
from simulator.drill.catalog import experiment_file, suite_file
from simulator.drill.documents import Document, read_document
from simulator.drill.safeguards.written import Safeguard
from simulator.drill.strict import Strict, read_as
from simulator.errors import BadInput

Sla = Literal["ttd", "tta", "ttc", "ttm", "ttr"]
Dimension = Literal["detect", "acknowledge", "classify", "communicate", "escalate", "diagnose", "mitigate", "close"]
EVERY_SLA: tuple[Sla, ...] = ("ttd", "tta", "ttc", "ttm", "ttr")
MOST_ATTEMPTS = 3


def _share(value: Any) -> Any:
    """`40%` as 0.4; a number stays what it is."""
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            return float(value.strip()[:-1]) / 100
        except ValueError:
            raise ValueError(f"{value!r} is no share; write it as 40% or 0.4") from None
    return value


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Share = Annotated[
    float,
    BeforeValidator(_share),
    Field(ge=0, le=1),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": r"^\s*[\d.]+%\s*$"}]}
    ),
]
_LIST = {"type": "array", "items": {"type": "string"}, "minItems": 1}
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_more),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, _LIST]}),
]


class Budgets(Strict):
    """What a drill must keep to. A hard fail breaks it whatever else is said.

    `score` is the least, in points of 100; `slas` must hold; `requests_failed` is the largest share of users' requests
    between onset and mitigation; `noise` the most alerts that fire for nothing. What is left out is not required.
    """

    score: Annotated[float, Field(ge=0, le=100)] | None = None
    slas: tuple[Sla, ...] = EVERY_SLA
    requests_failed: Share | None = None
    noise: Annotated[int, Field(ge=0)] | None = None

    def with_own(self, own: "Budgets | None") -> "Budgets":
        """These, and where a drill has budgets of its own, those."""
        return self if own is None else self.model_copy(update={k: getattr(own, k) for k in own.model_fields_set})


class Repetitions(Strict):
    """How often a drill is played at most. Less than two would tell red from a single attempt."""

    most: Annotated[int, Field(ge=2, le=10)] = MOST_ATTEMPTS


class SuiteDrill(Strict):
    """One drill: an experiment, or several at once. In a control drill nothing is injected."""

    experiment: Names
    budgets: Budgets | None = None
    control: bool = False

    @model_validator(mode="before")
    @classmethod
    def _written_short(cls, value: Any) -> Any:
        return {"experiment": value} if isinstance(value, str | list) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, _LIST, handler.resolve_ref_schema(handler(core))]}


class Suite(Strict):
    """A suite as it is written. Where it is silent, the command line or a default decides.

    `dimensions` count in the score; the weight of the others is shared out over them. `safeguards` are Chaos Toolkit
    probes; one outside its tolerance stops a drill, and all that follow as long as it is.
    """

    title: str = ""
    playbook: str | None = None
    responder: str | None = None
    clock: float | None = None
    users: int | None = None
    variant: str | None = None
    experiments: Annotated[tuple[SuiteDrill, ...], Field(min_length=1)]
    repetitions: Repetitions = Repetitions()
    budgets: Budgets = Budgets()
    dimensions: Annotated[tuple[Dimension, ...], Field(min_length=1)] | None = None
    safeguards: tuple[Safeguard, ...] = ()

    @property
    def not_assessed(self) -> tuple[str, ...]:
        """The dimensions that do not count."""
        return () if self.dimensions is None else tuple(name for name in DIMENSIONS if name not in self.dimensions)


@dataclass(frozen=True)
class SuiteFile:
    """A suite and the file that it is from; `files` are the experiments of each of its drills."""

    path: Path
    suite: Suite
    files: tuple[tuple[Path, ...], ...]

    @property
    def name(self) -> str:
        """What it is called by."""
        return self.path.stem

    @property
    def title(self) -> str:
        """What people call it."""
        return self.suite.title or self.name


def read_suite(name: str) -> SuiteFile:
    """The suite of a path or a shipped name. Raises `BadInput` that names file, line and mend."""
    path = suite_file(name)
    document = read_document(path)
    suite = read_as(document, Suite, "suite")
    return SuiteFile(
        path, suite, tuple(_files(document, drill.experiment, i) for i, drill in enumerate(suite.experiments))
    )


def _files(document: Document, names: Sequence[str], index: int) -> tuple[Path, ...]:
    """The experiments of one drill: a path from the suite's folder comes first."""
    folder = document.path.parent
    try:
        files = tuple(experiment_file(str(folder / name) if (folder / name).exists() else name) for name in names)
    except BadInput as error:
        raise document.fail(str(error), "experiments", index) from None
    if len(set(files)) < len(files):
        raise document.fail("the same experiment twice at once; name each once", "experiments", index)
    return files
