"""People's words for what a playbook names: levels, roles, audiences, whom to call, and the parts of an update."""

import re
from collections.abc import Iterable, Sequence

from scoring.playbook import Playbook
from scoring.timeline import Data

_PARTED = re.compile(r"[;|\n]")
_FIELDS = {
    "status": "status",
    "impact": "impact",
    "next": "next_step",
    "next step": "next_step",
    "next update": "next_update_at",
}


def plain(text: str) -> str:
    """Letters and digits only, in one case, so that `sev 2`, `SEV-2` and `Sev2` are the same word."""
    return "".join(c for c in text.casefold() if c.isalnum())


def one_of(said: str, known: Iterable[str]) -> str | None:
    """The known word that is meant, None where there is none."""
    wanted = plain(said)
    return next((word for word in known if wanted and plain(word) == wanted), None)


def level_named(said: str, playbook: Playbook) -> str | None:
    """The playbook's level of that name, whatever its case, hyphens and spaces."""
    return one_of(said, (level.id for level in playbook.levels))


def called(said: Sequence[str], playbook: Playbook) -> list[str]:
    """Those of `said` whom the playbook's escalations name, as it spells them."""
    known = [to for rule in playbook.escalations for to in rule.to]
    return list(dict.fromkeys(word for name in said if (word := one_of(name, known))))


def heard_in(place: str, playbook: Playbook) -> list[str]:
    """The audiences that listen where something was said: a channel's, or the audience of that very name."""
    return [a.id for a in playbook.audiences if place and plain(place) in (plain(a.channel), plain(a.id))]


def update_parts(text: str) -> Data:
    """What an update says under labels, as in `status: degraded; impact: a tenth of users; next: fail over`.

    Labels are `status`, `impact`, `next` (or `next step`) and `next update`, parted by semicolons, bars or new lines.
    """
    parts = (part.partition(":") for part in _PARTED.split(text))
    said = ((_FIELDS.get(" ".join(label.lower().split())), value.strip()) for label, _, value in parts)
    return {field: value for field, value in said if field and value}
