"""LWZ without sockets: the reactions that the octet vectors ask for, and the life of a client's request."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
import regwire_native
from iris_world import engine, lookup, vector

from regwire import errors
from regwire.errors import NotSent, ProtocolError, SizeRefused, TransferRefused
from regwire.iris.coding import DEFAULT, decode
from regwire.iris.engine import Engine
from regwire.iris.handlers import REGISTRY_TYPES, Handlers
from regwire.iris.messages.core import Response
from regwire.iris.messages.transport import Other, Size, Versions
from regwire.iris.transport.common import ClientConfig, ServerConfig
from regwire.iris.transport.lwz.client import Answered, ClientSession, Lost, Refused, Send, Slot
from regwire.iris.transport.lwz.server import Ask, LwzServer, Tell
from regwire.iris.transport.lwz.state import ServerAction, ServerInput, document

CODEC = DEFAULT.codec
SERVED = ("example.com", "example.net", "localhost")


def react(octets: bytes) -> bytes | None:
    """What a server sends for a datagram; None: nothing."""
    served = engine(*SERVED)
    datagram = regwire_native.lwz_parse(octets, codec=CODEC, role="server")
    found = LwzServer(served, ServerConfig()).receive(datagram)
    if found is None:
        return None
    assert isinstance(datagram, regwire_native.LwzDatagram)
    if isinstance(found, Ask):
        responses = served.respond([found.exchange])
        assert isinstance(responses, list)
        return regwire_native.lwz_response(datagram, responses[0], codec=CODEC)
    return regwire_native.lwz_response(datagram, found.message, kind=found.kind, codec=CODEC)


def read(octets: bytes | None) -> tuple[str, Any]:
    """The three octets of the descriptor in hexadecimal, and the message."""
    assert octets is not None
    reply = regwire_native.lwz_parse(octets, codec=CODEC, role="client")
    assert isinstance(reply, regwire_native.LwzReply)
    assert reply.error is None
    return octets[:3].hex(), reply.document


def names(message: Any) -> list[str | None]:
    assert isinstance(message, Response)
    return [
        ",".join(r.entity_name for r in s.answer.results) if s.error is None else s.error.__tag__
        for s in message.result_sets
    ]


# --- the server


def test_a_bag_is_answered() -> None:
    descriptor, message = read(react(vector("lwz-01")))
    assert descriptor[2:] == "03a4"
    assert names(message) == ["bagUnrecognized"]


def test_a_lookup() -> None:
    _, message = read(react(vector("lwz-02")))
    assert names(message) == ["milo.example.com"]


def test_a_deflated_request_and_its_plain_twin_get_the_same_answer() -> None:
    plain, deflated = (read(react(vector(name)))[1] for name in ("lwz-02", "lwz-04"))
    assert plain == deflated


def test_a_zlib_wrapper_is_no_deflate() -> None:
    _, message = read(react(vector("lwz-05")))
    assert isinstance(message, Other)
    assert message.type == "payload-error"


def test_a_version_request() -> None:
    descriptor, message = read(react(vector("lwz-06")))
    assert descriptor[2:] == "2e9c"
    assert int(descriptor[:2], 16) & 0x23 == 0x21
    assert isinstance(message, Versions)
    (protocol,) = message.transfer_protocols
    assert (protocol.protocol_id, protocol.request_size_octets) == ("iris.lwz1", 4000)


def test_the_versions_of_every_registry_type_fit_the_rfcs_example() -> None:
    """RFC 4993's example takes 498 octets; a server of all four types answered with size information."""
    handlers = Handlers()
    for kind in REGISTRY_TYPES:
        handlers.lookup(kind)(lambda entity, context: None)
    server = LwzServer(Engine(handlers), ServerConfig())
    told = server.receive(regwire_native.lwz_parse(vector("lwz-06"), role="server", codec=DEFAULT.codec))
    assert isinstance(told, Tell)
    datagram = regwire_native.lwz_parse(vector("lwz-06"), role="server", codec=DEFAULT.codec)
    octets = regwire_native.lwz_response(datagram, told.message, kind=told.kind, codec=DEFAULT.codec)
    assert octets[0] & 0x23 == 0x21
    assert len(octets) + 8 <= 498
    versions = decode(octets[3:])
    assert isinstance(versions, Versions)
    models = versions.transfer_protocols[0].applications[0].data_models
    assert tuple(model.protocol_id for model in models) == REGISTRY_TYPES


@pytest.mark.parametrize(
    ("name", "transaction", "type_"),
    [
        ("lwz-09", "ffff", "descriptor-error"),
        ("lwz-10", "ffff", "descriptor-error"),
        ("lwz-11", "1234", "descriptor-error"),
        ("lwz-12", "1234", "descriptor-error"),
        ("lwz-13", "1234", "descriptor-error"),
        ("lwz-14", "1234", "descriptor-error"),
        ("lwz-15", None, "descriptor-error"),
        ("lwz-17", "1234", "payload-error"),
        ("lwz-19", None, "authority-error"),
    ],
)
def test_errors(name: str, transaction: str | None, type_: str) -> None:
    descriptor, message = read(react(vector(name)))
    assert int(descriptor[:2], 16) & 0x23 == 0x23
    assert transaction in {None, descriptor[2:]}
    assert isinstance(message, Other)
    assert message.type == type_


