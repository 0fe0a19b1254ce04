"""What changed from one release to the next.

A release is an image tag: the image sets `APP_VERSION`. Each class is one release, and overrides the one method in
which it differs from 1.0.0; what it does there is a mistake of the ordinary kind.
"""

from collections.abc import Mapping

from target_app.settings import BadSetting


class Release:
    """1.0.0, which is sound. What later releases changed is a method here."""

    version = "1.0.0"


RELEASES: dict[str, type[Release]] = {each.version: each for each in (Release,)}


def release_of(env: Mapping[str, str]) -> Release:
    """The release that this image is. Raises `BadSetting` for a version that was never released."""
    version = env.get("APP_VERSION") or Release.version
    if version not in RELEASES:
        raise BadSetting(f"APP_VERSION {version!r} was never released; there are {', '.join(RELEASES)}")
    return RELEASES[version]()
