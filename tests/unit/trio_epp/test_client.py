"""connect() in memory: concurrent callers, cancellation, lost connections, what is raised."""

from __future__ import annotations

import datetime as dt
import random
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
import trio.testing
from trio.testing import trio_test

from regwire import epp
from regwire.errors import (
    AuthenticationError,
    CommandError,
    ConfigError,
    ConnectFailed,
    EncodeError,
    NotSent,
    ObjectDoesNotExist,
    ObjectExists,
    OutcomeUnknown,
    PendingTransfer,
    ProtocolError,
)
from regwire.testing import FakeRegistry, ScriptedPeer, login_command, stream_pair
from regwire.trio._dial import why
from regwire.trio.epp import Client, ClientConfig, LoginOptions, ServerConfig, connect

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
OBJECTS = ("urn:ietf:params:xml:ns:domain-1.0",)
GREETING = epp.greeting("server", NOW, OBJECTS)


def ok(command: Any, code: int = 1000, *data: Any) -> epp.Response:
    return epp.response(epp.Reply(code, data), "S-1", command.cl_trid)


async def greet(peer: ScriptedPeer) -> None:
    await peer.send(GREETING)
    await peer.send(ok(await peer.receive()))


async def with_server(
    script: Callable[[ScriptedPeer], Awaitable[None]], test: Callable[[Client], Awaitable[None]], **options: Any
) -> None:
    """Run a scripted server against a client."""
    ours, theirs = stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(script, ScriptedPeer(theirs))
        async with connect("x", client_id="reg-a", password="secret1", tls=None, stream=ours, **options) as client:
            await test(client)
        nursery.cancel_scope.cancel()


@trio_test
async def test_every_typed_method(regwire_clock: Any, epp_registry: FakeRegistry, epp_memory: Any) -> None:
    postal = epp.PostalInfo("int", "Name", addr=epp.Address(city="City", cc="DE"))
    async with epp_memory() as server, server.client("reg-a") as a, server.client("reg-b") as b:
        await a.create_contact("c-1", postal_infos=[postal], email="a@example.org", auth_info="contact-1")
        assert (await a.check_contact("c-1", "c-2")).items[0].id.avail is False
        assert (await a.info_contact("c-1")).email == "a@example.org"
        await a.update_contact("c-1", chg=epp.ContactChange(email="b@example.org"))
        await a.create_host("ns1.example.org", addrs=["192.0.2.1", "2001:db8::1"])
        assert (await a.info_host("ns1.example.org")).addrs[1].ip == "v6"
        assert (await a.check_host("ns1.example.org")).items[0].name.avail is False
        created = await a.create_domain(
            "a.example",
            auth_info="domain-1",
            period=2,
            ns=["ns1.example.org"],
            registrant="c-1",
            contacts={"admin": "c-1", "tech": ["c-1"]},
        )
        assert created.ex_date == epp_registry.now.replace(year=2028)
        info = await a.info_domain("a.example", auth_info="domain-1")
        assert [c.type for c in info.contacts] == ["admin", "tech"]
        with pytest.raises(ObjectExists) as caught:
            await b.create_domain("a.example", auth_info="domain-1")
        assert caught.value.response.tr_id.cl_trid is not None
        await a.update_host("ns1.example.org", new_name="ns2.example.org")
        assert (await a.info_domain("a.example")).ns.host_objs == ("ns2.example.org",)
        await a.update_domain("a.example", add=epp.DomainAddRem(statuses=(epp.DomainStatus("clientHold"),)))
        renewed = await a.renew_domain("a.example", info.ex_date, period="1y")
        assert renewed.ex_date == epp_registry.now.replace(year=2029)
        assert await a.poll() is None
        request = await b.transfer_domain("request", "a.example", auth_info="domain-1")
        assert request.tr_status == "pending"
        with pytest.raises(PendingTransfer):
            await b.transfer_domain("request", "a.example", auth_info="domain-1")
        message = await a.poll()
        assert message is not None
        assert message.msg_q is not None
        assert (await a.poll_ack(message.msg_q.id)).msg_q is None
        await a.transfer_domain("approve", "a.example")
        assert (await b.info_domain("a.example")).cl_id == "reg-b"
        assert (await b.transfer_domain("query", "a.example")).tr_status == "clientApproved"
        await b.transfer_contact("request", "c-1", auth_info="contact-1")
        await a.transfer_contact("reject", "c-1")
        assert (await b.delete_domain("a.example")).results[0].code == 1000
        await a.delete_host("ns2.example.org")
        await a.delete_contact("c-1")
        with pytest.raises(ObjectDoesNotExist):
            await a.info_contact("c-1")
        assert (await a.hello()).sv_id == "regwire"
        assert (await a.logout()).results[0].code == 1500
        with pytest.raises(NotSent):
            await a.check_domain("a")
    assert not epp_registry.domains


@trio_test
async def test_send_never_raises_on_a_reply(regwire_clock: Any, epp_memory: Any) -> None:
    async with epp_memory() as server, server.client() as client:
        response = await client.send(epp.command(epp.DomainInfo(epp.DomainInfoName("a"))))
        assert response.results[0].code == 2303


