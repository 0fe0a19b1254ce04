"""Exit statuses of scoring's commands."""

from enum import IntEnum


class Exit(IntEnum):
    """What a status says."""

    OK = 0
    BENT = 1
    BAD_INPUT = 2
