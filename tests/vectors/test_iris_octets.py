"""The octet vectors of XPC and LWZ, as octets: cut, read, built again; their answers are tested with the sessions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from regwire_native import (
    LwzDatagram,
    LwzReply,
    UnknownVersion,
    Wire,
    XpcBlock,
    lwz_parse,
    lwz_request,
    lwz_response,
    xpc_build,
    xpc_parse,
)
from xml_schemas import EXAMPLES, needs_spec

pytestmark = needs_spec

IRIS = EXAMPLES / "iris"


def rows(transport: str) -> list[tuple[str, str]]:
    """File and sender of each vector."""
    table = IRIS / "VECTORS.tsv"
    if not table.is_file():
        return []
    lines = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()[1:]]
    return [(Path(line[0]).name, line[2]) for line in lines if line[1] == transport]


def octets(file: str) -> bytes:
    return bytes.fromhex((IRIS / "vectors" / file).read_text(encoding="ascii"))


def vector(prefix: str) -> bytes:
    (file,) = [file for kind in ("xpc", "lwz") for file, _ in rows(kind) if file.startswith(prefix)]
    return octets(file)


def blocks(data: bytes, role: Any) -> list[Any]:
    """The items of a stream, the same whole and byte by byte."""
    found = []
    for size in (len(data), 1):
        wire = Wire(framing="xpc", tls=None, frame_limit=1 << 20, role=role)
        items: list[Any] = []
        for at in range(0, len(data), size):
            items += wire.receive(data[at : at + size])
        found.append(items)
    assert [repr(item) for item in found[0]] == [repr(item) for item in found[1]]
    return found[0]


def block(prefix: str, role: Any = "server") -> XpcBlock:
    (item,) = blocks(vector(prefix), role)
    assert isinstance(item, XpcBlock)
    return item


#: Blocks that a server answers with a block-error, and why.
FAULTY = {
    "xpc-11": "reserved bits are set in the block header 0x21",
    "xpc-13": "reserved bits are set in the chunk descriptor 0xe0",
    "xpc-14": "a request must not carry chunks of type si",
    "xpc-15": "a request must not carry chunks of type oi",
    "xpc-16": "a request must not carry chunks of type as",
    "xpc-17": "a request must not carry chunks of type af",
    "xpc-23": "chunks of type sd must not follow those of type ad",
    "xpc-24": "chunks of type ad must not follow those of type vi",
}
#: Vectors that are no blocks in full: another version, and half a block.
NOT_BLOCKS = ("xpc-12", "xpc-25")
#: Built again, their chunks are fewer, because what was split fits into one.
SPLIT = ("xpc-05", "xpc-06")


@pytest.mark.parametrize(("file", "sender"), rows("xpc"))
def test_every_block_is_cut_and_built_again(file: str, sender: str) -> None:
    name, data = file[:6], octets(file)
    if name in NOT_BLOCKS:
        return
    role: Any = "server" if sender == "C" else "client"
    items = blocks(data, role)
    assert len(items) == (2 if name == "xpc-28" else 1)
    again = b""
    for item in items:
        assert isinstance(item, XpcBlock)
        assert item.error == FAULTY.get(name)
        if item.error is None:
            authentication = [chunk for chunk in item.chunks if chunk[0] in ("sd", "as", "af")]
            behind = [chunk for chunk in item.chunks if chunk not in authentication]
            document = [("ad", item.document)] if item.document is not None else []
            again += xpc_build(
                authentication + document + behind,
                keep_open=item.keep_open,
                authority=item.authority,
                role="client" if sender == "C" else "server",
            )
    if name not in FAULTY and name not in SPLIT:
        assert again == data


def test_connection_response_blocks() -> None:
    available, unavailable = block("xpc-01", "client"), block("xpc-02", "client")
    assert (available.keep_open, [kind for kind, _ in available.chunks]) == (True, ["vi"])
    assert len(available.chunks[0][1]) == 447
    assert (unavailable.keep_open, [kind for kind, _ in unavailable.chunks]) == (False, ["oi"])
    assert b'type="system-error"' in unavailable.chunks[0][1]


def test_lookups() -> None:
    asked = block("xpc-03")
    assert (asked.keep_open, asked.authority, len(asked.document)) == (True, "example.com", 339)
    assert block("xpc-04", "client").document.endswith(b"</iris:response>\n")
    assert [item.keep_open for item in blocks(vector("xpc-28"), "server")] == [True, False]


def test_documents_that_span_chunks() -> None:
    joined = block("xpc-05")
    assert (joined.keep_open, joined.document.count(b"<searchSet>")) == (False, 3)
    assert "ü" in block("xpc-06").document.decode()


def test_questions_without_data() -> None:
    for prefix, kind, data in (
        ("xpc-07", "nd", b""),
        ("xpc-08", "nd", b"\xff\xff\xff"),
        ("xpc-09", "vi", b""),
        ("xpc-10", "vi", b"<<"),
    ):
        assert (block(prefix).chunks, block(prefix).document) == (((kind, data),), None)


def test_authentication() -> None:
    both = block("xpc-19")
    assert both.chunks == (("sd", b"\x05PLAIN\x00\x09\x00bob\x00kEw1"),)
    assert both.document is not None
    assert "kEw1" not in repr(both)
    assert block("xpc-20").chunks == (("sd", b"\x0aDIGEST-MD5\xff\xff"),)
    assert block("xpc-21").chunks == (("sd", b"\x08EXTERNAL\x00\x00"),)


def test_what_is_no_block() -> None:
    (version,) = blocks(vector("xpc-12"), "server")
    assert isinstance(version, UnknownVersion)
    assert (version.version, version.keep_open) == (1, True)
    half = vector("xpc-25")
    assert xpc_parse(half, role="server") is None
    assert blocks(half, "server") == []


def asked(prefix: str) -> LwzDatagram:
    item = lwz_parse(vector(prefix), role="server")
    assert isinstance(item, LwzDatagram)
    return item


def said(octets: bytes) -> LwzReply:
    item = lwz_parse(octets, role="client")
    assert isinstance(item, LwzReply)
    return item


#: Requests that are not understood: the error, and the transaction that is answered.
UNDERSTOOD_NOT = {
    "lwz-05": ("payload-error", None),
    "lwz-09": ("descriptor-error", 0xFFFF),
    "lwz-10": ("descriptor-error", 0xFFFF),
    "lwz-11": ("descriptor-error", 0x1234),
    "lwz-12": ("descriptor-error", 0x1234),
    "lwz-13": ("descriptor-error", 0x1234),
    "lwz-14": ("descriptor-error", 0x1234),
    "lwz-15": ("descriptor-error", 0x1234),
    "lwz-16": ("version", 0x1234),
}


@pytest.mark.parametrize(("file", "sender"), rows("lwz"))
def test_every_datagram_is_read_and_made_again(file: str, sender: str) -> None:
    name, data = file[:6], octets(file)
    if name == "lwz-20":
        assert lwz_parse(data, role="server") is None
        return
    if sender == "S":
        reply: Any = said(data)
        # Made as the answer to a request that supports compression no more than this response does.
        question = lwz_parse(
            lwz_request(b"", transaction=reply.transaction, deflate_supported=reply.deflate_supported), role="server"
        )
        assert isinstance(question, LwzDatagram)
        assert lwz_response(question, reply.document, kind=reply.kind) == data
        return
    request = asked(name)
    error, transaction = UNDERSTOOD_NOT.get(name, (None, None))
    assert request.error == error
    assert transaction in (None, request.transaction)
    if error is None and not request.deflated:
        again = lwz_request(
            request.document or b"",
            transaction=request.transaction,
            maximum=request.maximum,
            authority=request.authority,
            kind="vi" if request.kind == "vi" else "xml",
            deflate_supported=request.deflate_supported,
        )
        assert again == data


def test_requests_by_datagram() -> None:
    bag, lookup, squeezed = asked("lwz-01"), asked("lwz-02"), asked("lwz-04")
    assert (bag.transaction, bag.maximum, bag.authority, bag.deflate_supported) == (0x03A4, 0x05DA, "localhost", True)
    assert (lookup.transaction, lookup.maximum, lookup.authority) == (0x0BE7, 4000, "example.com")
    assert (squeezed.deflated, squeezed.deflate_supported) == (True, True)
    assert squeezed.document == lookup.document
    versions = asked("lwz-06")
    assert (versions.kind, versions.transaction, versions.document) == ("vi", 0x2E9C, None)
    assert asked("lwz-17").document == b"<request"


def test_answers_have_the_headers_that_the_vectors_tell() -> None:
    cases: list[tuple[str, Any, bytes]] = [
        ("lwz-06", "vi", b"\x21\x2e\x9c"),
        ("lwz-09", "oi", b"\x23\xff\xff"),
        ("lwz-10", "oi", b"\x23\xff\xff"),
        ("lwz-11", "oi", b"\x23\x12\x34"),
        ("lwz-16", "vi", b"\x21\x12\x34"),
        ("lwz-17", "oi", b"\x23\x12\x34"),
    ]
    for prefix, kind, header in cases:
        assert lwz_response(asked(prefix), b"<x/>", kind=kind)[:3] == header


def test_an_answer_above_the_maximum_becomes_size_information() -> None:
    reply = lwz_response(asked("lwz-18"), said(vector("lwz-03")).document)
    assert reply[:3] == b"\x22\x12\x34"
    assert said(reply).document.startswith(b"<size ")
    assert b"<octets>1211</octets>" in said(vector("lwz-08")).document
