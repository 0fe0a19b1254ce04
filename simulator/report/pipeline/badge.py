"""A badge: a small SVG that stands by itself, and the JSON that shields.io makes one of."""

import json
from html import escape

from simulator.report.gate import Gate, Outcome
from simulator.report.spread import gate_score

_FILL: dict[Outcome, str] = {"passed": "#1a7f4b", "failed": "#b5303a", "inconclusive": "#6b6459"}
_SHIELDS: dict[Outcome, str] = {"passed": "success", "failed": "critical", "inconclusive": "inactive"}
_LETTER = 6.6
"""Pixels of a letter of 11 px; `textLength` fits the words to it whatever font there is."""
_SIDE = 7


def render_badge(gate: Gate) -> str:
    """`resilience 96 | passed` as SVG; a screen reader reads its title."""
    left, right = _label(gate), gate.outcome
    left_px, right_px = _width(left), _width(right)
    title = escape(f"{left}: {right}")
    words = "".join(
        f'<text x="{x}" y="14" textLength="{_width(text) - 2 * _SIDE}">{escape(text)}</text>'
        for x, text in ((_SIDE, left), (left_px + _SIDE, right))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left_px + right_px}" height="20" role="img" '
        f'aria-label="{title}"><title>{title}</title><clipPath id="round"><rect width="{left_px + right_px}" '
        f'height="20" rx="3"/></clipPath><g clip-path="url(#round)"><rect width="{left_px}" height="20" fill="#444"/>'
        f'<rect x="{left_px}" width="{right_px}" height="20" fill="{_FILL[gate.outcome]}"/></g>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">{words}</g></svg>\n'
    )


def render_badge_json(gate: Gate) -> str:
    """What shields.io's endpoint badge reads."""
    badge = {"schemaVersion": 1, "label": _label(gate), "message": gate.outcome, "color": _SHIELDS[gate.outcome]}
    return json.dumps(badge) + "\n"


def _label(gate: Gate) -> str:
    score = gate_score(gate)
    return "resilience" if score is None else f"resilience {score:.0f}"


def _width(text: str) -> int:
    return round(len(text) * _LETTER) + 2 * _SIDE
