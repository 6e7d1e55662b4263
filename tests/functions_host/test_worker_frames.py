"""Frames survive whatever pieces they arrive in, and both ends write the same format."""

import socket
import threading

from hypothesis import given
from hypothesis import strategies as st

from local_azure.functions_host.worker.channel import Channel
from local_azure.functions_host.workers.frames import USUAL_BUFFER_BYTES, Frame, FrameDecoder, encode_head

FRAMES = st.lists(st.tuples(st.text(max_size=50), st.lists(st.binary(max_size=300), max_size=3)), max_size=6)


def fed(decoder: FrameDecoder, data: bytes, sizes: list[int]) -> list[Frame]:
    """Feed bytes in pieces of the given sizes, never more than the decoder has room for."""
    frames, position, turn = [], 0, 0
    while position < len(data):
        space = decoder.free_space()
        size = min(sizes[turn % len(sizes)], len(space), len(data) - position)
        space[:size] = data[position : position + size]
        frames += decoder.take(size)
        position, turn = position + size, turn + 1
    return frames


def encoded(text: str, parts: list[bytes]) -> bytes:
    return b"".join((encode_head({"text": text}, parts), *parts))


@given(FRAMES, st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_frames_come_out_as_they_went_in(frames, sizes):
    data = b"".join(encoded(text, parts) for text, parts in frames)
    found = [(frame.header["text"], list(frame.parts)) for frame in fed(FrameDecoder(), data, sizes)]
    assert found == frames


def test_large_frames_pass_between_small_ones():
    decoder = FrameDecoder()
    large = bytes(range(256)) * (USUAL_BUFFER_BYTES // 64)
    wanted = [("a", [b"1"]), ("b", [large, b"x"]), ("c", []), ("d", [b""]), ("e", [large])] * 2
    data = b"".join(encoded(text, parts) for text, parts in wanted)
    found = fed(decoder, data, [USUAL_BUFFER_BYTES, 7, 100_000])
    assert [(frame.header["text"], list(frame.parts)) for frame in found] == wanted
    assert len(decoder.free_space()) == USUAL_BUFFER_BYTES


def test_both_ends_speak_the_same_format():
    ours, theirs = socket.socketpair()
    channel = Channel(theirs)
    body = b"\x00\xff" * 200_000
    with ours, theirs:
        writer = threading.Thread(target=ours.sendall, args=(encoded("ü", [body, b"", b"z"]),))
        writer.start()
        frame = channel.receive()
        writer.join()
        assert (frame.header["text"], frame.parts) == ("ü", (body, b"", b"z"))
        channel.send({"text": "back"}, (b"1", b"22"))
        (answer,) = fed(FrameDecoder(), ours.recv(1000), [3])
    assert (answer.header["text"], answer.parts) == ("back", (b"1", b"22"))
