"""What comes after: what was good and what next, the review in the playbook's own parts, and what is left to do.

Pure: from a timeline, its playbook and its scorecard.
"""

from dataclasses import dataclass
from datetime import datetime

from scoring.review.items import ActionItem

ITEMS = "action_items"
"""The part that holds what is left to do."""


@dataclass(frozen=True)
class Part:
    """A part of a review. `asks` is what it wants to know, `text` what is known already, as Markdown."""

    id: str
    title: str
    asks: str
    text: str = ""


@dataclass(frozen=True)
class Due:
    """Something that the playbook wants handed in: its parts by id, and until when."""

    title: str
    parts: tuple[str, ...]
    until_at: datetime


@dataclass(frozen=True)
class Review:
    """A review, drafted or filed: the parts that are texts, and the action items.

    `wants_items` says that the playbook asks for them, `due` what has to be handed in until when.
    """

    drill: str
    parts: tuple[Part, ...]
    items: tuple[ActionItem, ...]
    wants_items: bool
    due: tuple[Due, ...]

    def text(self, part_id: str) -> str:
        """What a part says; empty for one that there is not."""
        return next((part.text for part in self.parts if part.id == part_id), "")
