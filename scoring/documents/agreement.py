"""Whether the parts of a document agree: double names, and names that lead nowhere."""

from collections.abc import Iterator, Sequence

from scoring.canonical import did_you_mean

Place = tuple[str | int, ...]
Fault = tuple[Place, str]


class Inconsistent(ValueError):
    """Parts of a document contradict each other; `faults` are all of them, with their places."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(message for _, message in faults))
        self.faults = tuple(faults)


def doubles(noun: str, places: Sequence[Place], ids: Sequence[str]) -> Iterator[Fault]:
    """A fault for each id that was there before; `places` are those of the ids."""
    seen: set[str] = set()
    for place, name in zip(places, ids, strict=True):
        if name in seen:
            yield place, f"{noun} '{name}' is there twice; give each its own id"
        seen.add(name)


def refer(place: Place, noun: str, names: Sequence[str], known: Sequence[str]) -> Iterator[Fault]:
    """A fault for each of `names` that is none of the known."""
    for name in names:
        if name not in known:
            hint = did_you_mean(name, list(known)) or f"; there are: {', '.join(known) or 'none'}"
            yield place, f"there is no {noun} '{name}'{hint}"
