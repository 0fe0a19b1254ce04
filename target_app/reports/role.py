"""Usage reports as a process."""

from collections.abc import Callable, Mapping

from target_app.reports.settings import read_reports_settings


def prepare(env: Mapping[str, str]) -> Callable[[], None]:
    """What reports until told to stop. Raises `BadSetting`."""
    settings = read_reports_settings(env)

    def run() -> None:
        from target_app.reports.service import build_reports
        from target_app.serving import serve

        serve(build_reports(settings), host=settings.host, port=settings.port)

    return run
