"""Protobuf bodies, encoded here by hand as the wire format says."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.objects import protobuf


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    return bytes([value & 0x7F | 0x80]) + _varint(value >> 7) if value > 0x7F else bytes([value])


def _body(version: str, kind: str, raw: bytes, media: bytes = b"") -> bytes:
    about = _bytes(1, version.encode()) + _bytes(2, kind.encode())
    return b"k8s\x00" + _bytes(1, about) + _bytes(2, raw) + (_bytes(4, media) if media else b"")


def test_a_config_map_is_read() -> None:
    raw = _bytes(1, _bytes(1, b"made")) + _bytes(2, _bytes(1, b"key") + _bytes(2, b"value"))
    assert protobuf.decode(_body("v1", "ConfigMap", raw)) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "made"},
        "data": {"key": "value"},
    }


def test_secrets_are_base64_and_numbers_keep_their_sign() -> None:
    secret = protobuf.decode(_body("v1", "Secret", _bytes(2, _bytes(1, b"k") + _bytes(2, b"\xff"))))
    assert secret["data"] == {"k": "/w=="}
    minus_one = b"\x08" + b"\xff" * 9 + b"\x01"
    assert protobuf.decode(_body("v1", "DeleteOptions", minus_one))["gracePeriodSeconds"] == -1


def test_embedded_structs_are_flat_as_in_json() -> None:
    volume = _bytes(1, b"v") + _bytes(2, _bytes(19, _bytes(1, _bytes(1, b"settings"))))
    pod = protobuf.decode(_body("v1", "Pod", _bytes(2, _bytes(1, volume))))
    assert pod["spec"]["volumes"] == [{"name": "v", "configMap": {"name": "settings"}}]


def test_json_inside_the_envelope_is_taken_as_it_is() -> None:
    assert protobuf.decode(_body("v1", "X", b'{"a":1}', b"application/json")) == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"k8s\x00\xff", b"k8s\x00\x0a\x7f", _body("v1", "Nothing", b""), _body("v1", "Pod", b"\x0a\x09")],
)
def test_what_is_no_such_message_is_an_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"proto|registered|EOF|JSON"):
        protobuf.decode(body)


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with suppress(ValueError):
        protobuf.decode(_body("v1", "Pod", data))
    with suppress(ValueError):
        protobuf.decode(b"k8s\x00" + data)
