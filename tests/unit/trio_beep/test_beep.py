"""BEEP in trio over the loopback: profiles, answers, TLS, SASL, ends."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import trio
from reactor_pki import Pki, make_pki
from regwire_native import BeepFrame, beep_build

from regwire.beep.session import Session
from regwire.errors import ConfigError, ConnectFailed, NotSent, OutcomeUnknown, ProtocolError, RegwireError, SaslFailed
from regwire.sasl import Credentials
from regwire.trio.beep import (
    BeepError,
    ClientTls,
    Connection,
    Later,
    Limits,
    Listener,
    Message,
    Opening,
    Profile,
    Profiles,
    Request,
    SaslClient,
    SaslServer,
    Server,
    ServerTls,
    connect,
    serve,
)

ECHO = "http://example.com/beep/echo"
COUNT = "http://example.com/beep/count"
Main = Callable[[], Awaitable[None]]


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


def run(main: Main) -> None:
    async def bounded() -> None:
        with trio.fail_after(60):
            await main()

    trio.run(bounded)


@asynccontextmanager
async def serving(profiles: Profiles, *, tls: Any = None, **options: Any) -> AsyncIterator[Server]:
    async with trio.open_nursery() as nursery:

        async def start(task_status: trio.TaskStatus[Server]) -> None:
            await serve(profiles, listeners=[Listener(port=0, tls=tls)], task_status=task_status, **options)

        server: Server = await nursery.start(start)
        yield server
        nursery.cancel_scope.cancel()


def client(server: Server, **options: Any) -> connect:
    return connect("127.0.0.1", server.listeners[0].port, **options)


def echoing() -> Profiles:
    profiles = Profiles()

    @profiles.profile(ECHO)
    def echo(request: Request) -> Any:
        if request.message.body == b"refuse":
            raise BeepError(550, "no")
        if request.message.body == b"break":
            raise ZeroDivisionError
        return request.message

    return profiles


def test_messages_go_and_come_back_whatever_their_size() -> None:
    async def main() -> None:
        async with serving(echoing()) as server, client(server) as connection:
            assert connection.profiles == (ECHO,)
            channel = await connection.start(ECHO)
            for size in (0, 1, 5000, 200_000):
                message = Message(bytes(size), "text/plain", (("X-Size", str(size)),))
                assert await channel.ask(message) == message
            await channel.close()
            with pytest.raises(NotSent):
                await channel.ask(b"closed")
            assert server.stats()["sessions"] == 1

    run(main)


def test_refusals_and_faults_are_errors_of_their_message_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with serving(echoing()) as server, client(server) as connection:
            channel = await connection.start(ECHO)
            with pytest.raises(BeepError) as refused:
                await channel.ask(b"refuse")
            assert (refused.value.code, refused.value.text) == (550, "no")
            with pytest.raises(BeepError) as broken:
                await channel.ask(b"break")
            assert broken.value.code == 451
            assert (await channel.ask(b"fine")).body == b"fine"
            with pytest.raises(BeepError) as unknown:
                await connection.start("http://example.com/other")
            assert unknown.value.code == 550

    run(main)
    assert "ZeroDivisionError" in caplog.text


def test_many_tasks_share_a_channel_and_get_their_own_replies() -> None:
    async def main() -> None:
        profiles = Profiles()

        @profiles.profile(ECHO)
        async def slow(request: Request) -> Message:
            await trio.lowlevel.checkpoint()
            return request.message

        async with serving(profiles) as server, client(server) as connection:
            channel = await connection.start(ECHO)
            found: dict[int, bytes] = {}

            async def ask(n: int) -> None:
                found[n] = (await channel.ask(str(n).encode())).body

            async with trio.open_nursery() as nursery:
                for n in range(100):
                    nursery.start_soon(ask, n)
            assert found == {n: str(n).encode() for n in range(100)}

    run(main)


def counting() -> Profiles:
    profiles = Profiles()

    def count(request: Request) -> Iterator[bytes]:
        for n in range(int(request.message.body)):
            yield str(n).encode() * 1000

    async def count_waiting(request: Request) -> AsyncIterator[Message]:
        for n in range(int(request.message.body)):
            await trio.lowlevel.checkpoint()
            yield Message(str(n).encode() * 1000)

    profiles.add(Profile(COUNT + "/plain", count))
    profiles.add(Profile(COUNT + "/async", count_waiting))
    return profiles


@pytest.mark.parametrize("kind", ["/plain", "/async"])
def test_answers_of_several_stream(kind: str) -> None:
    async def main() -> None:
        async with serving(counting()) as server, client(server) as connection:
            channel = await connection.start(COUNT + kind)
            found = [answer.body async for answer in channel.answers(b"300")]
            assert found == [str(n).encode() * 1000 for n in range(300)]
            assert [answer async for answer in channel.answers(b"0")] == []
            with pytest.raises(ProtocolError, match="several"):
                await channel.ask(b"1")

    run(main)


def test_a_client_that_does_not_read_answers_costs_bounded_memory() -> None:
    taken = 0

    def endless(request: Request) -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(1000)

    async def main() -> None:
        async with serving(Profiles(Profile(COUNT, endless), Profile(ECHO, lambda request: request.message))) as server:
            stream = await trio.open_tcp_stream("127.0.0.1", server.listeners[0].port)
            await stream.send_all(raw_start(COUNT) + beep_build(BeepFrame("MSG", 1, 0, False, 0)))
            async with client(server) as other:
                channel = await other.start(ECHO)
                for _ in range(20):
                    await channel.ask(bytes(5000))
            (session,) = [s for s in server.sessions.values() if s.peer.channels.get(1) is not None]
            assert session.peer.unsent < 70_000
            assert taken < 200
            await stream.aclose()

    run(main)


def raw_start(uri: str) -> bytes:
    head = b"Content-Type: application/beep+xml\r\n\r\n"
    greeting = head + b"<greeting/>"
    start = head + f"<start number='1'><profile uri='{uri}'/></start>".encode()
    return beep_build(BeepFrame("RPY", 0, 0, False, 0, None, greeting)) + beep_build(
        BeepFrame("MSG", 0, 1, False, len(greeting), None, start)
    )


def test_a_profile_may_look_at_the_opening_and_decline() -> None:
    closed: list[int] = []

    def start(opening: Opening) -> str:
        if opening.content != b"<hello/>":
            raise BeepError(501, "say hello")
        return f"<welcome to={opening.server_name!r}/>"

    async def main() -> None:
        profile = Profile(ECHO, lambda request: request.message, start, lambda session, number: closed.append(number))
        async with serving(Profiles(profile)) as server, client(server) as connection:
            with pytest.raises(BeepError) as declined:
                await connection.start(ECHO)
            assert declined.value.code == 501
            channel = await connection.start((ECHO, "<hello/>"), server_name="a.example")
            assert channel.content == b"<welcome to='a.example'/>"
            await channel.close()
            assert closed == [3]

    run(main)


def test_the_server_may_ask_too() -> None:
    async def main() -> None:
        seen = trio.Event()
        later = Later()

        def call_back(request: Request) -> Later:
            def told(event: Any) -> None:
                number = event.channel
                request.session.ask(number, Message(b"who?"), lambda reply: later(reply.message))

            request.session.start([(ECHO, None)], told)
            seen.set()
            return later

        profiles = Profiles(Profile(COUNT, call_back))
        async with serving(profiles) as server, client(server, profiles=echoing()) as connection:
            channel = await connection.start(COUNT)
            assert (await channel.ask(b"call me")).body == b"who?"
            assert seen.is_set()

    run(main)


def test_cancelled_callers_lose_their_reply_and_nobody_elses() -> None:
    async def main() -> None:
        release = trio.Event()

        async def wait(request: Request) -> Message:
            if request.message.body == b"slow":
                await release.wait()
            return request.message

        async with serving(Profiles(Profile(ECHO, wait))) as server, client(server) as connection:
            channel = await connection.start(ECHO)
            with trio.move_on_after(0.05) as scope:
                await channel.ask(b"slow")
            assert scope.cancelled_caught
            release.set()
            assert (await channel.ask(b"next")).body == b"next"

    run(main)


def test_tls_begins_by_the_profile_and_everything_is_new(pki: Pki) -> None:
    tls = ServerTls(certificate=pki.server.certificate, key=pki.server.key)
    seen: list[tuple[bool, str | None]] = []

    def start(opening: Opening) -> None:
        seen.append((opening.session.encrypted, opening.server_name))

    async def main() -> None:
        profile = Profile(ECHO, lambda request: request.message, start, needs_tls=True)
        async with serving(Profiles(profile), tls=tls) as server:
            async with client(server) as plain:
                assert plain.profiles == ("http://iana.org/beep/TLS",)
                with pytest.raises(BeepError):
                    await plain.start(ECHO)
            options = {"tls": ClientTls(ca=pki.ca), "server_name": "localhost", "authority": "a.example"}
            async with client(server, **options) as connection:
                assert connection.profiles == (ECHO,)
                assert connection.peer.tls_version.startswith("TLS")
                channel = await connection.start(ECHO, server_name="b.example")
                assert channel.number == 1
                assert (await channel.ask(bytes(100_000))).body == bytes(100_000)
                with pytest.raises(BeepError):
                    await connection.start_tls()
            with pytest.raises(ConnectFailed):
                async with client(server, tls=ClientTls(ca=pki.ca), server_name="other.example"):
                    pass

    run(main)
    assert seen == [(True, "b.example")]


def test_a_listener_without_tls_refuses_a_client_that_demands_it(pki: Pki) -> None:
    async def main() -> None:
        async with serving(echoing()) as server:
            with pytest.raises(ConnectFailed, match="offers no TLS"):
                async with client(server, tls=ClientTls(ca=pki.ca), server_name="localhost"):
                    pass

    run(main)


def test_octets_injected_between_ready_and_tls_end_the_session(pki: Pki) -> None:
    tls = ServerTls(certificate=pki.server.certificate, key=pki.server.key)

    async def main() -> None:
        async with serving(echoing(), tls=tls) as server:
            head = b"Content-Type: application/beep+xml\r\n\r\n"
            start = head + b"<start number='1'><profile uri='http://iana.org/beep/TLS'>&lt;ready/></profile></start>"
            injected = head + f"<start number='3'><profile uri='{ECHO}'/></start>".encode()
            greeting = head + b"<greeting/>"
            stream = await trio.open_tcp_stream("127.0.0.1", server.listeners[0].port)
            octets, seqno = b"", 0
            for keyword, msgno, payload in (("RPY", 0, greeting), ("MSG", 1, start), ("MSG", 2, injected)):
                octets += beep_build(BeepFrame(keyword, 0, msgno, False, seqno, None, payload))
                seqno += len(payload)
            await stream.send_all(octets)
            answer = b""
            while data := await stream.receive_some():
                answer += data
            await stream.aclose()
            assert b"number" not in answer
            assert answer.count(b"RPY 0 2") == 0

    run(main)


def test_sasl_authenticates_once(pki: Pki) -> None:
    credentials = Credentials()
    credentials.add("alice", "secret-1")
    tls = ServerTls(certificate=pki.server.certificate, key=pki.server.key)
    seen: list[str | None] = []

    def who(request: Request) -> bytes:
        seen.append(request.session.identity)
        return (request.session.identity or "nobody").encode()

    async def main() -> None:
        sasl = SaslServer(credentials, mechanisms=("SCRAM-SHA-256", "PLAIN", "ANONYMOUS"))
        async with serving(Profiles(Profile(ECHO, who)), sasl=sasl, tls=tls) as server:
            async with client(server, sasl=SaslClient(user="alice", password="secret-1")) as connection:
                assert connection.identity == "alice"
                channel = await connection.start(ECHO)
                assert (await channel.ask(b"")).body == b"alice"
                with pytest.raises(SaslFailed, match="one authentication"):
                    await connection.authenticate(SaslClient(mechanisms=("ANONYMOUS",)))
                with pytest.raises(BeepError, match="after authentication"):
                    await connection.start_tls()
            plain = SaslClient(user="alice", password="secret-1", mechanisms=("PLAIN",))
            with pytest.raises(SaslFailed, match="no mechanism fits"):
                async with client(server, sasl=plain):
                    pass
            async with client(server, sasl=plain, tls=ClientTls(ca=pki.ca), server_name="localhost") as connection:
                assert connection.identity == "alice"
            async with client(server) as connection:
                for _ in range(2):
                    with pytest.raises(SaslFailed):
                        await connection.authenticate(SaslClient(user="alice", password="wrong"))
                await connection.authenticate(SaslClient(mechanisms=("ANONYMOUS",)))
                channel = await connection.start(ECHO)
                assert (await channel.ask(b"")).body == b"nobody"

    run(main)


def test_a_fault_behind_an_authentication_ends_its_session_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    async def main() -> None:
        sasl = SaslServer(Credentials(), mechanisms=("ANONYMOUS",))
        async with serving(echoing(), sasl=sasl) as server, client(server) as other:
            monkeypatch.setattr(Session, "_sasl_opened", broken)
            with pytest.raises(RegwireError):
                async with client(server, sasl=SaslClient(mechanisms=("ANONYMOUS",))):
                    pass
            channel = await other.start(ECHO)
            assert (await channel.ask(b"unharmed")).body == b"unharmed"

    with caplog.at_level(logging.ERROR):
        run(main)
    assert "a session failed: ZeroDivisionError" in caplog.text


def test_garbage_ends_its_session_with_one_log_line_and_no_reply(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "regwire.trio.beep")

    async def main() -> None:
        async with serving(echoing()) as server, client(server) as connection:
            channel = await connection.start(ECHO)
            for octets in (
                b"GET / HTTP/1.1\r\n\r\n",
                b"MSG 0 1 . 0 2147483647\r\n",
                b"\x16\x03\x01\x02\x00",
                b"SEQ 9 0 1\r\n",
            ):
                caplog.clear()
                stream = await trio.open_tcp_stream("127.0.0.1", server.listeners[0].port)
                await stream.send_all(octets)
                answer = b""
                while data := await stream.receive_some():
                    answer += data
                assert answer.count(b"END\r\n") == 1  # the greeting
                await stream.aclose()
                while not (closed := [r for r in caplog.records if getattr(r, "event", "") == "beep.closed"]):
                    await trio.sleep(0.001)
                (record,) = closed
                assert "poorly formed" in record.getMessage()
            assert (await channel.ask(b"unharmed")).body == b"unharmed"

    run(main)


def test_idle_sessions_and_half_frames_are_ended() -> None:
    async def main() -> None:
        async with serving(echoing(), idle_seconds=0.4, frame_seconds=0.4) as server:
            for octets in (b"", b"RPY 0 0 . 0 10"):
                stream = await trio.open_tcp_stream("127.0.0.1", server.listeners[0].port)
                await stream.send_all(octets) if octets else None
                while await stream.receive_some():
                    pass
                await stream.aclose()

    run(main)


def test_many_idle_sessions_cost_little_and_harm_nobody() -> None:
    async def main() -> None:
        async with serving(echoing()) as server:
            streams = [await trio.open_tcp_stream("127.0.0.1", server.listeners[0].port) for _ in range(200)]
            async with client(server) as connection:
                channel = await connection.start(ECHO)
                assert (await channel.ask(bytes(10_000))).body == bytes(10_000)
            for stream in streams:
                await stream.aclose()

    run(main)


def test_one_session_too_many_is_told_421() -> None:
    async def main() -> None:
        async with serving(echoing(), sessions=1) as server, client(server) as connection:
            with pytest.raises(ConnectFailed, match="421"):
                async with client(server):
                    pass
            assert not connection.closed

    run(main)


def test_a_server_that_stops_sends_what_is_due_and_releases() -> None:
    async def main() -> None:
        begun = trio.Event()
        release = trio.Event()

        async def wait(request: Request) -> Message:
            begun.set()
            await release.wait()
            return request.message

        replies: list[bytes] = []
        scope = trio.CancelScope()

        async def start(task_status: trio.TaskStatus[Server]) -> None:
            with scope:
                await serve(Profiles(Profile(ECHO, wait)), listeners=[Listener(port=0)], task_status=task_status)

        async def ask(connection: Connection) -> None:
            channel = await connection.start(ECHO)
            replies.append((await channel.ask(b"due")).body)

        async with trio.open_nursery() as nursery:
            server: Server = await nursery.start(start)
            async with client(server) as connection:
                nursery.start_soon(ask, connection)
                await begun.wait()
                scope.cancel()
                nursery.start_soon(_later, release)
                await connection.ended()
        assert replies == [b"due"]
        assert connection.session.ended is not None
        assert connection.session.ended.clean

    run(main)


async def _later(event: trio.Event) -> None:
    await trio.sleep(0.05)
    event.set()


def test_a_lost_connection_is_told_to_callers() -> None:
    async def main() -> None:
        begun = trio.Event()

        async def never(request: Request) -> Message:
            begun.set()
            await trio.sleep_forever()
            raise AssertionError

        profiles = Profiles(Profile(ECHO, never))
        async with serving(profiles, limits=Limits(), drain_seconds=0.1) as server, client(server) as connection:
            channel = await connection.start(ECHO)

            async def ask() -> None:
                with pytest.raises(OutcomeUnknown):
                    await channel.ask(b"x")

            async with trio.open_nursery() as nursery:
                nursery.start_soon(ask)
                await begun.wait()
                for session in list(server.sessions.values()):
                    session.stop("test")

    run(main)


@pytest.mark.parametrize("injected", [b"MSG 1 0 . 0 0\r\nEND\r\n", b"garbage\r\n", b"MSG 1 0 "])
def test_octets_injected_behind_proceed_reach_no_channel(pki: Pki, injected: bytes) -> None:
    head = b"Content-Type: application/beep+xml\r\n\r\n"
    greeting = head + b"<greeting><profile uri='http://iana.org/beep/TLS'/></greeting>"
    proceed = head + b"<profile uri='http://iana.org/beep/TLS'>&lt;proceed/></profile>"

    async def speak(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.send_all(beep_build(BeepFrame("RPY", 0, 0, False, 0, None, greeting)))
            received = b""
            while b"ready" not in received:
                received += await stream.receive_some()
            await stream.send_all(beep_build(BeepFrame("RPY", 0, 1, False, len(greeting), None, proceed)) + injected)
            while await stream.receive_some():
                pass

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            (listener,) = await nursery.start(partial(trio.serve_tcp, speak, 0, host="127.0.0.1"))
            port = listener.socket.getsockname()[1]
            with pytest.raises(ConnectFailed):
                async with connect("127.0.0.1", port, tls=ClientTls(ca=pki.ca), server_name="localhost", timeout=2.0):
                    pass
            nursery.cancel_scope.cancel()

    run(main)


def test_plain_without_tls_is_told_538(pki: Pki) -> None:
    """RFC 3080 section 4.1: the channel is opened, what it was for fails, and the code says why; it was 550."""
    credentials = Credentials()
    credentials.add("alice", "secret-1")
    tls = ServerTls(certificate=pki.server.certificate, key=pki.server.key)

    async def main() -> None:
        async with serving(echoing(), tls=tls, sasl=SaslServer(credentials)) as server:
            async with client(server) as connection:
                channel = await connection.start(("http://iana.org/beep/SASL/PLAIN", "<blob>AGEAYg==</blob>"))
                assert b'code="538"' in _octets(channel.content)
                await channel.close()
                with pytest.raises(BeepError, match="550"):
                    await connection.start("http://iana.org/beep/SASL/OTP")
                assert (await (await connection.start(ECHO)).ask(b"still")).body == b"still"
            # EXTERNAL without a certificate: TLS is there, and it is not on offer.
            async with client(server, tls=ClientTls(ca=pki.ca), server_name="localhost") as connection:
                with pytest.raises(BeepError, match="550"):
                    await connection.start("http://iana.org/beep/SASL/EXTERNAL")

    run(main)


def _octets(content: str | bytes | None) -> bytes:
    return content.encode() if isinstance(content, str) else content or b""


def test_the_server_name_chooses_the_certificate(pki: Pki) -> None:
    """Several certificates a listener; a name that it has none for gets the default (RFC 3080 section 3.1.3.1)."""
    other = make_pki()
    ours, theirs = (ServerTls(certificate=one.server.certificate, key=one.server.key) for one in (pki, other))

    async def main() -> None:
        async with serving(echoing(), tls={"Two.Example": theirs, "": ours}) as server:
            for name, ca in (("two.example.", other.ca), ("one.example", pki.ca), (None, pki.ca)):
                options = {"tls": ClientTls(ca=ca), "server_name": "localhost", "authority": name}
                async with client(server, **options) as connection:
                    assert connection.peer.certificates[0] == (theirs_der if ca is other.ca else pki.server.der)
            with pytest.raises(ConnectFailed):
                async with client(server, tls=ClientTls(ca=pki.ca), server_name="localhost", authority="two.example"):
                    pass

    theirs_der = other.server.der
    run(main)


def test_certificates_by_name_need_one_for_other_names(pki: Pki) -> None:
    tls = ServerTls(certificate=pki.server.certificate, key=pki.server.key)

    async def main() -> None:
        async with serving(echoing(), tls={"one.example": tls}):
            pass

    with pytest.raises(BaseExceptionGroup) as caught:
        run(main)
    assert caught.group_contains(ConfigError, match="no certificate for other names")


def test_a_certificate_is_for_an_address_too(pki: Pki) -> None:
    """The name that the certificate must be for may be an IP address (RFC 9525 section 6.5)."""
    tls = ServerTls(certificate=pki.server.certificate, key=pki.server.key)

    async def main() -> None:
        async with serving(echoing(), tls=tls) as server:
            async with client(server, tls=ClientTls(ca=pki.ca)) as connection:
                assert connection.peer.tls_version.startswith("TLS")
            with pytest.raises(ConnectFailed):
                async with client(server, tls=ClientTls(ca=pki.ca), server_name="127.0.0.2"):
                    pass

    run(main)


def test_external_takes_the_certificate_that_tls_presents(pki: Pki) -> None:
    credentials = Credentials()
    fingerprint = hashlib.sha256(pki.client.der).hexdigest()
    credentials.add_certificate(fingerprint, "carol")
    tls = ServerTls(certificate=pki.server.certificate, key=pki.server.key, client_ca=pki.ca)
    own = ClientTls(ca=pki.ca, certificate=pki.client.certificate, key=pki.client.key)
    assert own.certificate == pki.client.der
    assert ClientTls(ca=pki.ca).certificate is None

    async def main() -> None:
        sasl = SaslClient(authzid="carol")
        async with (
            serving(echoing(), tls=tls, sasl=SaslServer(credentials)) as server,
            client(server, tls=own, server_name="localhost", sasl=sasl) as connection,
        ):
            assert connection.identity == "carol"

    run(main)


def test_who_guesses_passwords_within_starts_is_cut_off(pki: Pki) -> None:
    """RFC 3080 section 4.1 lets a start carry the first blob: such failures count as those of blobs of their own."""

    async def main() -> None:
        credentials = Credentials()
        credentials.add("alice", "secret-1")
        tls = ServerTls(certificate=pki.server.certificate, key=pki.server.key)
        guess = ("http://iana.org/beep/SASL/PLAIN", "<blob>AGFsaWNlAHdyb25n</blob>")
        async with (
            serving(echoing(), tls=tls, sasl=SaslServer(credentials)) as server,
            client(server, tls=ClientTls(ca=pki.ca), server_name="localhost") as connection,
        ):
            for _ in range(3):
                channel = await connection.start(guess)
                assert b'code="535"' in _octets(channel.content)
            with trio.fail_after(10):
                await connection.ended()

    run(main)
