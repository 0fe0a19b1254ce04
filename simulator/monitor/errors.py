"""What the monitor refuses.

BadInput
├── BadConfig     a configuration file that cannot be used         exit 2
├── BadRules      a rule file that cannot be used                  exit 2
└── BadQuery      PromQL that does not parse or is not known here  `bad_data`, HTTP 400
GamedayError
└── QueryFailed   PromQL that cannot be answered from this data    `execution`, HTTP 422
"""

from simulator.errors import BadInput, GamedayError


class BadConfig(BadInput):
    """A configuration file, or a file that it names, cannot be used."""


class BadRules(BadInput):
    """A rule file cannot be used: its shape, its PromQL or its templates."""


class BadQuery(BadInput):
    """An expression that does not parse, or holds something that the evaluator does not know."""


class QueryFailed(GamedayError):
    """An expression that is well formed and yet has no answer, such as many-to-many matching."""
