"""Verifiers."""

import subprocess
from types import SimpleNamespace


class LeanVerifier:
    """Asks the `lean` of the image."""

    def verify(self, text: str) -> SimpleNamespace:
        """Whether lean takes it."""
        return SimpleNamespace(success=subprocess.run(["lean", text], capture_output=True, check=False).returncode == 0)
