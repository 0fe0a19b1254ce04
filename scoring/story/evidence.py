"""Words for what speaks for or against users being served: answers and conditions.

Where something is missing from the record the answer is "cannot tell", never yes or no.
"""

from dataclasses import dataclass
from enum import Enum
from operator import itemgetter

from scoring.story.chronicle import Chronicle
from scoring.timeline import Event

_NAME_AND_OK = itemgetter("name", "ok")


class Answer(Enum):
    """What can be said about one candidate."""

    HOLDS = "holds"
    FAILS = "fails"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Condition:
    """One condition of *mitigated* with what was seen; `ok` is None where nobody looked."""

    name: str
    ok: bool | None
    seen: str


def verification_s(chronicle: Chronicle) -> float:
    """W in wall seconds: the longer of the playbook's verification window and the longest alert `for`."""
    longest = chronicle.baseline.longest_for_s if chronicle.baseline else 0.0
    return max(chronicle.playbook.verification.window.value, longest) / chronicle.drill.clock


def read_conditions(event: Event) -> list[Condition]:
    """The conditions that an `oracle.checked` event lists; what does not look like one is left out."""
    listed = event.data.get("conditions")
    found = []
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            ok = item.get("ok")
            found.append(Condition(item["name"], ok if isinstance(ok, bool) else None, str(item.get("seen", ""))))
    return found


def saw_bent_rules(event: Event) -> bool:
    """Whether a check found that the monitor's rules were not the ones that were loaded."""
    listed = event.data.get("conditions")
    if not isinstance(listed, list):
        return False
    try:
        if ("rules_intact", False) not in map(_NAME_AND_OK, listed):
            return False
    except (KeyError, TypeError):
        pass  # not every condition is one; those that are count all the same
    return any(isinstance(c, dict) and c.get("ok") is False and c.get("name") == "rules_intact" for c in listed)
