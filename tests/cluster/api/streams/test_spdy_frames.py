"""SPDY/3.1 frames: what is written is read again, however it is cut, and nothing else is believed."""

import itertools
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.api.streams import spdy_frames as spdy
from simulator.cluster.api.streams.spdy_dictionary import CHECKSUM, DICTIONARY

STREAMS = st.integers(1, 2**31 - 1)
WORDS = st.text(st.characters(codec="utf-8"), max_size=30)
HEADERS = st.dictionaries(st.text("abcdefghij-", min_size=1, max_size=12), WORDS, max_size=5)
FRAMES = st.one_of(
    *(st.builds(kind, STREAMS, HEADERS, st.booleans()) for kind in (spdy.SynStream, spdy.SynReply, spdy.Headers)),
    st.builds(spdy.RstStream, STREAMS, st.integers(0, 2**32 - 1)),
    st.builds(spdy.Ping, st.integers(0, 2**32 - 1)),
    st.builds(spdy.GoAway, STREAMS, st.integers(0, 2**32 - 1)),
    st.builds(spdy.Data, STREAMS, st.binary(max_size=200), st.booleans()),
)


def whole(frames: Iterable[spdy.Frame]) -> list[spdy.Frame]:
    """Pieces of one data frame put together again; a piece that ends nothing and holds nothing is none."""
    result: list[spdy.Frame] = []
    for frame in frames:
        before = result[-1] if result else None
        is_more = isinstance(frame, spdy.Data) and isinstance(before, spdy.Data) and before.stream == frame.stream
        if is_more and not before.is_last:
            result[-1] = spdy.Data(frame.stream, before.data + frame.data, frame.is_last)
        else:
            result.append(frame)
    return result


def read(data: bytes, cuts: Iterable[int] = ()) -> list[spdy.Frame]:
    decoder, frames = spdy.Decoder(), []
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        frames += list(decoder.feed(data[start:end]))
    return frames


@given(st.lists(FRAMES, max_size=12), st.lists(st.integers(0, 2**16), max_size=20))
def test_frames_come_out_as_they_went_in_however_they_are_cut(frames: list[spdy.Frame], cuts: list[int]) -> None:
    encoder = spdy.Encoder()
    assert whole(read(b"".join(map(encoder.encode, frames)), cuts)) == whole(frames)


@given(st.binary(max_size=400))
def test_other_bytes_are_refused_or_waited_for(data: bytes) -> None:
    try:
        read(data)
    except spdy.SpdyError:
        return


def test_the_dictionary_is_that_of_spdy_3() -> None:
    assert (len(DICTIONARY), zlib.adler32(DICTIONARY)) == (1423, CHECKSUM)


def test_data_is_given_as_it_comes_and_not_gathered() -> None:
    decoder = spdy.Decoder()
    data = spdy.Encoder().encode(spdy.Data(1, b"x" * 1000, is_last=True))
    assert list(decoder.feed(data[:508])) == [spdy.Data(1, b"x" * 500)]
    assert list(decoder.feed(data[508:])) == [spdy.Data(1, b"x" * 500, is_last=True)]


def test_settings_and_window_updates_are_read_over() -> None:
    settings = bytes.fromhex("80030004 00000004 00000000")
    window = bytes.fromhex("80030009 00000008 00000001 00010000")
    assert read(settings + window + spdy.Encoder().encode(spdy.Ping(5))) == [spdy.Ping(5)]


def test_headers_that_grow_when_they_are_unpacked_are_refused() -> None:
    bomb = spdy.Encoder().encode(spdy.SynStream(1, {"a": "x" * 10_000_000}))
    assert len(bomb) < 64 * 1024
    with pytest.raises(spdy.SpdyError, match="more than"):
        read(bomb)


def test_a_control_frame_that_would_have_to_be_gathered_for_long_is_refused() -> None:
    with pytest.raises(spdy.SpdyError, match="too large"):
        read(bytes.fromhex("80030001 00ffffff"))


def test_another_version_is_refused() -> None:
    with pytest.raises(spdy.SpdyError, match="version 2"):
        read(bytes.fromhex("80020006 00000004 00000001"))
