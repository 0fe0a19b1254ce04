"""A form as a page shows it: what was drafted, or what somebody typed and why it was refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shown:
    """Values and faults by the name of a field; `is_back` says that the form comes back to whoever sent it."""

    key: str
    values: Mapping[str, list[str]] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    is_back: bool = False

    def text(self, name: str, otherwise: str = "") -> str:
        """What a field holds."""
        return next(iter(self.values.get(name, [])), otherwise)

    def has(self, name: str, value: str) -> bool:
        """Whether this is chosen under a name."""
        return value in self.values.get(name, [])

    def fault(self, name: str) -> str:
        """Why a field is refused; empty where it is not."""
        return self.faults.get(name, "")
