"""The states that an experiment can be in, whoever reads or writes it."""

from typing import Literal, get_args

State = Literal["created", "running", "succeeded", "failed"]
STATES: tuple[str, ...] = get_args(State)
"""Values of the column `status`."""
