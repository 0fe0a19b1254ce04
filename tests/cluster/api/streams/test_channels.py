"""Channel messages: what a client may say in each version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.api.streams import channels
from simulator.cluster.api.streams.channels import V4, V5, Input, InputEnd, Resize


@pytest.mark.parametrize(
    ("message", "version", "meaning"),
    [
        (b"\x00abc", V4, Input(b"abc")),
        (b"\x00", V5, None),
        (b"", V5, None),
        (b"\xff\x00", V5, InputEnd()),
        (b"\xff\x00", V4, None),
        (b"\xff\x01", V5, None),
        (b"\xff", V5, None),
        (b'\x04{"Width":80,"Height":24}', V4, Resize(80, 24)),
        (b'\x04{"Width":80}', V5, None),
        (b'\x04{"Width":0,"Height":24}', V5, None),
        (b'\x04{"Width":1e9,"Height":24}', V5, None),
        (b"\x04[]", V5, None),
        (b"\x04{", V5, None),
        (b"\x01out", V5, None),
    ],
)
def test_a_message_means(message: bytes, version: str, meaning: channels.Message | None) -> None:
    assert channels.read(message, version) == meaning


@given(st.binary(max_size=100), st.sampled_from([V4, V5]))
def test_any_bytes_are_read_without_harm(message: bytes, version: str) -> None:
    meaning = channels.read(message, version)
    if isinstance(meaning, Input):
        assert channels.write(channels.STDIN, meaning.data) == message