@trio_test
async def test_concurrent_callers_never_swap_replies(regwire_clock: Any, epp_memory: Any) -> None:
    rng = random.Random(1)
    async with epp_memory() as server, server.client(config=ClientConfig(window=7)) as client:

        async def caller(number: int) -> None:
            for k in range(20):
                name = f"n{number}-{k}.example"
                scope = trio.CancelScope(deadline=trio.current_time() + (0 if rng.random() < 0.2 else 100))
                with scope:
                    data = await client.check_domain(name)
                    assert data.items[0].name.name == name
                    done[0] += 1

        done = [0]
        async with trio.open_nursery() as nursery:
            for number in range(30):
                nursery.start_soon(caller, number)
        assert done[0] > 300


@trio_test
async def test_a_cancelled_caller_leaves_its_slot_to_swallow_the_reply(regwire_clock: Any) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await greet(peer)
        first = await peer.receive()
        await trio.sleep(5)
        second = await peer.receive()
        await peer.send(ok(first, 2303))
        await trio.sleep(5)
        await peer.send(ok(second, 2302))
        await peer.send(ok(await peer.receive(), 1500))

    async def test(client: Client) -> None:
        with trio.move_on_after(1):
            await client.send(epp.command(epp.DomainDelete("first")))
        assert (await client.send(epp.command(epp.DomainDelete("second")))).results[0].code == 2302

    await with_server(script, test)


@trio_test
async def test_a_caller_cancelled_before_sending_sends_nothing(regwire_clock: Any, epp_memory: Any) -> None:
    async with epp_memory() as server, server.client() as client:
        with trio.CancelScope() as scope:
            scope.cancel()
            await client.check_domain("a")
        assert scope.cancelled_caught
        assert server.server.stats()["commands"] == 0


@trio_test
async def test_a_caller_cancelled_while_it_waits_for_room(regwire_clock: Any) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await greet(peer)
        for _ in range(2):
            command = await peer.receive()
            await trio.sleep(5)
            await peer.send(ok(command, 2303))
        await peer.send(ok(await peer.receive(), 1500))

    async def test(client: Client) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.send, epp.command(epp.DomainDelete("first")))
            await trio.testing.wait_all_tasks_blocked()
            with trio.move_on_after(1):
                await client.send(epp.command(epp.DomainDelete("never")))
            await client.send(epp.command(epp.DomainDelete("second")))
        assert trio.current_time() == 10

    await with_server(script, test, config=ClientConfig(window=1))


@trio_test
async def test_a_lost_connection_leaves_outcomes_unknown_with_their_query(regwire_clock: Any) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await greet(peer)
        await peer.receive()
        await peer.close()

    async def test(client: Client) -> None:
        with pytest.raises(OutcomeUnknown) as caught:
            await client.create_domain("a.example", auth_info="x")
        assert caught.value.query.op == epp.Info(epp.DomainInfo(epp.DomainInfoName("a.example")))
        assert caught.value.cl_trid is not None
        with pytest.raises(NotSent):
            await client.check_domain("a")
        assert client.closed

    await with_server(script, test)


@trio_test
async def test_a_reply_that_does_not_come_ends_the_session(regwire_clock: Any) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await greet(peer)
        await trio.sleep_forever()

    async def test(client: Client) -> None:
        await trio.sleep(1000)
        start = trio.current_time()
        with pytest.raises(OutcomeUnknown, match="no reply in time"):
            await client.check_domain("a")
        assert trio.current_time() - start == 60

    await with_server(script, test)


@trio_test
async def test_swapped_replies_are_noticed(regwire_clock: Any) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await greet(peer)
        first, second = await peer.receive(), await peer.receive()
        await peer.send(ok(second, 2303), ok(first, 2303))

    async def test(client: Client) -> None:
        lost = []

        async def one() -> None:
            with pytest.raises(OutcomeUnknown, match="another command"):
                await client.delete_domain("a")
            lost.append(1)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(one)
            nursery.start_soon(one)
        assert len(lost) == 2

    await with_server(script, test)


@trio_test
async def test_an_argument_the_schema_refuses_is_not_sent(regwire_clock: Any, epp_memory: Any) -> None:
    async with epp_memory() as server, server.client() as client:
        with pytest.raises(EncodeError):
            await client.check_domain("x" * 300)
        assert (await client.check_domain("a.example")).items[0].name.avail


@trio_test
async def test_the_error_of_the_block_is_not_wrapped(regwire_clock: Any, epp_memory: Any) -> None:
    async with epp_memory() as server:
        with pytest.raises(KeyError):
            async with server.client():
                raise KeyError("mine")


@trio_test
async def test_cancelling_the_block(regwire_clock: Any, epp_memory: Any) -> None:
    async with epp_memory() as server:
        with trio.move_on_after(5) as scope:
            async with server.client():
                await trio.sleep_forever()
        assert scope.cancelled_caught
        assert trio.current_time() == 5


