"""The tools for tests do what they say, and cost users' pytest nothing."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import trio
from trio.testing import trio_test

from regwire import epp
from regwire.errors import CommandFailed, NotSent, OutcomeUnknown, PendingTransfer
from regwire.testing import FakeRegistry, ScriptedPeer, autojump_clock, frame, memory_server, stream_pair


def test_the_plugin_imports_nothing_before_it_is_used() -> None:
    code = (
        "import sys, regwire.testing.pytest_plugin;"
        "heavy = {'trio', 'lxml', 'regwire.epp', 'regwire.schema'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


def test_names_come_when_asked_for() -> None:
    import regwire.testing as testing  # noqa: PLR0402

    for name in testing.__all__:
        assert getattr(testing, name) is not None
    with pytest.raises(AttributeError):
        _ = testing.nothing


def test_frame() -> None:
    assert frame(b"abc") == b"\x00\x00\x00\x07abc"
    assert frame(b"abc", length=2) == b"\x00\x00\x00\x02abc"


@trio_test
async def test_a_scripted_peer_splits_stalls_corrupts_and_cuts(regwire_clock: Any, epp_memory: Any) -> None:
    async with epp_memory() as server:
        peer = await server.logged_in()
        payload = epp.encode(epp.command(epp.DomainCheck(("a",)), cl_trid="ABC-1"))
        await peer.send_split(frame(payload), [3, 1, 5], pause=2)
        assert trio.current_time() == 6
        assert await peer.codes(1) == [1000]
        await peer.send_corrupt(payload, at=10, with_=b"\x00\x01")
        assert await peer.codes(1) == [2001]
        await peer.stall(30)
        assert trio.current_time() == 36
        peer.cut()
        with pytest.raises(trio.BrokenResourceError):
            await peer.receive()


@trio_test
async def test_a_stream_pair_can_be_cut() -> None:
    ours, theirs = stream_pair()
    ScriptedPeer(theirs).cut()
    assert await ours.receive_some(10) == b""
    with pytest.raises(trio.BrokenResourceError):
        await ours.send_all(b"x")


@trio_test
async def test_an_end_inside_a_frame_is_told_from_an_end() -> None:
    ours, theirs = stream_pair()
    await ours.send_all(b"\x00\x00\x00\x10abc")
    await ours.aclose()
    with pytest.raises(EOFError, match="7 octets"):
        await ScriptedPeer(theirs).receive_payload()


@trio_test
async def test_a_cut_in_memory_leaves_the_outcome_unknown(regwire_clock: Any) -> None:
    registry = FakeRegistry()
    handlers = registry.handlers()

    async def slow(session: Any, command: Any, obj: Any) -> int:
        await trio.sleep(5)
        return 1000

    handlers._commands[epp.DomainDelete] = slow
    async with memory_server(handlers) as server:
        stream = server.stream()
        from regwire.trio.epp import connect

        async def cut() -> None:
            await trio.sleep(1)
            stream.cut()

        async with (
            connect("x", client_id="reg-a", password="secret1", tls=None, stream=stream) as client,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(cut)
            with pytest.raises(OutcomeUnknown):
                await client.delete_domain("a")


@trio_test
async def test_a_stopped_server_accepts_nobody(regwire_clock: Any, epp_memory: Any) -> None:
    async with epp_memory() as server:
        pass
    with pytest.raises(OSError, match="does not accept"):
        server.stream()


@trio_test
async def test_faults_and_the_clock_of_the_fake_registry(
    regwire_clock: Any, epp_registry: FakeRegistry, epp_memory: Any
) -> None:
    epp_registry.fail(epp.DomainCreate, error=RuntimeError("disk full"), times=2)
    async with epp_memory() as server, server.client() as client:
        for _ in range(2):
            with pytest.raises(CommandFailed):
                await client.create_domain("a.example", auth_info="x")
        await client.create_domain("a.example", auth_info="x")
        epp_registry.advance(days=400)
        await client.update_domain("a.example", chg=epp.DomainChange(registrant=""))
        info = await client.info_domain("a.example")
        assert (info.up_date - info.cr_date).days == 400
        epp_registry.enqueue("reg-a", "hello")
        message = await client.poll()
        assert message is not None
        assert message.msg_q.msg.text == "hello"
    assert [type(obj).__name__ for _, obj in epp_registry.log][:3] == ["DomainCreate"] * 3


@trio_test
async def test_leap_days_of_the_fake_registry(regwire_clock: Any, epp_memory: Any, epp_registry: FakeRegistry) -> None:
    epp_registry.now = epp_registry.now.replace(year=2028, month=2, day=29)
    async with epp_memory() as server, server.client("reg-a") as a, server.client("reg-b") as b:
        assert (await a.create_domain("a.example", auth_info="x")).ex_date == epp_registry.now.replace(
            year=2029, day=28
        )
        await b.transfer_domain("request", "a.example", auth_info="x")
        with pytest.raises(PendingTransfer):
            await b.transfer_domain("request", "a.example", auth_info="x")
        await b.transfer_domain("cancel", "a.example")


def test_the_clock_jumps() -> None:
    async def main() -> float:
        await trio.sleep(1e6)
        return trio.current_time()

    assert trio.run(main, clock=autojump_clock()) >= 1e6


def test_not_sent_is_not_outcome_unknown() -> None:
    assert not issubclass(NotSent, OutcomeUnknown)
