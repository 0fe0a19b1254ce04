"""Kubernetes' resource quantities: `250m`, `64Mi`, `1e3` as numbers. Pure."""

import re
from decimal import Decimal

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
