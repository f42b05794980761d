"""LWZ datagrams (RFC 4993) out of octets and back, without a socket."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from regwire_native import Fault, LwzDatagram, LwzReply, lwz_parse, lwz_request, lwz_response

from regwire.epp import DEFAULT, Hello

CODEC = DEFAULT.codec
LOOKUP = b"<request/>"


def raw_deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


def asked(octets: bytes, **more: Any) -> LwzDatagram:
    item = lwz_parse(octets, role="server", **more)
    assert isinstance(item, LwzDatagram)
    return item


def answered(octets: bytes, **more: Any) -> LwzReply:
    item = lwz_parse(octets, role="client", **more)
    assert isinstance(item, LwzReply)
    return item


def test_a_request_and_its_parts() -> None:
    octets = lwz_request(LOOKUP, transaction=0x1234, maximum=4000, authority="example.com", deflate_supported=False)
    assert octets == b"\x00\x12\x34\x0f\xa0\x0bexample.com<request/>"
    request = asked(octets)
    assert (request.transaction, request.maximum, request.authority) == (0x1234, 4000, "example.com")
    assert (request.kind, request.deflated, request.deflate_supported) == ("xml", False, False)
    assert (request.document, request.error, request.detail, request.peer) == (LOOKUP, None, "", None)


def test_an_answer_and_its_parts() -> None:
    request = asked(lwz_request(b"", transaction=7, kind="vi", deflate_supported=False))
    assert (request.kind, request.document) == ("vi", None)
    octets = lwz_response(request, b"<versions/>", kind="vi")
    assert octets == b"\x21\x00\x07<versions/>"
    reply = answered(octets)
    assert (reply.transaction, reply.kind, reply.document) == (7, "vi", b"<versions/>")


def test_compressed_both_ways_as_zlib_knows_it() -> None:
    document = LOOKUP * 100
    octets = lwz_request(document, transaction=1, deflated=True, maximum=200)
    assert zlib.decompress(octets[6:], wbits=-15) == document
    request = asked(octets[:6] + raw_deflate(document))
    assert (request.deflated, request.deflate_supported, request.document) == (True, True, document)
    response = lwz_response(request, document)
    assert len(response) + 8 <= 200
    assert response[:3] == b"\x38\x00\x01"
    assert zlib.decompress(response[3:], wbits=-15) == document
    assert answered(response).document == document


def test_an_answer_that_is_too_long_says_how_long() -> None:
    request = asked(lwz_request(LOOKUP, transaction=1, maximum=498, deflate_supported=False))
    assert lwz_response(request, b"x" * 487)[3:] == b"x" * 487
    reply = answered(lwz_response(request, b"x" * 488))
    size = b'<size xmlns="urn:ietf:params:xml:ns:iris-transport"><response><octets>499</octets></response></size>'
    assert (reply.kind, reply.document) == ("si", size)
    small = asked(lwz_request(LOOKUP, transaction=1, maximum=20, deflate_supported=False))
    assert b"<exceedsMaximum/>" in lwz_response(small, b"x" * 488)
    assert lwz_response(small, b"x" * 488, limit=50) == b""


def test_a_bomb_is_a_payload_error() -> None:
    bomb = raw_deflate(b" " * (64 << 10))
    head = lwz_request(b"", transaction=1, deflated=True)[:6]
    assert len(head + bomb) < 4000
    assert asked(head + bomb).error is None
    over = asked(head + raw_deflate(b" " * ((64 << 10) + 1)))
    assert (over.error, over.document) == ("payload-error", None)
    assert over.detail == "the payload inflates to more than 65536 octets"
    assert asked(head + bomb, inflate_limit=1000).error == "payload-error"


@pytest.mark.parametrize("payload", [zlib.compress(LOOKUP), LOOKUP, b"", raw_deflate(LOOKUP) + b"x"])
def test_what_is_not_raw_deflate_is_a_payload_error(payload: bytes) -> None:
    head = lwz_request(b"", transaction=1, deflated=True)[:6]
    assert asked(head + payload).error == "payload-error"


@pytest.mark.parametrize(
    ("octets", "error", "transaction"),
    [
        (b"", "descriptor-error", 0xFFFF),
        (b"\x00\x12", "descriptor-error", 0xFFFF),
        (b"\x00\x12\x34\x0f", "descriptor-error", 0x1234),
        (b"\x00\x12\x34\x0f\xa0\x20example", "descriptor-error", 0x1234),
        (b"\x02\x12\x34\x0f\xa0\x00", "descriptor-error", 0x1234),
        (b"\x04\x12\x34\x0f\xa0\x00", "descriptor-error", 0x1234),
        (b"\x00\xff\xff\x0f\xa0\x00<request/>", "descriptor-error", 0xFFFF),
        (b"\x40\x12\x34", "version", 0x1234),
    ],
)
def test_what_is_wrong_is_an_error_with_the_transaction_to_answer(octets: bytes, error: str, transaction: int) -> None:
    request = asked(octets)
    assert (request.error, request.transaction, request.document) == (error, transaction, None)
    assert request.detail
    answer = lwz_response(request, b"<other/>", kind="oi")
    assert answer[:3] == b"\x23" + transaction.to_bytes(2, "big")


def test_responses_are_never_requests_nor_the_reverse() -> None:
    assert lwz_parse(b"\x20\x12\x34<x/>", role="server") is None
    assert lwz_parse(b"\xe3\x12\x34\x0f\xa0\x00", role="server") is None
    assert lwz_parse(lwz_request(LOOKUP, transaction=1), role="client") is None
    assert lwz_parse(b"\x20\x12", role="client") is None


def test_the_codec_writes_and_reads_documents() -> None:
    request = asked(lwz_request(Hello(), transaction=1, codec=CODEC), codec=CODEC)
    assert request.document == Hello()
    assert answered(lwz_response(request, Hello(), codec=CODEC), codec=CODEC).document == Hello()
    bad = asked(lwz_request(b"<request", transaction=1), codec=CODEC)
    assert isinstance(bad.document, Fault)
    assert bad.error is None


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"transaction": 0xFFFF}, "0xffff is the servers'"),
        ({"transaction": 1, "kind": "oi"}, "clients do not send payloads of type oi"),
        ({"transaction": 1, "kind": "nothing"}, "is not one of xml, vi, si, oi"),
        ({"transaction": 1, "authority": "a" * 256}, "at most 255 octets, not 256"),
        ({"transaction": 1, "content": b"x" * 4000}, "at most 4000 octets with its UDP header, not 4014: ask over XPC"),
    ],
)
def test_requests_that_cannot_be_are_refused(arguments: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=error):
        lwz_request(arguments.pop("content", b""), **arguments)


def test_a_repr_counts_octets() -> None:
    request = asked(lwz_request(LOOKUP, transaction=0x1234, authority="example.com"))
    assert repr(request) == (
        "LwzDatagram(transaction=0x1234, maximum=1472, authority='example.com', kind=\"xml\", document=<10 octets>)"
    )
    assert 'error="descriptor-error"' in repr(asked(b"\x00"))
