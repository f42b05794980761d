"""The client's side of an XPC session: outcomes, whatever a server does; what the printed examples have wrong."""

from __future__ import annotations

from typing import Any

import pytest
import regwire_native
from iris_world import domain, lookup, vector

from regwire import errors
from regwire.iris.coding import DEFAULT
from regwire.iris.messages.core import Answer, Response, ResultSet
from regwire.iris.messages.transport import AuthenticationSuccess
from regwire.iris.transport.common import ClientConfig, other, size, versions
from regwire.iris.transport.xpc.client import (
    Answered,
    Authenticated,
    ClientSession,
    Ended,
    Lost,
    Opened,
    Refused,
    Send,
)
from regwire.iris.transport.xpc.server import PROTOCOL
from regwire.sasl.scram import ScramSha256Client
from regwire.sasl.simple import AnonymousClient, PlainClient
from regwire.session import items

RESPONSE = Response(result_sets=(ResultSet(Answer((domain("a"),))),))


def block(*content: tuple[str, Any], keep_open: bool = True) -> Any:
    octets = regwire_native.xpc_build(content, keep_open=keep_open, role="server", codec=DEFAULT.codec)
    return parsed(octets)


def parsed(octets: bytes) -> Any:
    found = regwire_native.xpc_parse(octets, role="client", codec=DEFAULT.codec)
    assert found is not None
    return found[0]


def greeting(protocol: str = PROTOCOL, mechanisms: tuple[str, ...] = ()) -> Any:
    return block(("vi", versions(protocol, ["urn:ietf:params:xml:ns:dchk1"], authentication=mechanisms)))


def session(**more: Any) -> ClientSession:
    found = ClientSession(ClientConfig(**more), 0.0)
    (opened,) = found.receive(greeting(), 0.0)
    assert isinstance(opened, Opened)
    return found


def kinds(outcomes: list[Any]) -> list[str]:
    return [type(outcome).__name__ for outcome in outcomes]


# --- the first block


def test_the_printed_first_block_is_understood() -> None:
    found = ClientSession(ClientConfig(), 0.0)
    (opened,) = found.receive(parsed(vector("xpc-01")), 0.0)
    assert isinstance(opened, Opened)
    assert opened.mechanisms == ("PLAIN", "EXTERNAL")


def test_an_identifier_without_its_version_is_taken() -> None:
    assert kinds(ClientSession(ClientConfig(), 0.0).receive(greeting("iris.xpc"), 0.0)) == ["Opened"]


def test_another_protocol_is_not() -> None:
    (ended,) = ClientSession(ClientConfig(), 0.0).receive(greeting("iris.lwz1"), 0.0)
    assert isinstance(ended, Ended)
    assert isinstance(ended.error, errors.ProtocolError)


def test_a_server_without_a_place() -> None:
    found = ClientSession(ClientConfig(), 0.0)
    (ended,) = found.receive(parsed(vector("xpc-02")), 0.0)
    assert isinstance(ended, Ended)
    assert isinstance(ended.error, errors.TransferRefused)
    assert ended.error.type == "system-error"
    with pytest.raises(errors.NotSent, match="system-error"):
        found.check()


@pytest.mark.parametrize(
    "item",
    [
        block(("ad", RESPONSE)),
        block(("vi", b"<x/>")),
        block(("oi", other("system-error"))),
        block(("nd", b"")),
        items.FrameTooLarge(10**9),
        items.Closed("eof"),
    ],
)
def test_what_is_no_first_block_ends_the_session(item: Any) -> None:
    (ended,) = ClientSession(ClientConfig(), 0.0).receive(item, 0.0)
    assert isinstance(ended, Ended)
    assert ended.error is not None


def test_a_server_that_says_nothing() -> None:
    found = ClientSession(ClientConfig(connect_timeout=20.0), 0.0)
    assert found.deadline == 20.0
    assert found.tick(19.0) == []
    (ended,) = found.tick(20.0)
    assert isinstance(ended, Ended)


# --- answers


def test_answers_come_in_order() -> None:
    found = session()
    slots = [found.sent(lookup(name), "", 0.0) for name in "abc"]
    outcomes = [
        *found.receive(block(("ad", RESPONSE)), 0.0),
        *found.receive(block(("oi", other("authority-error", "no"))), 0.0),
        *found.receive(block(("nd", b"")), 0.0),
    ]
    assert kinds(outcomes) == ["Answered", "Refused", "Answered"]
    assert [getattr(outcome, "slot", None) for outcome in outcomes] == slots
    assert isinstance(outcomes[1], Refused)
    assert isinstance(outcomes[1].error, errors.AuthorityNotServed)
    assert found.outstanding == 0


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (("si", size(response=1211)), errors.SizeRefused),
        # RFC 4993's third example has another element: what it means is clear all the same.
        (("si", b"<responseSize xmlns='urn:ietf:params:xml:ns:iris-transport'/>"), errors.SizeRefused),
        (("oi", other("data-error")), errors.TransferRefused),
        (("oi", b"<other"), errors.TransferRefused),
        (("vi", versions(PROTOCOL, [])), errors.TransferRefused),
        (("ad", b"<response"), errors.XmlError),
        (("ad", b"<response xmlns='urn:ietf:params:xml:ns:iris1'/>"), errors.SchemaFault),
        (("ad", lookup("a")), errors.ProtocolError),
    ],
)
def test_what_is_no_answer_is_an_error_of_that_request_alone(content: Any, error: type[Exception]) -> None:
    found = session()
    found.sent(lookup("a"), "", 0.0)
    (refused,) = found.receive(block(content), 0.0)
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, error)
    assert not found.closed


