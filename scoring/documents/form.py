"""A kind of document: what people call it, where those that ship lie, and which errors it raises."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from scoring.errors import ScoringError


class InvalidDocument(ScoringError):
    """A document with mistakes: `problems` are all that were found, a line each; as a text it shows the first."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(problems[0] + more)
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Form:
    """One kind of document. `noun` names it and `parts` its best-known fields, in messages."""

    noun: str
    parts: str
    model: type[BaseModel]
    folder: Path
    """Where those that ship lie, `<name>.yaml` each."""
    missing: type[ScoringError]
    """Raised for one that cannot be found or read."""
    invalid: type[InvalidDocument]
    """Raised for one with mistakes."""
    most_chars: int = 200_000
    most_depth: int = 30
    """Deeper nesting would overflow the C parser's stack; what people write needs a third of it."""
