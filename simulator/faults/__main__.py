"""`python -m simulator.faults PROGRAM`: what the image `gameday/faults:1.0.0` runs; without a name it is `sessions`.

Each is an ordinary program with an ordinary mistake, or somebody who means harm; it lives as long as its pod.
"""

import sys
from importlib import import_module

PROGRAMS = {
    "crowd": "simulator.faults.crowd",
    "dashboards": "simulator.faults.dashboards",
    "dumps": "simulator.faults.dumps",
    "export": "simulator.faults.export",
    "guessing": "simulator.faults.guessing",
    "reading": "simulator.faults.reading",
    "schema-change": "simulator.faults.schema_change",
    "relabel": "simulator.faults.relabel",
    "sessions": "simulator.faults.sessions",
}
"""A module with a `main` for each."""


def main(arguments: list[str]) -> int:
    """Run the program until it ends."""
    name = arguments[0] if arguments else "sessions"
    if name not in PROGRAMS:
        print(f"simulator.faults: there is no {name!r}; there are {', '.join(PROGRAMS)}", file=sys.stderr)
        return 2
    import_module(PROGRAMS[name]).main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
