"""Result codes that the RFC does not have: strict and server refuse them, a client keeps them by their first digits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
import trio.testing
from trio.testing import trio_test

from regwire import epp
from regwire.errors import CommandError, DataRefused, EncodeError, NotSent, OutcomeUnknown, SchemaFault, ServerClosing
from regwire.testing import ScriptedPeer, stream_pair
from regwire.trio.epp import Client, ClientConfig, connect

GREETING = epp.greeting("server", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), ("urn:ietf:params:xml:ns:domain-1.0",))


def answer(command: Any, code: int | str) -> bytes:
    """Return the payload of a response of any code."""
    known = 2400 if isinstance(code, int) and code >= 2000 else 1000
    frame = epp.encode(epp.response(epp.Reply(known), "S-1", command.cl_trid if command else None))
    return frame.replace(f'code="{known}"'.encode(), f'code="{code}"'.encode())


@pytest.mark.parametrize("code", [1002, 1599, 2007, 2599, 2999, 3000, 9999])
def test_a_client_keeps_codes_of_four_digits(code: int) -> None:
    frame = answer(None, code)
    assert epp.decode(frame, role="client").results[0].code == code
    for role in ("strict", "server"):
        with pytest.raises(SchemaFault) as raised:
            epp.decode(frame, role=role)
        assert raised.value.rule == "enumeration"
        assert raised.value.fault.faults[0].cls == "range"


@pytest.mark.parametrize("code", ["0", "999", "10000", "65536", "-1000", "1" * 40, "1e3", "", "two"])
def test_other_numerals_are_no_codes(code: str) -> None:
    with pytest.raises(SchemaFault, match="@code"):
        epp.decode(answer(None, code), role="client")


def test_a_kept_code_is_not_sent() -> None:
    response = epp.decode(answer(None, 2999), role="client")
    with pytest.raises(EncodeError, match="@code: enumeration, got 2999"):
        epp.encode(response)


def test_namestore_codes_too() -> None:
    """Any integer of an enumeration, within its range."""
    frame = (
        b'<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="2306"><msg>no</msg></result><extension>'
        b'<nsExtErrData xmlns="http://www.verisign-grs.com/epp/namestoreExt-1.1"><msg code="%s">x</msg></nsExtErrData>'
        b"</extension><trID><svTRID>SV-1</svTRID></trID></response></epp>"
    )
    assert epp.decode(frame % b"7", role="client").extension[0].msg.code == 7
    with pytest.raises(SchemaFault):
        epp.decode(frame % b"7")
    with pytest.raises(SchemaFault):
        epp.decode(frame % b"65536", role="client")


async def with_codes(codes: list[int], test: Callable[[Client], Awaitable[None]]) -> None:
    """Answer the commands after login with these codes, then end; each command in a session's own order."""
    ours, theirs = stream_pair()
    peer = ScriptedPeer(theirs)

    async def script() -> None:
        await peer.send(GREETING)
        await peer.send(epp.response(epp.Reply(1000), "S-0", (await peer.receive()).cl_trid))
        for code in codes:
            await peer.send_payload(answer(await peer.receive(), code))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(script)
        config = ClientConfig(window=1, reply_timeout=5)
        options: dict[str, Any] = {"tls": None, "stream": ours, "config": config}
        async with connect("x", client_id="reg-a", password="secret1", **options) as client:
            await test(client)
        nursery.cancel_scope.cancel()


@trio_test
async def test_success_and_failure_by_the_first_digit(regwire_clock: Any) -> None:
    async def test(client: Client) -> None:
        assert (await client.send(epp.command(epp.DomainCheck(("a",))))).results[0].code == 2999
        assert (await client.delete_domain("a")).results[0].code == 1099
        with pytest.raises(DataRefused) as refused:
            await client.delete_domain("a")
        assert refused.value.code == 2399
        with pytest.raises(CommandError) as failed:
            await client.delete_domain("a")
        assert failed.value.code == 4711
        assert (await client.delete_domain("a")).results[0].code == 1000

    await with_codes([2999, 1099, 2399, 4711, 1000], test)


@pytest.mark.parametrize("code", [1501, 2503, 2599])
@trio_test
async def test_the_category_of_connections_ends_the_session(regwire_clock: Any, code: int) -> None:
    async def test(client: Client) -> None:
        async with trio.open_nursery() as nursery:

            @nursery.start_soon
            async def first() -> None:
                if code < 2000:
                    assert (await client.delete_domain("a")).results[0].code == code
                    return
                with pytest.raises(ServerClosing) as raised:
                    await client.delete_domain("a")
                assert raised.value.code == code

            await trio.testing.wait_all_tasks_blocked()
        with pytest.raises((NotSent, OutcomeUnknown)):
            await client.delete_domain("b")

    await with_codes([code], test)


@trio_test
async def test_a_login_refused_with_an_unknown_code(regwire_clock: Any) -> None:
    ours, theirs = stream_pair()
    peer = ScriptedPeer(theirs)

    async def script() -> None:
        await peer.send(GREETING)
        await peer.send_payload(answer(await peer.receive(), 2299))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(script)
        with pytest.raises(CommandError) as raised:
            async with connect("x", client_id="reg-a", password="secret1", tls=None, stream=ours):
                raise AssertionError("the login was refused")
        assert raised.value.code == 2299
