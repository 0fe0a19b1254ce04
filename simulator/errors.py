"""The tree of errors that a person may see, and the exit status that each one becomes.

GamedayError
├── BadInput      wrong use: names the file, the place and the mend       exit 2
├── NotPossible   the drill could not be carried out, and why             exit 3
│   └── Stopped   somebody or something that watches it put an end to it  exit 3
└── Interrupted   Ctrl-C or SIGTERM                                       exit 130
"""

from enum import IntEnum


class Exit(IntEnum):
    """Exit status of every `gameday` command."""

    OK = 0
    SLA_MISSED = 1
    BAD_INPUT = 2
    NOT_POSSIBLE = 3
    INTERRUPTED = 130


class GamedayError(Exception):
    """Base of all errors that are shown to a person as one clear line."""

    exit_status = Exit.NOT_POSSIBLE


class BadInput(GamedayError):
    """What the user gave cannot be used; nothing was started."""

    exit_status = Exit.BAD_INPUT


class NotPossible(GamedayError):
    """The drill could not be carried out: never a pass, never the responder's failure."""

    exit_status = Exit.NOT_POSSIBLE


class Stopped(NotPossible):
    """The drill was ended on purpose, from outside of it: it is not to be played again by itself."""


class Interrupted(GamedayError):
    """A person or a pipeline stopped us."""

    exit_status = Exit.INTERRUPTED
