"""IRIS over BEEP over sockets: requests, faults, authorities, TLS, SASL, and the octet vectors against a server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import trio
from iris_rig import port_of, running, server_tls
from iris_world import domain, handlers, lookup, vector
from reactor_pki import Pki, make_pki
from regwire_native import ClientTls

from regwire import errors
from regwire.beep import Message
from regwire.iris.messages.common import DCHK
from regwire.iris.messages.core import LookupEntity, Response
from regwire.iris.transport.beep import profile_of
from regwire.sasl import SaslClient
from regwire.trio import beep
from regwire.trio.iris import BeepListener, Client, ClientConfig, Context, Handlers, Limits, ServerConfig, connect
from support.beep_pair import frames_of

DCHK_PROFILE = "http://iana.org/beep/iris1/dchk1"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


def run(test: Callable[..., Any], *args: Any) -> None:
    async def bounded() -> None:
        with trio.fail_after(60):
            await test(*args)

    trio.run(bounded)


@asynccontextmanager
async def served(*, tls: Any = None, **more: Any) -> AsyncIterator[int]:
    async with running(listeners=(BeepListener(port=0, tls=tls),), **more) as server:
        yield port_of(server, "beep")


@asynccontextmanager
async def client(port: int, **more: Any) -> AsyncIterator[Client]:
    async with connect("127.0.0.1", port, transport="beep", **more) as found:
        yield found


def names(response: Response) -> list[str]:
    return [result.entity_name for part in response.result_sets for result in part.answer.results]  # type: ignore[union-attr]


def test_profiles_are_named_as_the_rfc_says() -> None:
    assert profile_of(DCHK.uri) == profile_of("DCHK1") == DCHK_PROFILE


def test_requests_are_answered_also_large_ones_and_many_at_once() -> None:
    async def main() -> None:
        async with served() as port, client(port) as found:
            assert names(await found.ask(lookup("a.example", "b.example"), authority="example.com")) == [
                "a.example", "b.example",
            ]  # fmt: skip
            assert names(await found.ask(lookup("transport"))) == ["beep-clear"]
            assert len(names(await found.ask(lookup("big")))) == 300
            answers: dict[int, list[str]] = {}

            async def ask(n: int) -> None:
                answers[n] = names(await found.ask(lookup(f"{n}.example"), authority="Example.COM."))

            async with trio.open_nursery() as nursery:
                for n in range(100):
                    nursery.start_soon(ask, n)
            assert answers == {n: [f"{n}.example"] for n in range(100)}

    run(main)


def test_an_authority_that_is_not_served_declines_the_channel() -> None:
    async def main() -> None:
        async with served() as port, client(port) as found:
            with pytest.raises(errors.AuthorityNotServed):
                await found.ask(lookup("a.example"), authority="other.example")
            assert names(await found.ask(lookup("a.example"), authority="example.com")) == ["a.example"]

    run(main)


def test_each_authority_has_its_own_session() -> None:
    async def main() -> None:
        world = Handlers(authorities=("one.example", "two.example"))

        @world.lookup(DCHK, "domain-name")
        def look(entity: LookupEntity, context: Context) -> Any:
            return domain(context.authority)

        async with served(served=world) as port, client(port) as found:
            for authority in ("one.example", "two.example", "one.example"):
                assert names(await found.ask(lookup("x"), authority=authority)) == [authority]

    run(main)


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"<request", "application/xml", 500),
        (b"", "application/xml", 500),
        (b"<other/>", "application/xml", 501),
        (b'<request xmlns="urn:ietf:params:xml:ns:iris1"/>', "application/xml", 501),
        (b'<request xmlns="urn:ietf:params:xml:ns:iris2"/>', "application/xml", 504),
        (b'<response xmlns="urn:ietf:params:xml:ns:iris1"/>', "application/xml", 501),
        (b"<x/>", "application/octet-stream", 504),
        (b"x" * 70_000, "application/xml", 554),
    ],
)
def test_faults_are_negative_replies_and_the_channel_goes_on(body: bytes, content_type: str, code: int) -> None:
    async def main() -> None:
        async with served() as port, beep.connect("127.0.0.1", port) as connection:
            assert DCHK_PROFILE in connection.profiles
            channel = await connection.start(DCHK_PROFILE, server_name="example.com")
            with pytest.raises(beep.BeepError) as refused:
                await channel.ask(Message(body, content_type))
            assert refused.value.code == code
            reply = await channel.ask(Message.parse(payload(6)))
            assert reply.content_type == "application/xml"

    run(main)


def payload(number: int) -> bytes:
    (frame,) = frames_of(vector(f"beep-{number:02d}"))
    return bytes(frame.payload)


def test_the_vectors_are_answered_by_a_server() -> None:
    """Greeting, start with the authority, request in one frame and in two; then release."""

    async def main() -> None:
        async with served() as port:
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            start = vector("beep-04").replace(b"dreg1", b"dchk1")
            octets = vector("beep-02") + start + vector("beep-06") + vector("beep-08")
            await stream.send_all(octets)
            answer = b""
            while answer.count(b"RPY 1 1 .") < 1:
                answer += await stream.receive_some()
            await stream.send_all(b"MSG 0 3 . 200 60\r\n" + payload(13) + b"END\r\n")
            while data := await stream.receive_some():
                answer += data
            await stream.aclose()
            frames = [frame for frame in frames_of(answer) if hasattr(frame, "msgno")]
            assert [(f.keyword, f.channel, f.msgno) for f in frames if not f.more] == [
                ("RPY", 0, 0), ("RPY", 0, 1), ("RPY", 1, 0), ("RPY", 1, 1), ("RPY", 0, 3),
            ]  # fmt: skip
            assert b"<ok/>" in frames[-1].payload

    run(main)


def test_tls_by_its_profile_with_a_certificate_for_the_name(pki: Pki) -> None:
    async def main() -> None:
        tls = ClientTls(ca=pki.ca)
        async with served(tls=server_tls(pki)) as port:
            async with client(port, tls=tls, server_name="localhost") as found:
                assert found.peer.tls_version.startswith("TLS")
                assert names(await found.ask(lookup("transport"), authority="example.com")) == ["beep-tls"]
            with pytest.raises(errors.ConnectFailed):
                async with client(port, tls=tls, server_name="other.example"):
                    pass
        async with served() as port:
            with pytest.raises(errors.ConnectFailed, match="no TLS"):
                async with client(port, tls=tls, server_name="localhost"):
                    pass

    run(main)


def test_sasl_names_who_asks(pki: Pki) -> None:
    async def main() -> None:
        async with served(tls=server_tls(pki)) as port:
            async with client(port, sasl=SaslClient(user="bob", password="kEw1")) as found:
                assert found.identity == "bob"
                assert names(await found.ask(lookup("me"))) == ["bob"]
            plain = SaslClient(user="bob", password="kEw1", mechanisms=("PLAIN",))
            async with client(port, sasl=plain, tls=ClientTls(ca=pki.ca), server_name="localhost") as found:
                assert names(await found.ask(lookup("me"))) == ["bob"]
            with pytest.raises(errors.SaslFailed):
                async with client(port, sasl=SaslClient(user="bob", password="wrong")):
                    pass

    run(main)


def test_handlers_that_wait_and_cancelled_callers() -> None:
    async def main() -> None:
        world = Handlers(authorities=("example.com",))

        @world.lookup(DCHK, "domain-name")
        async def look(entity: LookupEntity, context: Context) -> Any:
            if entity.entity_name == "slow":
                await trio.sleep(0.2)
            return domain(entity.entity_name)

        async with served(served=world) as port, client(port) as found:
            await found.ask(lookup("first"))
            with trio.move_on_after(0.05) as scope:
                await found.ask(lookup("slow"))
            assert scope.cancelled_caught
            assert names(await found.ask(lookup("next"))) == ["next"]

    run(main)


def test_a_response_above_the_limit_is_a_fault() -> None:
    async def main() -> None:
        limited = ServerConfig(limits=Limits(response_octets=2000))
        async with served(config=limited) as port, client(port) as found:
            with pytest.raises(errors.TransferRefused, match="554"):
                await found.ask(lookup("big"))
            assert names(await found.ask(lookup("a.example"))) == ["a.example"]

    run(main)


def test_one_session_too_many_is_unavailable() -> None:
    async def main() -> None:
        limited = ServerConfig(limits=Limits(sessions=1))
        async with served(config=limited) as port, client(port) as found:
            await found.ask(lookup("a.example"))
            with pytest.raises(errors.ConnectFailed, match="421"):
                async with client(port):
                    pass

    run(main)


def test_a_server_that_is_lost_leaves_no_caller_behind() -> None:
    async def main() -> None:
        world = handlers()

        @world.lookup(DCHK, "idn")
        async def look(entity: LookupEntity, context: Context) -> Any:
            await trio.sleep_forever()

        request = lookup("x")
        request = request.replace(
            search_sets=(request.search_sets[0].replace(query=LookupEntity(DCHK.uri, "idn", "x")),)
        )
        async with served(served=world) as port, client(port, config=ClientConfig(reply_timeout=1.0)) as found:
            with pytest.raises(errors.OutcomeUnknown):
                await found.ask(request)

    run(main)


@pytest.mark.parametrize("answers", [(), (b"one",)])
def test_rfc3983_a_request_is_not_answered_by_several(answers: tuple[bytes, ...]) -> None:
    """Exchanges of IRIS are one-to-one: ANS and NUL were a ValueError."""

    async def main() -> None:
        profiles = beep.Profiles(beep.Profile(DCHK_PROFILE, lambda request: iter(answers)))
        async with trio.open_nursery() as nursery:
            start = partial(beep.serve, profiles, listeners=[beep.Listener(port=0)])
            server = await nursery.start(start)
            async with client(server.listeners[0].port) as found:
                with pytest.raises(errors.ProtocolError, match="several answers"):
                    await found.ask(lookup("a.example"), authority="example.com")
            nursery.cancel_scope.cancel()

    run(main)
