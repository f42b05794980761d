"""BEEP frames: building, parsing, the framing of `Wire`, and the octet vectors."""

from __future__ import annotations

from pathlib import Path

import pytest
import regwire_native
from regwire_native import BadFrame, BeepFrame, BeepSeq, FrameTooLarge, beep_build, beep_parse

from regwire.beep.mime import Message

VECTORS = Path(__file__).parents[4] / "shared" / "spec" / "examples" / "iris" / "vectors"


def wire(limit: int = 1 << 20) -> regwire_native.Wire:
    return regwire_native.Wire(framing="beep", tls=None, frame_limit=limit)


def test_a_frame_is_written_as_the_rfc_prints_it() -> None:
    frame = BeepFrame("ANS", 1, 0, True, 4294967290, 3, b"abcdef")
    assert beep_build(frame) == b"ANS 1 0 * 4294967290 6 3\r\nabcdefEND\r\n"
    assert beep_parse(beep_build(frame) + b"MSG") == (frame, 37)
    assert beep_build(BeepSeq(1, 351, 4096)) == b"SEQ 1 351 4096\r\n"
    assert beep_parse(b"SEQ 1 351 4096\r\n") == (BeepSeq(1, 351, 4096), 16)


def test_frames_compare_by_value_and_show_what_they_are() -> None:
    one = BeepFrame("MSG", 0, 1, False, 52, None, b"x")
    assert one == BeepFrame("MSG", 0, 1, False, 52, payload=b"x")
    assert hash(one) == hash(BeepFrame("MSG", 0, 1, False, 52, payload=b"x"))
    assert one != BeepFrame("MSG", 0, 1, True, 52, payload=b"x")
    assert one != BeepFrame("MSG", 0, 1, False, 52, payload=b"y")
    assert one != "MSG"
    assert repr(one) == "BeepFrame(\"MSG\", channel=0, msgno=1, more=False, seqno=52, ansno=None, payload=b'x')"
    assert len({BeepSeq(0, 1, 2), BeepSeq(0, 1, 2), BeepSeq(0, 1, 3)}) == 2
    assert repr(BeepSeq(0, 1, 2)) == "BeepSeq(channel=0, ackno=1, window=2)"
    with pytest.raises(AttributeError):
        one.channel = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    "arguments",
    [
        ("FOO", 0, 0, False, 0),
        ("MSG", 2**31, 0, False, 0),
        ("MSG", 0, 2**31, False, 0),
        ("MSG", 0, 0, False, 2**32),
        ("MSG", 0, 0, False, 0, 1),
        ("ANS", 0, 0, False, 0),
        ("ANS", 0, 0, False, 0, 2**31),
    ],
)
def test_numbers_that_no_header_can_hold_are_refused(arguments: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match=r"keyword|above|answer"):
        BeepFrame(*arguments)  # type: ignore[arg-type]


def test_parsing_needs_whole_frames_and_knows_what_is_none() -> None:
    stream = b"MSG 0 1 . 52 3\r\nabcEND\r\n"
    assert all(beep_parse(stream[:end]) is None for end in range(len(stream)))
    bad = beep_parse(b"MSG 0 1 . 52 3\r\nabcEXD\r\n")
    assert bad is not None
    assert isinstance(bad[0], BadFrame)
    assert bad[0].reason == "trailer"
    large = beep_parse(b"MSG 0 1 . 52 2147483647\r\n", limit=4096)
    assert large is not None
    assert isinstance(large[0], FrameTooLarge)


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_wire_gives_frames_however_they_come(size: int) -> None:
    line = wire()
    stream = b"RPY 0 0 . 0 3\r\nabcEND\r\nSEQ 0 3 4096\r\nNUL 1 7 . 2 0\r\nEND\r\nXX"
    items = [item for at in range(0, len(stream), size) for item in line.receive(stream[at : at + size])]
    assert items[:3] == [
        BeepFrame("RPY", 0, 0, False, 0, payload=b"abc"),
        BeepSeq(0, 3, 4096),
        BeepFrame("NUL", 1, 7, False, 2),
    ]
    assert [type(item) for item in items[3:]] == [BadFrame]


def test_a_wire_sends_frames_as_objects_and_as_octets() -> None:
    line = wire()
    line.send(b"SEQ 0 3 4096\r\n")
    line.send_message(BeepFrame("NUL", 1, 7, False, 2))
    assert line.outgoing() == b"SEQ 0 3 4096\r\nNUL 1 7 . 2 0\r\nEND\r\n"
    with pytest.raises(TypeError):
        line.send_message("no frame")
    assert line.outgoing() == b""


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the specifications are not beside the repository")
@pytest.mark.parametrize("step", [1, 1 << 20])
@pytest.mark.parametrize("name", sorted(path.name for path in VECTORS.glob("beep-*.hex")))
def test_vectors_are_frames_or_are_refused(name: str, step: int) -> None:
    octets = bytes.fromhex((VECTORS / name).read_text())
    line = wire()
    items = [item for at in range(0, len(octets), step) for item in line.receive(octets[at : at + step])]
    malformed = {16, 18, 23, 24, 25, 27}
    if int(name[5:7]) in malformed:
        assert [type(item) for item in items] == [BadFrame]
    else:
        assert b"".join(beep_build(item) for item in items) == octets  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("payload", "body", "content_type", "headers"),
    [
        (b"\r\nbody\r\n\r\nmore", b"body\r\n\r\nmore", "application/octet-stream", ()),
        (b"Content-Type: a/b\r\n\r\nbody\r\n\r\nmore", b"body\r\n\r\nmore", "a/b", ()),
        (b"X: 1\r\n y\r\ncontent-type:\ta/b\r\n\r\n", b"", "a/b", (("X", "1 y"),)),
        (b"no header\r\n\r\nbody", b"no header\r\n\r\nbody", "application/octet-stream", ()),
        (b"X: 1\r\nno header\r\n\r\nbody", b"X: 1\r\nno header\r\n\r\nbody", "application/octet-stream", ()),
        (b"X: 1\r\n", b"X: 1\r\n", "application/octet-stream", ()),
        (b"X: " + b"y" * 500 + b"\r\n\r\nbody", b"body", "application/octet-stream", (("X", "y" * 500),)),
        (b"", b"", "application/octet-stream", ()),
    ],
)
def test_headers_that_were_read_before_are_read_alike(
    payload: bytes, body: bytes, content_type: str, headers: tuple[tuple[str, str], ...]
) -> None:
    """RFC 3080 section 2.2: entity headers are remembered by their octets, which must change nothing."""
    for _ in range(2):
        assert Message.parse(payload) == Message(body, content_type, headers)
