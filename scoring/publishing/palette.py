"""The colours of documents and of what is drawn in them, by name, for light and for dark."""

import re
from collections.abc import Mapping

LIGHT = {
    "ground": "#ffffff",
    "text": "#1d2326",
    "quiet": "#566167",
    "line": "#d5dadc",
    "accent": "#0b5d7a",
    "band": "#f3f5f6",
    "served": "#8fb4c4",
    "failed": "#b3261e",
    "failed-soft": "#f3d3d1",
    "latency": "#5b3d8f",
    "held": "#dcefe1",
    "fault": "#8a1c7c",
    "impact": "#b3261e",
    "alert": "#8a5a00",
    "response": "#0b5d7a",
    "good": "#1b6e3c",
    "bad": "#a3262a",
}
DARK = {
    "ground": "#14181a",
    "text": "#e6eaec",
    "quiet": "#9aa5aa",
    "line": "#343c40",
    "accent": "#6fc3e0",
    "band": "#1c2225",
    "served": "#3f6f84",
    "failed": "#f0736c",
    "failed-soft": "#4a2624",
    "latency": "#b79cf0",
    "held": "#1f3a29",
    "fault": "#e08fd6",
    "impact": "#f0736c",
    "alert": "#e0b050",
    "response": "#6fc3e0",
    "good": "#79cf9b",
    "bad": "#f08a8d",
}
_NAMED = re.compile(r"var\(--ink-([a-z-]+)\)")


def ink(name: str) -> str:
    """A colour by its name, as CSS and `coloured` read it."""
    return f"var(--ink-{name})"


def coloured(drawing: str, colours: Mapping[str, str] = LIGHT) -> str:
    """A drawing with the colours themselves in the place of their names, for what reads no CSS variables."""
    return _NAMED.sub(lambda found: colours[found.group(1)], drawing)


def css() -> str:
    """The variables, for light, for dark, and light again on paper."""
    light, dark = _variables(LIGHT), _variables(DARK)
    return (
        f":root {{ color-scheme: light dark; {light} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    )


def _variables(colours: Mapping[str, str]) -> str:
    return " ".join(f"--ink-{name}: {value};" for name, value in colours.items())
