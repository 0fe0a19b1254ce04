"""`python -m target_app`: reads the settings first, so that a bad one ends the process before anything is loaded."""

import logging
import os
import sys

from target_app.logs import configure_logging
from target_app.settings import BadSetting, read_settings

EX_CONFIG = 78  # sysexits.h: something was found in an unconfigured or misconfigured state


def main() -> int:
    """Serve until told to stop; returns the exit status."""
    try:
        settings = read_settings(os.environ)
    except BadSetting as bad:
        configure_logging("INFO")
        logging.getLogger("target_app.settings").critical("FATAL: bad setting: %s", bad)
        return EX_CONFIG
    configure_logging(settings.log_level)

    # Half a second of imports that a bad setting need not pay.
    from target_app.app import build_app
    from target_app.serving import serve

    serve(build_app(settings), host=settings.host, port=settings.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
