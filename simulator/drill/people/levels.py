"""How much help there is in a drill for training."""

from enum import StrEnum


class Level(StrEnum):
    """Hints for points, and breaks; neither; and not even word of whether anything happens."""

    GUIDED = "guided"
    STANDARD = "standard"
    BLIND = "blind"
