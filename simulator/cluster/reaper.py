"""A process that outlives its server by a moment: it waits for the end of its input, then ends what the server started.

Run as a file, with a variable of the environment and the value that marks all processes of that server.
"""

import os
import signal
import sys

_LIMIT_S = 60.0


def main(variable: str, mark: str) -> None:
    """Until standard input ends, whatever we are asked by signals: who ends a whole run ends the server."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 1):
        pass
    from simulator.processes import kill_marked  # it waits for hours with a bare interpreter's memory

    kill_marked(mark, variable=variable, limit_s=_LIMIT_S)


if __name__ == "__main__":
    main(*sys.argv[1:])