def test_another_version_is_told_ours() -> None:
    descriptor, message = read(react(vector("lwz-16")))
    assert int(descriptor[:2], 16) & 0xE3 == 0x21
    assert isinstance(message, Versions)


def test_another_iris_is_told_the_versions() -> None:
    document_ = CODEC.encode(lookup("a")).replace(b"ns:iris1", b"ns:iris9")
    octets = regwire_native.lwz_request(document_, transaction=1, authority="example.com")
    assert isinstance(read(react(octets))[1], Versions)


def test_a_small_maximum_is_told_the_size() -> None:
    descriptor, message = read(react(vector("lwz-18")))
    assert descriptor[2:] == "1234"
    assert int(descriptor[:2], 16) & 0x23 == 0x22
    assert isinstance(message, Size)


def test_a_response_is_never_answered() -> None:
    assert react(vector("lwz-20")) is None


@pytest.mark.parametrize("name", ["lwz-03", "lwz-07", "lwz-08"])
def test_what_servers_send_is_read_and_not_answered(name: str) -> None:
    octets = vector(name)
    assert regwire_native.lwz_parse(octets, codec=CODEC, role="client") is not None
    assert react(octets) is None


def test_a_bomb_is_a_payload_error() -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflate.compress(b" " * 10**6) + deflate.flush()
    octets = bytes.fromhex("1812340fa00b") + b"example.com" + bomb
    _, message = read(react(octets))
    assert isinstance(message, Other)
    assert message.type == "payload-error"


def test_what_is_no_request_is_a_payload_error() -> None:
    octets = regwire_native.lwz_request(CODEC.encode(Other((), type="x")), transaction=5, authority="example.com")
    _, message = read(react(octets))
    assert isinstance(message, Other)
    assert message.type == "payload-error"


def test_without_deflate_the_answer_is_not_compressed() -> None:
    octets = regwire_native.lwz_request(
        lookup(*"abcdefgh"), transaction=5, authority="example.com", deflate_supported=False, codec=CODEC, maximum=1460
    )
    reply = react(octets)
    assert reply is not None
    assert reply[0] & 0x10 == 0
    assert isinstance(read(reply)[1], Size)


def test_the_tables_can_be_drawn() -> None:
    assert "LWZ server" in document()
    assert ServerInput.RESPONSE.value in document()
    assert ServerAction.IGNORE.value in document()


# --- the client


def numbers() -> Any:
    """Transaction identifiers in a row, in place of random ones."""
    found = iter(range(1, 100))
    return lambda below: next(found)


def client(**more: Any) -> ClientSession:
    return ClientSession(ClientConfig(**more), random=numbers())


def answer(octets: bytes, name: str = "a") -> bytes:
    """A server's answer to a request."""
    reply = react(octets)
    assert reply is not None
    return reply


def test_one_request_at_a_time() -> None:
    session = client()
    first, actions = session.send(lookup("a"), "example.com", 0.0)
    (send,) = actions
    assert isinstance(send, Send)
    second, nothing = session.send(lookup("b"), "example.com", 0.0)
    assert nothing == []
    assert session.outstanding == 1
    done, following = session.receive(answer(send.octets), 0.1)
    assert isinstance(done, Answered)
    assert (done.slot, names(done.response)) == (first, ["a"])
    assert isinstance(following, Send)
    (done,) = session.receive(answer(following.octets), 0.2)
    assert isinstance(done, Answered)
    assert (done.slot, names(done.response)) == (second, ["b"])
    assert session.deadline is None


def test_dedicated_resources_allow_more_in_any_order() -> None:
    session = client(datagrams_outstanding=10)
    sends: dict[Slot, bytes] = {}
    for name in "abc":
        slot, (send,) = session.send(lookup(name), "example.com", 0.0)
        assert isinstance(send, Send)
        sends[slot] = send.octets
    for slot in reversed(list(sends)):
        (done,) = session.receive(answer(sends[slot]), 0.0)
        assert isinstance(done, Answered)
        assert done.slot is slot


def test_identifiers_are_random_never_the_servers_and_not_in_use() -> None:
    drawn: list[int] = []
    values = iter([7, 7, 8])

    def random(below: int) -> int:
        drawn.append(below)
        return next(values)

    session = ClientSession(ClientConfig(), random=random)
    found = [session.send(lookup("a"), "", 0.0)[0].transaction for _ in range(2)]
    assert found == [7, 8]
    assert set(drawn) == {0xFFFF}
    spread = {ClientSession(ClientConfig()).send(lookup("a"), "", 0.0)[0].transaction for _ in range(50)}
    assert len(spread) > 40


