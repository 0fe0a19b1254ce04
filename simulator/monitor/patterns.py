"""Regular expressions with RE2's meaning: always anchored, the dot matches a newline."""

import re
from functools import lru_cache

_NOT_RE2 = re.compile(r"(?<!\\)(?:\\\\)*(\(\?(?:[=!>#(]|<[=!]|P[=>])|\\[1-9]|\[\[:|\\[pPQCz]|[*+?}]\+)")


@lru_cache(maxsize=1024)
def anchored(pattern: str) -> re.Pattern[str]:
    """Compiled `pattern`, for use with `fullmatch`.

    Raises ValueError for what does not compile, and for what RE2 and Python do not both know in the same
    sense (look-around, back references, POSIX and Unicode classes).
    """
    if found := _NOT_RE2.search(pattern):
        raise ValueError(f"the regular expression {pattern!r} uses {found[1]!r}, which is not supported")
    try:
        return re.compile(f"(?:{pattern})", re.DOTALL)
    except re.error as error:
        raise ValueError(f"the regular expression {pattern!r} does not compile: {error}") from error


_REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")


def expand(template: str, match: re.Match[str]) -> str:
    """`template` with `$1`, `${1}`, `${name}` and `$$` filled in as Go does; an unknown group is empty."""

    def fill(reference: re.Match[str]) -> str:
        if reference[1]:
            return "$"
        name = reference[2] or reference[3]
        if name.isdigit():
            return (match[int(name)] or "") if int(name) <= (match.re.groups) else ""
        return (match[name] or "") if name in match.re.groupindex else ""

    return _REFERENCE.sub(fill, template)
