"""The image catalogue, and a user's own images."""

from pathlib import Path

import pytest

from simulator.cluster.kubelet.images import catalogue
from simulator.errors import BadInput


def test_images_of_one_s_own_come_beside_the_shipped_ones(tmp_path: Path) -> None:
    file = tmp_path / "images.yaml"
    file.write_text("images:\n  web: {entrypoint: [python3], cmd: [-m, web], env: {PORT: 80}, path: [/opt/web]}\n")
    own = catalogue.find(catalogue.shipped(*catalogue.read(file)), "docker.io/library/web")
    assert own is not None
    assert (own.entrypoint, own.cmd) == (("python3",), ("-m", "web"))
    assert own.variables({"PATH": "/bin", "LANG": "C"}) == {"PATH": "/opt/web:/bin", "LANG": "C", "PORT": "80"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "write `images:`"),
        ("images: {web: {run: [x]}}", "images.web: an image has entrypoint"),
        ("images: {web: {cmd: python3 -m web}}", "images.web.cmd: write a list of words"),
        ("images: {web: {env: [A]}}", "images.web.env: write names and values"),
        ("{", "cannot be read as YAML"),
    ],
)
def test_a_wrong_file_says_where_and_what_belongs_there(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "images.yaml"
    file.write_text(text)
    with pytest.raises(BadInput, match=words):
        catalogue.read(file)
    with pytest.raises(BadInput, match=r"nowhere\.yaml"):
        catalogue.read(tmp_path / "nowhere.yaml")


def test_psql_is_in_the_postgres_image() -> None:
    image = catalogue.find(catalogue.shipped(), "postgres:18")
    assert image is not None
    assert Path(image.path[0], "psql").exists()
