"""Kubernetes' resource quantities: `250m`, `64Mi`, `1e3` as numbers. Pure."""

import math
import re
from collections.abc import Mapping
from decimal import ROUND_UP, Decimal

PATTERN = r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
_QUANTITY = re.compile(r"^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]+)|(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]))?$")
_LONGEST, _LONGEST_EXPONENT = 64, 4  # what is longer is no amount of anything, and takes long to reckon with
_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6,
    "G": Decimal(10) ** 9,
    "T": Decimal(10) ** 12,
    "P": Decimal(10) ** 15,
    "E": Decimal(10) ** 18,
    **{f"{sign}i": Decimal(1024) ** power for power, sign in enumerate("KMGTPE", start=1)},
}


def parse(text: str) -> Decimal:
    """The amount in its base unit (cores, bytes); `ValueError` in the API server's words if it does not parse."""
    match = _QUANTITY.match(text) if len(text) <= _LONGEST else None
    if match is None or len(match[2] or "") > _LONGEST_EXPONENT:
        raise ValueError(f"quantities must match the regular expression '{PATTERN}'")
    number, exponent, suffix = match.groups()
    return Decimal(number + (exponent or "")) * _SUFFIXES.get(suffix or "", Decimal(1))


_DECIMAL = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


def canonical(text: str) -> str:
    """The one spelling that Kubernetes keeps: `1024Mi` is `1Gi`, `0.5` is `500m`. `ValueError` as of `parse`."""
    text = text.strip()
    amount = parse(text)
    if amount == 0:
        return "0"
    match = _QUANTITY.match(text)
    assert match is not None
    _, exponent, suffix = match.groups()
    if suffix and suffix.endswith("i") and abs(amount) >= 1024 and amount == int(amount):
        power = 0
        while amount % 1024 == 0 and power < len(_BINARY) - 1:
            amount, power = amount / 1024, power + 1
        return f"{int(amount)}{_BINARY[power]}"
    nano = int((amount * 10**9).to_integral_value(rounding=ROUND_UP))
    step = 0
    while nano % 1000 == 0 and step < len(_DECIMAL) - 1:
        nano, step = nano // 1000, step + 1
    if exponent:
        power = (step - 3) * 3
        return f"{nano}e{power}" if power else str(nano)
    return f"{nano}{_DECIMAL[step]}"


def text(amount: Decimal, *, is_binary: bool = False) -> str:
    """The canonical spelling: the largest unit that leaves a whole number, of 1024 or of 1000."""
    if is_binary and amount == int(amount) and abs(amount) >= 1024:
        for power in range(6, 0, -1):
            if amount % 1024**power == 0:
                return f"{int(amount) // 1024**power}{'KMGTPE'[power - 1]}i"
        return str(int(amount))
    if not amount:
        return "0"
    for suffix, power in zip("EPTGMk", range(18, 0, -3), strict=True):
        if amount % 10**power == 0:
            return f"{int(amount) // 10**power}{suffix}"
    for suffix, power in (("", 0), ("m", 3), ("u", 6), ("n", 9)):
        scaled = amount * 10**power
        if scaled == int(scaled):
            return f"{int(scaled)}{suffix}"
    return f"{math.ceil(amount * 10**9)}n"


def texts(amounts: Mapping[str, Decimal], like: Mapping[str, str]) -> dict[str, str]:
    """Several, each in units of 1024 where `like` has it so, or where it is memory or storage that it does not name."""
    return {name: text(amount, is_binary=_is_binary(name, like.get(name))) for name, amount in amounts.items()}


def _is_binary(name: str, like: str | None) -> bool:
    return like.endswith("i") if like else name.endswith(("memory", "storage"))
