"""The tree of scoring's errors. Each message is one line that names the thing, the place and the mend.

ScoringError
├── PlaybookError     a playbook cannot be found or does not hold together
├── TabletopError     a tabletop scenario cannot be found or does not hold together
├── TimelineError     a timeline file cannot be read or is not a timeline
├── RecordError       the stored record does not add up: a row was bent, lost or swapped
└── ServiceError      the service cannot start: port in use, database not writable, disk full
"""


class ScoringError(Exception):
    """Base of all errors of scoring that are shown to a person."""


class PlaybookError(ScoringError):
    """A playbook cannot be found, read or believed."""


class TabletopError(ScoringError):
    """A tabletop scenario cannot be found, read or believed."""


class TimelineError(ScoringError):
    """A timeline cannot be read or is not one."""


class RecordError(ScoringError):
    """A stored event no longer agrees with its hash or with the one before it."""


class ServiceError(ScoringError):
    """The scoring service cannot be started where it was told to."""
