"""The API as a process."""

from collections.abc import Callable, Mapping

from target_app.api.settings import read_settings
from target_app.releases import release_of


def prepare(env: Mapping[str, str]) -> Callable[[], None]:
    """What serves the API until told to stop. Raises `BadSetting`."""
    settings, release = read_settings(env), release_of(env)

    def run() -> None:
        # Half a second of imports that a bad setting need not pay.
        from target_app.api.app import build_app
        from target_app.serving import serve

        serve(build_app(settings, release), host=settings.host, port=settings.port)

    return run