@trio_test
async def test_no_greeting(regwire_clock: Any) -> None:
    ours, _theirs = stream_pair()
    with pytest.raises(ConnectFailed, match="no greeting in time"):
        async with connect("x", client_id="reg-a", tls=None, stream=ours):
            pass
    assert trio.current_time() == 20


@trio_test
async def test_a_server_that_hangs_up(regwire_clock: Any) -> None:
    ours, theirs = stream_pair()
    await theirs.aclose()
    with pytest.raises(ConnectFailed):
        async with connect("x", client_id="reg-a", tls=None, stream=ours):
            pass


@trio_test
async def test_a_server_that_speaks_something_else(regwire_clock: Any) -> None:
    ours, theirs = stream_pair()
    await theirs.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(ProtocolError):
        async with connect("x", client_id="reg-a", tls=None, stream=ours):
            pass


@trio_test
async def test_nobody_listens() -> None:
    with trio.socket.socket() as held:
        await held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with pytest.raises(ConnectFailed, match=f"^127.0.0.1:{port}: Connection refused$"):
            async with connect("127.0.0.1", port, client_id="reg-a", tls=None):
                pass


def test_why_a_connection_failed_is_told_once_for_all_addresses() -> None:
    refused = [ConnectionRefusedError(111, f"Error connecting to {n}") for n in range(2)]
    both = OSError("all attempts to connect failed")
    both.__cause__ = ExceptionGroup("", [*refused, OSError(113, "Error connecting to a third")])
    assert why(both) == "Connection refused; No route to host"
    assert why(socket.gaierror(-2, "Name or service not known")) == "Name or service not known"
    assert why(ConnectFailed("eof")) == "eof"


@trio_test
async def test_a_refused_login_raises_its_error(regwire_clock: Any) -> None:
    ours, theirs = stream_pair()

    async def script() -> None:
        peer = ScriptedPeer(theirs)
        await peer.send(GREETING)
        await peer.send(ok(await peer.receive(), 2200))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(script)
        with pytest.raises(AuthenticationError):
            async with connect("x", client_id="reg-a", password="secret1", tls=None, stream=ours):
                pass


@trio_test
async def test_login_chooses_what_both_know(regwire_clock: Any) -> None:
    ours, theirs = stream_pair()
    seen = []

    async def script() -> None:
        peer = ScriptedPeer(theirs)
        await peer.send(epp.greeting("server", NOW, (*OBJECTS, "urn:x:other"), ("urn:y:other",)))
        seen.append(await peer.receive())
        await peer.send(ok(seen[0]))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(script)
        options = LoginOptions(new_password="secret2")
        async with connect("x", client_id="reg-a", password="secret1", tls=None, stream=ours, login=options):
            nursery.cancel_scope.cancel()
    login = seen[0].op
    assert login.svcs == epp.Services(OBJECTS)
    assert login.new_pw == "secret2"


@trio_test
async def test_a_long_password_needs_loginSec(regwire_clock: Any) -> None:  # noqa: N802
    ours, theirs = stream_pair()
    await ScriptedPeer(theirs).send(GREETING)
    with pytest.raises(ConfigError, match="loginSec"):
        async with connect("x", client_id="reg-a", password="x" * 17, tls=None, stream=ours):
            pass


@trio_test
async def test_a_long_password_travels_in_loginSec(regwire_clock: Any, epp_memory: Any) -> None:  # noqa: N802
    async with epp_memory() as server, server.client("reg-a", "a password of many characters") as client:
        assert (await client.check_domain("a")).items[0].name.avail


@pytest.mark.parametrize("code", [2000, 2104, 2308, 2400])
@trio_test
async def test_faults_on_demand(code: int, epp_registry: FakeRegistry, epp_memory: Any) -> None:
    epp_registry.fail(epp.DomainCheck, code=code)
    async with epp_memory() as server, server.client() as client:
        with pytest.raises(CommandError) as caught:
            await client.check_domain("a")
        assert caught.value.code == code
        assert type(caught.value).code == code
        await client.check_domain("a")


def test_login_command_is_what_servers_take() -> None:
    assert login_command("reg-a").op.cl_id == "reg-a"


@pytest.mark.parametrize("greets", [False, True])
@trio_test
async def test_cancelled_while_it_connects_leaves_the_callers_scopes_as_they_were(
    greets: bool, regwire_clock: Any
) -> None:
    ours, theirs = stream_pair()

    async def script(peer: ScriptedPeer) -> None:
        if greets:
            await peer.send(ServerConfig().greeting())
            await peer.receive()
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(script, ScriptedPeer(theirs))
        with trio.move_on_after(3) as scope:
            async with connect("x", client_id="reg-a", password="secret1", tls=None, stream=ours):
                raise AssertionError
        assert scope.cancelled_caught
        with trio.move_on_after(3) as after:
            await trio.sleep_forever()
        assert after.cancelled_caught
        async with trio.open_nursery() as inner:
            inner.start_soon(trio.sleep, 0)
        nursery.cancel_scope.cancel()
