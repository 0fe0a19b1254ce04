"""Names of images."""

import pytest

from simulator.cluster.kubelet.images import catalogue, pulling


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("postgres:18", None),
        ("registry.example.com:5000/team/web@sha256:" + "0" * 64, None),
        ("Web", "invalid reference format: repository name (library/Web) must be lowercase"),
        ("team/Web:1", "invalid reference format: repository name (team/Web) must be lowercase"),
        ("web:", "invalid reference format"),
        (":1", "invalid reference format"),
        ("a b", "invalid reference format"),
    ],
)
def test_a_malformed_name_is_told_apart_from_an_unknown_image(name: str, why: str | None) -> None:
    assert pulling.malformed(name) == why


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("postgres", "docker.io/library/postgres:latest"),
        ("team/web:2", "docker.io/team/web:2"),
        ("registry.example.com/web:2", "registry.example.com/web:2"),
        ("localhost/web", "localhost/web:latest"),
    ],
)
def test_a_name_is_completed_as_a_container_runtime_does(name: str, full: str) -> None:
    assert catalogue.full_name(name) == full
