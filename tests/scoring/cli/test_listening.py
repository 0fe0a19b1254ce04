"""Where the service listens, and where it does not without being told."""

import socket
from collections.abc import Iterator

import pytest

from scoring.cli.listening import is_loopback, listen, parse_address, url_of
from scoring.errors import ServiceError


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield door.getsockname()[1]


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:0", "[::1]:0"])
def test_the_loopback_interface_is_listened_on_at_once(address: str) -> None:
    with listen(address) as door:
        host, port = door.getsockname()[:2]
        assert is_loopback(host)
        assert url_of(door) in (f"http://127.0.0.1:{port}", f"http://[::1]:{port}")
        socket.create_connection((host, port), timeout=1).close()


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "gameday.example.org:0", "192.0.2.7:80"])
def test_others_are_let_in_only_by_consent(address: str) -> None:
    with pytest.raises(ServiceError, match="--allow-remote"):
        listen(address)


def test_with_consent_it_listens_for_all() -> None:
    with listen("0.0.0.0:0", are_others_let_in=True) as door:
        assert url_of(door).startswith("http://0.0.0.0:")


@pytest.mark.parametrize("address", ["", "127.0.0.1", ":8460", "127.0.0.1:http", "127.0.0.1:65536", "::1:80", "h:²"])
def test_what_is_no_address_says_how_one_looks(address: str) -> None:
    with pytest.raises(ServiceError, match="give HOST:PORT"):
        parse_address(address)


def test_a_port_that_is_taken_is_said_and_the_usual_one_gives_way(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServiceError, match="choose another port"):
        listen(f"127.0.0.1:{taken}")
    monkeypatch.setattr("scoring.cli.listening.USUAL", ("127.0.0.1", taken))
    with listen(None) as door:
        assert door.getsockname()[1] != taken
