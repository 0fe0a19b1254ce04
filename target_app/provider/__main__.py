"""`python -m target_app.provider`."""

import logging
import os
import sys

from target_app.logs import configure_logging
from target_app.provider.service import build_provider
from target_app.provider.settings import read_provider_settings
from target_app.serving import serve
from target_app.settings import EX_CONFIG, BadSetting, read_log_level


def main() -> int:
    """Serve until told to stop; returns the exit status."""
    try:
        configure_logging(read_log_level(os.environ))
        settings = read_provider_settings(os.environ)
    except BadSetting as bad:
        configure_logging("INFO")
        logging.getLogger("target_app.settings").critical("FATAL: bad setting: %s", bad)
        return EX_CONFIG
    serve(build_provider(settings), host=settings.host, port=settings.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
