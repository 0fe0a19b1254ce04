"""`python -m target_app [ROLE]`: one image, several processes; without a role it is the API.

Settings are read first, so that a bad one ends the process before anything is loaded.
"""

import logging
import os
import sys
from importlib import import_module

from target_app.logs import configure_logging
from target_app.settings import EX_CONFIG, BadSetting, read_log_level

ROLES = {
    "api": "target_app.api.role",
    "auth": "target_app.auth.role",
    "backup": "target_app.maintenance.backup",
    "check": "target_app.maintenance.check",
    "maintenance": "target_app.maintenance.role",
    "migrate": "target_app.maintenance.migrate",
    "restore": "target_app.maintenance.restore",
    "usage-reports": "target_app.reports.role",
    "verifier": "target_app.verifier.role",
    "worker": "target_app.jobs.role",
}
"""What the image can be: the module whose `prepare` reads the settings and returns what runs."""


def main(arguments: list[str]) -> int:
    """Run until told to stop; returns the exit status."""
    role = arguments[0] if arguments else "api"
    if role not in ROLES:
        print(f"target_app: there is no role {role!r}; there are {', '.join(ROLES)}", file=sys.stderr)
        return EX_CONFIG
    try:
        configure_logging(read_log_level(os.environ))
        run = import_module(ROLES[role]).prepare(os.environ)
    except BadSetting as bad:
        configure_logging("INFO")
        logging.getLogger("target_app.settings").critical("FATAL: bad setting: %s", bad)
        return EX_CONFIG
    run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