def test_the_last_block_answers_its_request_and_loses_the_others() -> None:
    found = session()
    first, second = (found.sent(lookup(name), "", 0.0) for name in "ab")
    outcomes = found.receive(block(("ad", RESPONSE), keep_open=False), 0.0)
    assert outcomes[0] == Answered(first, RESPONSE)
    assert isinstance(outcomes[1], Lost)
    assert outcomes[1].slot is second
    assert found.closed


def test_an_idle_timeout_answers_nothing() -> None:
    quiet = session()
    (ended,) = quiet.receive(parsed(vector("xpc-26")), 0.0)
    assert isinstance(ended, Ended)
    assert "idle-timeout" in ended.reason
    crossing = session()
    slot = crossing.sent(lookup("a"), "", 0.0)
    lost, ended = crossing.receive(parsed(vector("xpc-26")), 0.0)
    assert isinstance(lost, Lost)
    assert lost.slot is slot


def test_a_block_that_nobody_asked_for_breaks_the_protocol() -> None:
    (ended,) = session().receive(block(("ad", RESPONSE)), 0.0)
    assert isinstance(ended, Ended)
    assert isinstance(ended.error, errors.ProtocolError)


def test_an_answer_that_does_not_come_in_time() -> None:
    found = session(reply_timeout=60.0)
    found.sent(lookup("a"), "", 5.0)
    assert found.deadline == 65.0
    assert kinds(found.tick(65.0)) == ["Lost", "Ended"]
    assert found.deadline is None


def test_a_connection_that_ends_loses_everything_once() -> None:
    found = session()
    found.sent(lookup("a"), "", 0.0)
    assert kinds(found.receive(items.Closed("reset"), 0.0)) == ["Lost", "Ended"]
    assert found.receive(items.Closed("reset"), 0.0) == []
    assert found.lose("again") == []


# --- authentication


def begun(mechanism: Any) -> ClientSession:
    found = session()
    assert found.begin(mechanism, 0.0)
    with pytest.raises(errors.NotSent):
        found.check()
    return found


def success(data: bytes | None = None) -> Any:
    return block(("as", AuthenticationSuccess((), data)))


def test_authentication_comes_first() -> None:
    found = session()
    found.sent(lookup("a"), "", 0.0)
    with pytest.raises(errors.ProtocolError, match="before requests"):
        found.begin(AnonymousClient(), 0.0)


def test_success() -> None:
    found = begun(PlainClient("bob", "x"))
    assert found.receive(success(), 0.0) == [Authenticated("bob")]
    found.check()


def test_a_challenge_is_answered() -> None:
    found = begun(PlainClient("bob", "x"))
    (send,) = found.receive(block(("sd", b"\x05PLAIN\x00\x00")), 0.0)
    assert send == Send((("sd", b"\x05PLAIN\x00\x06\x00bob\x00x"),))


@pytest.mark.parametrize(
    "item",
    [
        block(("af", b"<authenticationFailure xmlns='urn:ietf:params:xml:ns:iris-transport'/>")),
        block(("sd", b"\x05OTHER\x00\x00")),
        block(("sd", b"\x05PLA")),
        block(("sd", b"\x05PLAIN\x00\x01x")),
        block(("oi", other("data-error")), keep_open=False),
        block(("nd", b"")),
        items.Closed("eof"),
    ],
)
def test_everything_else_is_a_failure(item: Any) -> None:
    outcomes = begun(PlainClient("bob", "x")).receive(item, 0.0)
    assert isinstance(outcomes[-1], Ended)
    assert isinstance(outcomes[-1].error, errors.SaslFailed)


@pytest.mark.parametrize("data", [None, b"", b"v=AAAA"])
def test_success_without_the_servers_proof_is_a_failure(data: bytes | None) -> None:
    (ended,) = begun(ScramSha256Client("bob", "x")).receive(success(data), 0.0)
    assert isinstance(ended, Ended)
    assert isinstance(ended.error, errors.SaslFailed)
    assert "did not prove" in str(ended.error)


def test_a_server_that_does_not_go_on() -> None:
    (ended,) = begun(AnonymousClient()).tick(20.0)
    assert isinstance(ended, Ended)
    assert isinstance(ended.error, errors.SaslFailed)