def test_retries_double_and_end_after_63_seconds() -> None:
    session = client()
    slot, _ = session.send(lookup("a"), "example.com", 0.0)
    sent = []
    while not session.closed and session.deadline is not None:
        now = session.deadline
        (action,) = session.tick(now)
        sent.append((now, type(action).__name__))
        if isinstance(action, Lost):
            assert action.slot is slot
    assert sent == [(1, "Send"), (3, "Send"), (7, "Send"), (15, "Send"), (31, "Send"), (63, "Lost")]


def test_what_does_not_fit_is_compressed_and_then_refused() -> None:
    session = client(datagrams_outstanding=3)
    _, (plain,) = session.send(lookup("a"), "example.com", 0.0)
    assert isinstance(plain, Send)
    assert plain.octets[0] & 0x18 == 0x08
    _, (deflated,) = session.send(lookup(*(f"name{n}" for n in range(30))), "example.com", 0.0)
    assert isinstance(deflated, Send)
    assert deflated.octets[0] & 0x18 == 0x18
    assert len(deflated.octets) + 8 <= 1460
    with pytest.raises(SizeRefused, match="does not fit") as caught:
        session.send(lookup(*(f"{n * 7919 % 100_003:x}.{n * 104_729:x}" for n in range(600))), "example.com", 0.0)
    assert caught.value.octets == 1460
    assert session.outstanding == 2


def test_a_size_is_an_error_that_asks_for_another_transport() -> None:
    session = client(datagram_octets=560)
    _, (send,) = session.send(lookup("a"), "example.com", 0.0)
    assert isinstance(send, Send)
    session_small = bytearray(send.octets)
    session_small[3:5] = (60).to_bytes(2, "big")
    (refused,) = session.receive(answer(bytes(session_small)), 0.0)
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, SizeRefused)


def test_information_is_an_error() -> None:
    session = client()
    _, (send,) = session.send(lookup("a"), "example.org", 0.0)
    assert isinstance(send, Send)
    (refused,) = session.receive(answer(send.octets), 0.0)
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, errors.AuthorityNotServed)


def test_versions_can_be_asked_for() -> None:
    session = client()
    _, (send,) = session.send(None, "example.com", 0.0)
    assert isinstance(send, Send)
    (done,) = session.receive(answer(send.octets), 0.0)
    assert isinstance(done, Answered)
    assert isinstance(done.response, Versions)


@pytest.mark.parametrize(
    "octets", [b"", b"\x20", b"\x00\x00\x01", bytes.fromhex("200063") + b"<x/>", bytes.fromhex("000001") + b"<x/>"]
)
def test_what_answers_nothing_is_ignored(octets: bytes) -> None:
    session = client()
    session.send(lookup("a"), "example.com", 0.0)
    assert session.receive(octets, 0.0) == []
    assert session.outstanding == 1


def test_a_server_that_could_not_read_the_identifier() -> None:
    session = client()
    slot, _ = session.send(lookup("a"), "example.com", 0.0)
    (refused,) = session.receive(answer(vector("lwz-10")), 0.0)
    assert isinstance(refused, Refused)
    assert refused.slot is slot
    assert isinstance(refused.error, TransferRefused)
    assert refused.error.type == "descriptor-error"


@pytest.mark.parametrize("payload", [b"<response", b"<response xmlns='urn:ietf:params:xml:ns:iris1'/>"])
def test_a_reply_that_cannot_be_read(payload: bytes) -> None:
    session = client()
    slot, _ = session.send(lookup("a"), "example.com", 0.0)
    (refused,) = session.receive(bytes([0x20]) + slot.transaction.to_bytes(2, "big") + payload, 0.0)
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, errors.XmlError | errors.SchemaFault)


def test_a_compressed_reply_that_is_none() -> None:
    session = client()
    slot, _ = session.send(lookup("a"), "example.com", 0.0)
    (refused,) = session.receive(bytes([0x30]) + slot.transaction.to_bytes(2, "big") + b"\xff\xff", 0.0)
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, ProtocolError)


def test_who_gave_up_keeps_the_place_until_answer_or_time_out() -> None:
    session = client()
    first, (send,) = session.send(lookup("a"), "example.com", 0.0)
    second, _ = session.send(lookup("b"), "example.com", 0.0)
    third, _ = session.send(lookup("c"), "example.com", 0.0)
    assert session.forget(second, 0.0) == []
    assert session.forget(first, 0.0) == []
    assert isinstance(send, Send)
    (following,) = session.receive(answer(send.octets), 0.1)
    assert following == Send(third.octets)
    assert session.forget(third, 0.2) == []
    assert session.tick(1.2) == []
    assert session.outstanding == 0


def test_a_closed_socket_loses_everything() -> None:
    session = client()
    slots = [session.send(lookup(name), "", 0.0)[0] for name in "ab"]
    assert session.close("unreachable") == [Lost(slot, "unreachable") for slot in slots]
    with pytest.raises(NotSent, match="unreachable"):
        session.send(lookup("c"), "", 0.0)
