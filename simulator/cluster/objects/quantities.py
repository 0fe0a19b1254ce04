"""Kubernetes' resource quantities: `250m`, `64Mi`, `1e3` as numbers. Pure."""

import re
from decimal import ROUND_UP, Decimal

PATTERN = r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
_QUANTITY = re.compile(r"^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]+)|(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]))?$")
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
    match = _QUANTITY.match(text)
    if match is None:
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
