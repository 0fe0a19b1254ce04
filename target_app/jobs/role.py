"""A worker as a process."""

from collections.abc import Callable, Mapping

from target_app.jobs.settings import read_worker_settings
from target_app.releases import release_of


def prepare(env: Mapping[str, str]) -> Callable[[], None]:
    """What works on jobs until told to stop. Raises `BadSetting`."""
    settings, release = read_worker_settings(env), release_of(env)

    def run() -> None:
        from target_app.jobs.worker import build_worker
        from target_app.serving import serve

        serve(build_worker(settings, release), host=settings.host, port=settings.port)

    return run
