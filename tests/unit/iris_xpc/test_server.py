"""The server's side of an XPC session: every reaction that the octet vectors ask for, and what goes beyond them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import regwire_native
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from iris_world import engine, lookup, sasl, vector

from regwire.iris import decode, encode
from regwire.iris.coding import DEFAULT
from regwire.iris.engine import Engine
from regwire.iris.messages.core import Response
from regwire.iris.messages.transport import AuthenticationFailure, AuthenticationSuccess, Other, Size, Versions
from regwire.iris.transport import sasl_data
from regwire.iris.transport.common import Limits, ServerConfig
from regwire.iris.transport.xpc.server import Ask, Authenticate, Close, Send, ServerSession
from regwire.iris.transport.xpc.state import SERVER, ServerInput, ServerState, document
from regwire.sasl import Channel, SaslClient
from regwire.sasl.scram import ScramSha256Client
from regwire.session import items

TLS = Channel(encrypted=True)


class Peer:
    """A client in octets: what it writes is parsed by the core, what the session does is done at once."""

    def __init__(
        self,
        *,
        config: ServerConfig | None = None,
        channel: Channel = TLS,
        served: Engine | None = None,
        hold: bool = False,
    ) -> None:
        self.session = ServerSession(served or engine(), config or ServerConfig(sasl=sasl()), 0.0, channel=channel)
        self.now = 0.0
        self.blocks: list[Any] = []
        self.closed: str | None = None
        self.held: list[Any] = []
        self.hold = hold
        self.perform(self.session.open(0.0))
        self.greeting = self.blocks.pop(0)

    def perform(self, actions: list[Any]) -> None:
        for action in actions:
            assert self.closed is None, f"{action} after the end"
            if isinstance(action, Send):
                octets = regwire_native.xpc_build(
                    action.content, keep_open=action.keep_open, role="server", codec=DEFAULT.codec
                )
                parsed = regwire_native.xpc_parse(octets, role="client", codec=DEFAULT.codec)
                assert parsed is not None
                self.blocks.append(parsed[0])
            elif isinstance(action, Close):
                self.closed = action.reason
            elif self.hold:
                self.held.append(action)
            else:
                self.do(action)

    def do(self, action: Ask | Authenticate) -> None:
        if isinstance(action, Ask):
            found = self.session.engine.respond([action.exchange])
            assert isinstance(found, list)
            self.perform(self.session.answered(action.ticket, found[0], self.now))
        else:
            self.perform(self.session.authenticated(action.ticket, action.step(), self.now))

    def item(self, item: Any) -> None:
        self.perform(self.session.receive(item, self.now))

    def write(self, octets: bytes) -> list[Any]:
        """What comes back, block by block."""
        while octets:
            parsed = regwire_native.xpc_parse(octets, role="server", codec=DEFAULT.codec)
            assert parsed is not None, "half a block"
            found, used = parsed
            self.item(found)
            octets = octets[used:]
            if not isinstance(found, regwire_native.XpcBlock):
                break
        found, self.blocks = self.blocks, []
        return found

    def say(self, *content: tuple[str, Any], keep_open: bool = True, authority: str = "example.com") -> list[Any]:
        return self.write(
            regwire_native.xpc_build(
                content, keep_open=keep_open, role="client", authority=authority, codec=DEFAULT.codec
            )
        )


def told(block: Any) -> Any:
    """The message of the only chunk type of a block."""
    assert block.document is None
    ((_, data),) = block.chunks
    return decode(data)


def kinds(block: Any) -> list[str]:
    return [kind for kind, _ in block.chunks if kind != "ad"] + (["ad"] if block.document is not None else [])


def error(block: Any) -> str:
    message = told(block)
    assert isinstance(message, Other)
    return message.type


def names(block: Any) -> list[str]:
    assert isinstance(block.document, Response)
    return [result.entity_name for part in block.document.result_sets for result in part.answer.results]


# --- the vectors


def test_first_block_is_version_information() -> None:
    peer = Peer()
    assert peer.greeting.keep_open
    (protocol,) = told(peer.greeting).transfer_protocols
    assert protocol.protocol_id == "iris.xpc1"
    assert protocol.authentication_ids == "SCRAM-SHA-256 DIGEST-MD5 PLAIN ANONYMOUS"
    assert protocol.request_size_octets == 65536
    (application,) = protocol.applications
    assert application.protocol_id == "urn:ietf:params:xml:ns:iris1"
    assert [model.protocol_id for model in application.data_models] == ["urn:ietf:params:xml:ns:dchk1"]


def test_without_tls_plain_is_not_offered() -> None:
    (protocol,) = told(Peer(channel=Channel()).greeting).transfer_protocols
    assert protocol.authentication_ids == "SCRAM-SHA-256 DIGEST-MD5 ANONYMOUS"
    (protocol,) = told(Peer(config=ServerConfig()).greeting).transfer_protocols
    assert protocol.authentication_ids is None


def test_no_place_is_a_system_error_and_the_end() -> None:
    session = ServerSession(engine(), ServerConfig(), 0.0)
    send, close = session.open(0.0, available=False)
    assert isinstance(send, Send)
    assert not send.keep_open
    ((kind, message),) = send.content
    assert (kind, message.type) == ("oi", "system-error")
    assert isinstance(close, Close)
    assert session.receive(items.TimerExpired("idle"), 1.0) == []


def test_lookup_keeps_open() -> None:
    peer = Peer()
    (block,) = peer.write(vector("xpc-03"))
    assert block.keep_open
    assert names(block) == ["example.com"]
    assert peer.closed is None


def test_three_chunks_close() -> None:
    peer = Peer()
    (block,) = peer.write(vector("xpc-05"))
    assert not block.keep_open
    assert names(block) == ["milo.example.com", "felix.example.com", "hobbes.example.com"]
    assert peer.closed is not None


def test_a_document_split_inside_utf_8() -> None:
    (block,) = Peer().write(vector("xpc-06"))
    assert isinstance(block.document, Response)


@pytest.mark.parametrize("name", ["xpc-07", "xpc-08"])
def test_no_data_is_answered_with_no_data(name: str) -> None:
    (block,) = Peer().write(vector(name))
    assert (block.keep_open, block.chunks, block.document) == (True, (("nd", b""),), None)


@pytest.mark.parametrize("name", ["xpc-09", "xpc-10"])
def test_versions_are_told(name: str) -> None:
    (block,) = Peer().write(vector(name))
    assert block.keep_open
    assert isinstance(told(block), Versions)


@pytest.mark.parametrize("name", ["xpc-11", "xpc-13", "xpc-14", "xpc-15", "xpc-16", "xpc-17", "xpc-23", "xpc-24"])
def test_block_errors_close(name: str) -> None:
    peer = Peer()
    (block,) = peer.write(vector(name))
    assert error(block) == "block-error"
    assert not block.keep_open
    assert peer.closed is not None


def test_another_version_is_told_ours_and_closed() -> None:
    peer = Peer()
    (block,) = peer.write(vector("xpc-12"))
    assert isinstance(told(block), Versions)
    assert not block.keep_open
    assert peer.closed is not None


def test_malformed_xml_is_a_data_error_and_the_session_goes_on() -> None:
    peer = Peer()
    (block,) = peer.write(vector("xpc-18"))
    assert error(block) == "data-error"
    assert block.keep_open
    assert names(peer.write(vector("xpc-03"))[0]) == ["example.com"]


def test_plain_and_a_lookup_in_one_block() -> None:
    peer = Peer()
    (block,) = peer.write(vector("xpc-19"))
    assert kinds(block) == ["as", "ad"]
    assert isinstance(decode(block.chunks[0][1]), AuthenticationSuccess)
    assert names(block) == ["example.com"]
    assert peer.session.identity == "bob"


def test_plain_and_a_lookup_in_the_clear_are_refused() -> None:
    peer = Peer(channel=Channel())
    (block,) = peer.write(vector("xpc-19"))
    assert kinds(block) == ["af"]
    assert isinstance(told(block), AuthenticationFailure)
    assert peer.session.identity is None


def test_an_absent_initial_response_gets_a_challenge() -> None:
    (block,) = Peer().write(vector("xpc-20"))
    assert kinds(block) == ["sd"]
    mechanism, challenge = sasl_data.parse(block.chunks[0][1])
    assert mechanism == "DIGEST-MD5"
    assert challenge is not None
    assert challenge.startswith(b'realm="example.com",nonce=')


def test_an_empty_initial_response_is_not_an_absent_one() -> None:
    # EXTERNAL without a certificate: refused, not asked again.
    (block,) = Peer().write(vector("xpc-21"))
    assert kinds(block) == ["af"]


def test_sasl_data_that_overruns_its_chunk() -> None:
    peer = Peer()
    (block,) = peer.write(vector("xpc-22"))
    assert error(block) == "data-error"
    assert peer.session.identity is None


def test_a_block_not_complete_in_time() -> None:
    assert regwire_native.xpc_parse(vector("xpc-25"), role="server") is None
    peer = Peer()
    peer.item(items.TimerExpired("frame"))
    (block,) = peer.blocks
    assert error(block) == "block-error"
    assert not block.keep_open
    assert peer.closed is not None


def test_idle_timeout() -> None:
    peer = Peer(config=ServerConfig(limits=Limits(idle=300.0)))
    assert peer.session.deadline == 300.0
    peer.now = 200.0
    peer.write(vector("xpc-07"))
    assert peer.session.deadline == 500.0
    peer.perform(peer.session.tick(499.0))
    assert peer.blocks == []
    peer.perform(peer.session.tick(500.0))
    (block,) = peer.blocks
    assert error(block) == "idle-timeout"
    assert not block.keep_open
    assert peer.closed is not None


def test_an_authority_that_is_not_served() -> None:
    peer = Peer()
    (block,) = peer.write(vector("xpc-27"))
    assert error(block) == "authority-error"
    assert block.keep_open


def test_pipelined_blocks_are_answered_one_to_one_in_order() -> None:
    first, second = Peer().write(vector("xpc-28"))
    assert names(first) != []
    assert names(second) != []


# --- order


def test_replies_keep_the_order_of_requests() -> None:
    peer = Peer(hold=True)
    peer.say(("ad", lookup("a")))
    peer.say(("nd", b""))
    peer.say(("ad", lookup("b")))
    a, b = peer.held
    assert peer.blocks == []
    peer.do(b)
    assert peer.blocks == []
    peer.do(a)
    assert [kinds(block) for block in peer.blocks] == [["ad"], ["nd"], ["ad"]]
    assert [names(block) for block in (peer.blocks[0], peer.blocks[2])] == [["a"], ["b"]]
    assert peer.session.waiting == 0


def test_nothing_is_taken_after_a_request_that_closes() -> None:
    peer = Peer(hold=True)
    peer.say(("ad", lookup("a")))
    peer.say(("ad", lookup("b")), keep_open=False)
    peer.say(("ad", lookup("c")))
    assert len(peer.held) == 2
    for ask in peer.held:
        peer.do(ask)
    assert [(names(block), block.keep_open) for block in peer.blocks] == [(["a"], True), (["b"], False)]
    assert peer.closed is not None


@pytest.mark.parametrize("second_first", [False, True])
def test_a_bad_block_waits_for_the_replies_before_it(second_first: bool) -> None:
    peer = Peer(hold=True)
    peer.say(("ad", lookup("a")))
    peer.say(("ad", lookup("b")))
    peer.write(vector("xpc-11"))
    assert peer.blocks == []
    for ask in peer.held[::-1] if second_first else peer.held:
        peer.do(ask)
    assert [kinds(block) for block in peer.blocks] == [["ad"], ["ad"], ["oi"]]
    assert [block.keep_open for block in peer.blocks] == [True, True, False]
    assert peer.closed is not None


def test_idle_is_between_transactions_only() -> None:
    peer = Peer(hold=True)
    peer.say(("ad", lookup("a")))
    peer.item(items.TimerExpired("idle"))
    assert peer.closed is None
    peer.do(peer.held[0])
    peer.item(items.TimerExpired("idle"))
    assert [kinds(block) for block in peer.blocks] == [["ad"], ["oi"]]
    assert peer.closed is not None


def test_the_server_stops_after_what_is_owed() -> None:
    peer = Peer(hold=True)
    peer.say(("ad", lookup("a")))
    peer.perform(peer.session.drain())
    assert peer.closed is None
    peer.do(peer.held[0])
    (block,) = peer.blocks
    assert names(block) == ["a"]
    assert not block.keep_open
    assert peer.closed is not None

    quiet = Peer()
    quiet.perform(quiet.session.drain())
    assert error(quiet.blocks[0]) == "system-error"
    assert quiet.closed is not None


def test_an_answer_after_the_end_goes_nowhere() -> None:
    peer = Peer(hold=True)
    peer.say(("ad", lookup("a")))
    peer.item(items.Closed("reset"))
    peer.do(peer.held[0])
    assert peer.blocks == []
    assert peer.session.state is ServerState.CLOSED


def test_data_and_versions_in_one_block() -> None:
    (block,) = Peer().say(("ad", lookup("a")), ("vi", b""))
    assert kinds(block) == ["vi", "ad"]


# --- documents


def test_a_request_of_another_iris_is_told_the_versions() -> None:
    document = encode(lookup("a")).replace(b"ns:iris1", b"ns:iris2")
    (block,) = Peer().say(("ad", document))
    assert isinstance(told(block), Versions)


@pytest.mark.parametrize("message", [Other((), type="x"), Response(result_sets=())])
def test_what_is_no_request_is_a_data_error(message: Any) -> None:
    document = encode(message) if isinstance(message, Other) else b"<response xmlns='urn:ietf:params:xml:ns:iris1'/>"
    (block,) = Peer().say(("ad", document))
    assert error(block) == "data-error"


def test_a_response_above_the_limit_is_replaced_by_its_size() -> None:
    peer = Peer(config=ServerConfig(limits=Limits(response_octets=600)))
    (short,) = peer.say(("ad", lookup("a")))
    assert names(short) == ["a"]
    (long,) = peer.say(("ad", lookup("a", "b", "c")))
    message = told(long)
    assert isinstance(message, Size)
    assert message.response is not None
    assert message.response.octets is not None
    assert message.response.octets > 600


def test_a_request_above_the_limit_closes_with_its_size() -> None:
    peer = Peer()
    peer.item(items.FrameTooLarge(10**6))
    message = told(peer.blocks[0])
    assert isinstance(message, Size)
    assert message.request is not None
    assert message.request.octets == 65536
    assert peer.closed is not None


def test_authorities_that_are_not_text() -> None:
    octets = regwire_native.xpc_build(
        lookup("a"), keep_open=True, role="client", authority="xx", codec=DEFAULT.codec
    ).replace(b"\x02xx", b"\x02\xff\xfe", 1)
    assert error(Peer().write(octets)[0]) == "authority-error"
    assert error(Peer(served=Engine(Peer().session.engine.handlers.__class__())).write(octets)[0]) == "authority-error"


# --- authentication


def exchange(peer: Peer, *, password: str = "kEw1", **more: Any) -> Any:
    """SCRAM to its end; the last block."""
    client = ScramSha256Client("bob", password)
    (block,) = peer.say(("sd", sasl_data.build(client.name, client.start())), **more)
    while kinds(block) == ["sd"]:
        _, challenge = sasl_data.parse(block.chunks[0][1])
        step = client.step(challenge or b"")
        (block,) = peer.say(("sd", sasl_data.build(client.name, getattr(step, "data", b""))), **more)
    if kinds(block)[0] == "as":
        message = decode(block.chunks[0][1])
        assert isinstance(message, AuthenticationSuccess)
        assert getattr(client.finish(message.data), "identity", None) == "bob"
    return block


def test_scram_to_its_end() -> None:
    peer = Peer(channel=Channel())
    assert kinds(exchange(peer)) == ["as"]
    assert names(peer.say(("ad", lookup("me")))[0]) == ["bob"]


def test_identity_holds_from_success_on() -> None:
    peer = Peer(hold=True)
    peer.say(("ad", lookup("me")))
    peer.say(("sd", sasl_data.build("PLAIN", b"\0bob\0kEw1")), ("ad", lookup("me")))
    peer.say(("ad", lookup("me")))
    first, authenticate = peer.held
    assert isinstance(authenticate, Authenticate)
    # Nothing new while the password is checked.
    assert peer.session.waiting == 3
    peer.do(authenticate)
    second, third = peer.held[2:]
    for ask in (third, first, second):
        peer.do(ask)
    assert [names(block) for block in peer.blocks] == [["nobody"], ["bob"], ["bob"]]


def test_one_success_a_session() -> None:
    peer = Peer()
    assert kinds(exchange(peer)) == ["as"]
    assert kinds(peer.say(("sd", sasl_data.build("PLAIN", b"\0bob\0kEw1")))[0]) == ["af"]
    assert peer.session.identity == "bob"
    (protocol,) = told(peer.say(("vi", b""))[0]).transfer_protocols
    assert protocol.authentication_ids is None


def test_after_too_many_failures_the_session_ends() -> None:
    peer = Peer(config=ServerConfig(sasl=sasl(), limits=Limits(failed_logins=2)))
    assert exchange(peer, password="no").keep_open
    assert not exchange(peer, password="no").keep_open
    assert peer.closed is not None


def test_a_request_in_the_middle_of_authentication_ends_the_session() -> None:
    peer = Peer()
    client = ScramSha256Client("bob", "kEw1")
    (block,) = peer.say(("sd", sasl_data.build(client.name, client.start())), ("ad", lookup("a")))
    # The data is not executed: nobody knows yet who asks.
    assert kinds(block) == ["sd", "oi"]
    (block,) = peer.say(("ad", lookup("a")))
    assert error(block) == "block-error"
    assert peer.closed is not None


@pytest.mark.parametrize("chunk", [sasl_data.build("PLAIN", b"\0bob\0kEw1"), b"", b"\x05PL"])
def test_another_mechanism_or_garbage_in_the_middle_ends_the_session(chunk: bytes) -> None:
    peer = Peer()
    client = ScramSha256Client("bob", "kEw1")
    peer.say(("sd", sasl_data.build(client.name, client.start())))
    (block,) = peer.say(("sd", chunk))
    assert error(block) == "data-error"
    assert not block.keep_open
    assert peer.closed is not None


@pytest.mark.parametrize("name", ["OTP", "plain", "EXTERNAL"])
def test_a_mechanism_that_is_not_offered_fails(name: str) -> None:
    peer = Peer()
    assert kinds(peer.say(("sd", sasl_data.build(name, b"")))[0]) == ["af"]
    assert peer.closed is None


def test_without_sasl_every_mechanism_fails() -> None:
    peer = Peer(config=ServerConfig())
    assert kinds(peer.say(("sd", sasl_data.build("PLAIN", b"\0bob\0kEw1")))[0]) == ["af"]


def test_a_connection_that_ends_while_a_password_is_checked() -> None:
    peer = Peer(hold=True)
    peer.say(("sd", sasl_data.build("PLAIN", b"\0bob\0kEw1")))
    peer.item(items.Closed("eof"))
    peer.do(peer.held[0])
    assert peer.blocks == []


@pytest.mark.parametrize(
    "chunk", [b"", b"\0", b"\x05PLAI", b"\x05PLAIN", b"\x05PLAIN\0", b"\x05PLAIN\0\x05abc", b"\x02\xff\xfe\0\0"]
)
def test_sasl_chunks_that_do_not_add_up(chunk: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        sasl_data.parse(chunk)


@pytest.mark.parametrize("data", [None, b"", b"x", b"x" * 60_000])
def test_sasl_chunks_there_and_back(data: bytes | None) -> None:
    assert sasl_data.parse(sasl_data.build("PLAIN", data)) == ("PLAIN", data)
    with pytest.raises(ValueError, match="longer than a chunk"):
        sasl_data.build("PLAIN", b"x" * 65_530)


# --- the table


def test_every_input_of_the_table_is_met() -> None:
    made: dict[ServerInput, Callable[[Peer], Any]] = {
        ServerInput.BLOCK: lambda p: p.write(vector("xpc-07")),
        ServerInput.SASL: lambda p: p.write(vector("xpc-20")),
        ServerInput.BAD_BLOCK: lambda p: p.write(vector("xpc-14")),
        ServerInput.OTHER_VERSION: lambda p: p.write(vector("xpc-12")),
        ServerInput.TOO_LARGE: lambda p: p.item(items.FrameTooLarge(99)),
        ServerInput.BROKEN: lambda p: p.item(items.EmptyFrame()),
        ServerInput.HALF_BLOCK: lambda p: p.item(items.TimerExpired("frame")),
        ServerInput.IDLE: lambda p: p.item(items.TimerExpired("idle")),
        ServerInput.TIME_UP: lambda p: p.item(items.TimerExpired("session")),
        ServerInput.DRAIN: lambda p: p.perform(p.session.drain()),
        ServerInput.GONE: lambda p: p.item(items.Closed("eof")),
    }
    assert set(made) == set(ServerInput)
    for input_, make in made.items():
        peer = Peer()
        make(peer)
        after = SERVER.step(ServerState.READY, input_).next
        if input_ is ServerInput.SASL:
            after = ServerState.SASL
        assert peer.session.state is (after or ServerState.READY), input_
        # Nothing more is said by a session that ended.
        if peer.closed is not None:
            peer.item(items.TimerExpired("idle"))
            peer.write(vector("xpc-07"))


def test_the_tables_can_be_drawn() -> None:
    assert "XPC server session" in document()
    assert "XPC client session" in document()


def test_a_client_without_tls_never_gives_its_password_away() -> None:
    (protocol,) = told(Peer(channel=Channel()).greeting).transfer_protocols
    offered = (protocol.authentication_ids or "").split()
    chosen = SaslClient(user="bob", password="kEw1").choose(offered, Channel(), service="iris-xpc", host="example.com")
    assert chosen is not None
    assert chosen.name == "SCRAM-SHA-256"


# --- whatever comes


EVENTS = {
    "lookup": lambda peer, name: peer.say(("ad", lookup(name))),
    "last": lambda peer, name: peer.say(("ad", lookup(name)), keep_open=False),
    "nothing": lambda peer, name: peer.say(("nd", b"")),
    "versions": lambda peer, name: peer.say(("vi", b"")),
    "unread": lambda peer, name: peer.say(("ad", b"<request")),
    "foreign": lambda peer, name: peer.say(("ad", lookup(name)), authority="example.org"),
    "plain": lambda peer, name: peer.say(("sd", sasl_data.build("PLAIN", b"\0bob\0kEw1")), ("ad", lookup("me"))),
    "wrong": lambda peer, name: peer.say(("sd", sasl_data.build("PLAIN", b"\0bob\0no"))),
    "digest": lambda peer, name: peer.say(("sd", sasl_data.build("DIGEST-MD5", None))),
    "bad": lambda peer, name: peer.write(vector("xpc-14")),
    "idle": lambda peer, name: peer.item(items.TimerExpired("idle")),
    "half": lambda peer, name: peer.item(items.TimerExpired("frame")),
    "drain": lambda peer, name: peer.perform(peer.session.drain()),
    "gone": lambda peer, name: peer.item(items.Closed("eof")),
    "first": lambda peer, name: peer.held and peer.do(peer.held.pop(0)),
    "newest": lambda peer, name: peer.held and peer.do(peer.held.pop()),
}
REQUESTS = {"lookup", "last", "nothing", "versions", "unread", "foreign", "plain", "wrong", "digest", "bad"}


@given(script=st.lists(st.sampled_from([*EVENTS, "lookup", "first", "newest"]), max_size=25))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_comes_replies_are_one_to_one_in_order_and_nothing_follows_the_end(script: list[str]) -> None:
    peer = Peer(hold=True, served=_ENGINE, config=_CONFIG)
    asked, sent = 0, []
    for number, event in enumerate(script):
        found = EVENTS[event](peer, f"n{number}")
        sent += found if isinstance(found, list) else []
        asked += event in REQUESTS
    while peer.held:
        peer.do(peer.held.pop())
    sent += peer.blocks
    # One block a request, and at most one more that nobody asked for: why the session ends.
    assert len(sent) <= asked + 1
    assert all(block.keep_open for block in sent[:-1])
    if sent and not sent[-1].keep_open:
        assert peer.closed is not None or peer.session.state is ServerState.CLOSED
    answered = [name for block in sent if block.document is not None for name in names(block)]
    order = [int(name[1:]) for name in answered if name[1:].isdigit()]
    assert order == sorted(order)
    if peer.closed is None and peer.session.state is not ServerState.CLOSED:
        assert peer.session.waiting == 0
        assert len(sent) == asked


_ENGINE = engine()
_CONFIG = ServerConfig(sasl=sasl())


def test_sasl_data_is_within_one_chunk() -> None:
    """RFC 4992 section 6.5: the fields must not span chunks; they were joined."""
    data = sasl_data.build("PLAIN", b"\0bob\0kEw1")
    peer = Peer()
    for parts in ((data[:9], data[9:]), (data, data), (data[:1], data[1:])):
        (block,) = peer.write(_chunks(*parts))
        assert block.chunks[-1][0] == "oi"
        assert b"data-error" in block.chunks[-1][1]
    # An empty last chunk says no more than that there is no more.
    (block,) = peer.write(_chunks(data, b""))
    assert block.chunks[0][0] == "as"


def _chunks(*parts: bytes) -> bytes:
    """A block that keeps open, with chunks of SASL data."""
    octets = b"\x20\x0bexample.com"
    for place, part in enumerate(parts):
        last = 0xC0 if place == len(parts) - 1 else 0
        octets += bytes([last | 4]) + len(part).to_bytes(2, "big") + part
    return octets
