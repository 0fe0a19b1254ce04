"""What pages load besides themselves: the style, the script, and plotly.js as the installed package has it."""

import gzip
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

FOLDER = Path(__file__).parent
MEDIA_TYPES = {
    "style.css": "text/css",
    "icon.svg": "image/svg+xml",
    "console.js": "text/javascript",
    "plotly.js": "text/javascript",
}
_STAMP_DIGITS = 12


@cache
def asset(name: str) -> bytes:
    """The bytes of one of `MEDIA_TYPES`. KeyError for any other name."""
    if name == "plotly.js":
        return files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
    if name not in MEDIA_TYPES:
        raise KeyError(name)
    return (FOLDER / name).read_bytes()


@cache
def packed(name: str) -> bytes:
    """The same as gzip: plotly.js has nearly 5 MB, and a phone may look."""
    return gzip.compress(asset(name), compresslevel=6, mtime=0)


@cache
def stamp_of(name: str) -> str:
    """What changes with the bytes, so that a browser may keep them for good."""
    return sha256(asset(name)).hexdigest()[:_STAMP_DIGITS]


def address_of(name: str) -> str:
    """Where a page loads it from."""
    return f"/{name}?v={stamp_of(name)}"
