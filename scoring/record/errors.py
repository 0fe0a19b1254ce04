"""What the record refuses. All are ScoringErrors: one line that names the thing, the place and the mend."""

from scoring.errors import ScoringError


class NoSuchDrill(ScoringError):
    """There is no drill of that id."""


class Conflict(ScoringError):
    """The same id or key was used before for something else."""


class NotWritten(ScoringError):
    """The database took nothing of it: its disk is full, it is locked, or it is gone. Nothing was kept."""
