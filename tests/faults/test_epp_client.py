"""Servers that misbehave, against the client; and what the client tolerates."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from trio.testing import trio_test

from regwire import epp
from regwire.errors import ConnectFailed, OutcomeUnknown, ReplyMismatch
from regwire.testing import ScriptedPeer, frame, stream_pair
from regwire.trio.epp import Client, ClientConfig, ServerConfig, connect

GREETING = ServerConfig().greeting()
EPP = "urn:ietf:params:xml:ns:epp-1.0"
DOMAIN = "urn:ietf:params:xml:ns:domain-1.0"


def ok(command: Any, code: int = 1000, *data: Any) -> bytes:
    return epp.encode(epp.response(epp.Reply(code, data), "S-1", command.cl_trid))


def checked(command: Any) -> bytes:
    items = tuple(epp.DomainCheckItem(epp.CheckName(n, True)) for n in command.op.object.names)
    return ok(command, 1000, epp.DomainCheckData(items))


async def greeted(peer: ScriptedPeer) -> None:
    await peer.send(GREETING)
    await peer.send_payload(ok(await peer.receive()))


async def play(
    script: Callable[[ScriptedPeer], Awaitable[None]], test: Callable[[Client], Awaitable[None]], **options: Any
) -> None:
    ours, theirs = stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(script, ScriptedPeer(theirs))
        async with connect("x", client_id="reg-a", password="secret1", tls=None, stream=ours, **options) as client:
            await test(client)
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("size", [1, 3, 100])
@trio_test
async def test_a_reply_over_many_reads_does_not_corrupt_the_session(size: int, regwire_clock: Any) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await greeted(peer)
        while (command := await peer.receive()) is not None:
            reply = ok(command, 1500) if isinstance(command.op, epp.Logout) else checked(command)
            await peer.send_split(frame(reply), [size] * 5000)

    async def test(client: Client) -> None:
        for k in range(3):
            names = [f"n{k}-{i}.example" for i in range(20)]
            assert [i.name.name for i in (await client.check_domain(*names)).items] == names

    await play(script, test)


@trio_test
async def test_a_header_split_across_a_callers_timeout_is_not_lost(regwire_clock: Any) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await greeted(peer)
        first = await peer.receive()
        await peer.send_split(frame(checked(first)), [2, 1, 2], pause=3)
        second = await peer.receive()
        await peer.send_payload(checked(second))
        await trio.sleep_forever()

    async def test(client: Client) -> None:
        with trio.move_on_after(1) as scope:
            await client.check_domain("first.example")
        assert scope.cancelled_caught
        assert (await client.check_domain("second.example")).items[0].name.name == "second.example"

    await play(script, test)


@trio_test
async def test_concurrent_callers_of_a_slow_server_never_swap_replies(regwire_clock: Any) -> None:
    rng = random.Random(7)

    async def script(peer: ScriptedPeer) -> None:
        await greeted(peer)
        while (command := await peer.receive()) is not None:
            await trio.sleep(rng.random())
            reply = ok(command, 1500) if isinstance(command.op, epp.Logout) else checked(command)
            await peer.send_split(frame(reply), [rng.randrange(1, 9)], pause=rng.random())

    async def test(client: Client) -> None:
        async def caller(number: int) -> None:
            for k in range(5):
                name = f"n{number}-{k}.example"
                with trio.move_on_after(rng.random() * 20):
                    assert (await client.check_domain(name)).items[0].name.name == name

        async with trio.open_nursery() as nursery:
            for number in range(10):
                nursery.start_soon(caller, number)

    await play(script, test)


@trio_test
async def test_a_server_that_stalls_in_the_middle_of_a_reply(regwire_clock: Any) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await greeted(peer)
        await peer.send_raw(frame(checked(await peer.receive()))[:-1])
        await trio.sleep_forever()

    async def test(client: Client) -> None:
        with pytest.raises(OutcomeUnknown, match="no reply in time"):
            await client.check_domain("a")

    await play(script, test, config=ClientConfig(reply_timeout=5))


@pytest.mark.parametrize("raw", [b"\x00\x00\x00\x03", b"\x7f\xff\xff\xff<epp", b"\x00\x00\x00\x04"])
@trio_test
async def test_lengths_that_cannot_be_meant(raw: bytes, regwire_clock: Any) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await greeted(peer)
        await peer.receive()
        await peer.send_raw(raw)
        await trio.sleep_forever()

    async def test(client: Client) -> None:
        with pytest.raises(OutcomeUnknown):
            await client.check_domain("a")
        assert client.closed

    await play(script, test)


@trio_test
async def test_a_reply_that_is_not_XML_ends_the_session(regwire_clock: Any) -> None:  # noqa: N802
    async def script(peer: ScriptedPeer) -> None:
        await greeted(peer)
        await peer.receive()
        await peer.send_payload(b"<epp")
        await trio.sleep_forever()

    async def test(client: Client) -> None:
        with pytest.raises(OutcomeUnknown, match="not readable"):
            await client.check_domain("a")
        assert client.closed

    await play(script, test)


@trio_test
async def test_a_reply_the_schema_refuses_is_unknown_and_the_session_goes_on(regwire_clock: Any) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await greeted(peer)
        first = await peer.receive()
        await peer.send_payload(checked(first).replace(b'code="1000"', b'code="99999"'))
        await peer.send_payload(checked(await peer.receive()))
        await peer.send_payload(ok(await peer.receive(), 1500))

    async def test(client: Client) -> None:
        with pytest.raises(OutcomeUnknown, match="not readable"):
            await client.check_domain("a")
        assert (await client.check_domain("b")).items[0].name.avail

    await play(script, test)


@trio_test
async def test_a_complete_reply_before_a_cut_is_valid_and_the_rest_unknown(regwire_clock: Any) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await greeted(peer)
        first, _ = await peer.receive(), await peer.receive()
        await peer.send_raw(frame(checked(first)) + b"\x00\x00\x01")
        await peer.close()

    async def test(client: Client) -> None:
        fates: dict[str, str] = {}

        async def caller(name: str) -> None:
            try:
                await client.check_domain(name)
                fates[name] = "reply"
            except OutcomeUnknown:
                fates[name] = "unknown"

        async with trio.open_nursery() as nursery:
            nursery.start_soon(caller, "one")
            nursery.start_soon(caller, "two")
        assert sorted(fates.values()) == ["reply", "unknown"]

    await play(script, test)


@trio_test
async def test_an_unsolicited_response_ends_the_session(regwire_clock: Any) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await greeted(peer)
        await peer.send(epp.response(epp.Reply(1000), "S-9", "nobody-1"))
        await trio.sleep_forever()

    async def test(client: Client) -> None:
        await trio.sleep(1)
        assert client.closed
        assert isinstance(client._session.error, ReplyMismatch)

    await play(script, test)


@trio_test
async def test_2502_instead_of_a_greeting(regwire_clock: Any) -> None:
    ours, theirs = stream_pair()
    await ScriptedPeer(theirs).send(epp.response(epp.Reply(2502), "S-1"))
    with pytest.raises(ConnectFailed, match="2502"):
        async with connect("x", client_id="reg-a", tls=None, stream=ours):
            pass


def reply(inner: str, cl_trid: str, code: int = 1000, after: str = "") -> bytes:
    return (
        f'<epp xmlns="{EPP}"><response><result code="{code}"><msg>text</msg>{inner}</result>{after}'
        f"<trID><clTRID>{cl_trid}</clTRID><svTRID>S-1</svTRID></trID></response></epp>"
    ).encode()


TOLERATED: dict[str, tuple[str, int, str]] = {
    "text in value": ("<value>just text</value>", 2306, ""),
    "a long reason": (
        f'<extValue><value><d:name xmlns:d="{DOMAIN}">a</d:name></value><reason>{"why " * 50}</reason></extValue>',
        2306,
        "",
    ),
    "an unknown extension": ("", 1000, '<extension><x:y xmlns:x="urn:x">z</x:y></extension>'),
    "a msgQ of count 0": ("", 1000, '<msgQ count="0" id="0"/>'),
    "children in another order": (
        "",
        1000,
        f'<resData><d:infData xmlns:d="{DOMAIN}"><d:roid>D1-X</d:roid><d:name>a.example</d:name><d:clID>reg-a</d:clID>'
        '<d:status s="ok"/></d:infData></resData>',
    ),
}


@pytest.mark.parametrize(("inner", "code", "after"), list(TOLERATED.values()), ids=list(TOLERATED))
@trio_test
async def test_the_client_tolerates(inner: str, code: int, after: str, regwire_clock: Any) -> None:
    async def script(peer: ScriptedPeer) -> None:
        await greeted(peer)
        await peer.send_payload(reply(inner, (await peer.receive()).cl_trid, code, after))
        await peer.send_payload(ok(await peer.receive(), 1500))

    async def test(client: Client) -> None:
        response = await client.send(epp.command(epp.DomainInfo(epp.DomainInfoName("a.example"))))
        assert response.results[0].code == code
        if "infData" in after:
            assert response.res_data[0].name == "a.example"
        if "urn:x" in after:
            assert response.extension[0].namespace == "urn:x"

    await play(script, test)
