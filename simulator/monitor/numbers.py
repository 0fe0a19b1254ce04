"""Numbers as Go prints them: in the API, in alerts' values and in templates."""

import math
from decimal import Decimal


def plain(value: float) -> str:
    """In full, never with an exponent (`FormatFloat(v, 'f', -1, 64)`)."""
    if not math.isfinite(value):
        return _special(value)
    if value == int(value) and abs(value) < 1e15:
        return "-0" if value == 0 and math.copysign(1, value) < 0 else str(int(value))
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def scientific(value: float) -> str:
    """Always with an exponent (`FormatFloat(v, 'e', -1, 64)`)."""
    if not math.isfinite(value):
        return _special(value)
    sign, digits, exponent = _parts(value)
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def shortest(value: float) -> str:
    """With an exponent from a million up and below a ten-thousandth (`%v`)."""
    if not math.isfinite(value):
        return _special(value)
    exponent = _parts(value)[2]
    if value != 0 and (exponent < -4 or exponent >= 6):
        return scientific(value)
    return plain(value)


def four_digits(value: float) -> str:
    """`%.4g`."""
    return _special(value) if not math.isfinite(value) else f"{value:.4g}"


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _parts(value: float) -> tuple[str, str, int]:
    """Sign, shortest digits and the decimal exponent of the first of them."""
    negative, digits, exponent = Decimal(repr(value)).as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    stripped = text.rstrip("0") or "0"
    first = len(text) - 1 + exponent if value != 0 else 0
    return ("-" if negative else ""), stripped, first
