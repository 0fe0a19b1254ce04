"""The verifier as a process."""

from collections.abc import Callable, Mapping

from target_app.verifier.settings import read_verifier_settings


def prepare(env: Mapping[str, str]) -> Callable[[], None]:
    """What verifies until told to stop. Raises `BadSetting`."""
    settings = read_verifier_settings(env)

    def run() -> None:
        from target_app.serving import serve
        from target_app.verifier.service import build_verifier

        serve(build_verifier(settings), host=settings.host, port=settings.port)

    return run
