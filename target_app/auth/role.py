"""Sign-in as a process."""

from collections.abc import Callable, Mapping

from target_app.auth.settings import read_auth_settings


def prepare(env: Mapping[str, str]) -> Callable[[], None]:
    """What signs users in until told to stop. Raises `BadSetting`."""
    settings = read_auth_settings(env)

    def run() -> None:
        from target_app.auth.service import build_auth
        from target_app.serving import serve

        serve(build_auth(settings), host=settings.host, port=settings.port)

    return run
