"""Frames that peers get wrong, against a running server: in memory and on a real port."""

from __future__ import annotations

import struct
from typing import Any

import pytest
import trio
from epp_rig import HELLO, LOGOUT, check, create, login, running
from trio.testing import trio_test

from regwire import epp
from regwire.testing import frame

BOTH = pytest.mark.parametrize("where", ["memory", "port"])


@BOTH
@trio_test
async def test_one_octet_at_a_time(where: str) -> None:
    async with running(where) as rig:
        peer = await rig.peer()
        await peer.send_split(frame(login()) + frame(check()), [1] * 2000)
        assert await peer.codes(2) == [1000, 1000]


@BOTH
@pytest.mark.parametrize("first", [1, 2, 3])
@trio_test
async def test_header_split(where: str, first: int) -> None:
    async with running(where) as rig:
        peer = await rig.logged_in()
        await peer.send_split(frame(check()), [first, 4 - first, 1])
        assert await peer.codes(1) == [1000]


@BOTH
@trio_test
async def test_header_and_body_in_two_writes(where: str) -> None:
    async with running(where) as rig:
        peer = await rig.logged_in()
        await peer.send_split(frame(check()), [4])
        assert await peer.codes(1) == [1000]


@BOTH
@trio_test
async def test_two_frames_in_one_write_and_the_end_of_a_third(where: str) -> None:
    async with running(where) as rig:
        peer = await rig.logged_in()
        third = frame(check())
        await peer.send_raw(frame(check()) + frame(HELLO) + third[:10])
        assert await peer.codes(1) == [1000]
        assert isinstance(await peer.receive(), epp.Greeting)
        await peer.send_raw(third[10:])
        assert await peer.codes(1) == [1000]


@BOTH
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"  \t\n"])
@trio_test
async def test_white_space_after_the_document_within_the_frame(where: str, end: bytes) -> None:
    async with running(where) as rig:
        peer = await rig.logged_in()
        await peer.send_payload(check() + end)
        assert await peer.codes(1) == [1000]


@BOTH
@trio_test
async def test_an_empty_frame_is_2001_and_keeps_the_session(where: str) -> None:
    async with running(where) as rig:
        peer = await rig.logged_in()
        await peer.send_payload(b"", check())
        assert await peer.codes(2) == [2001, 1000]


@BOTH
@pytest.mark.parametrize("length", [0, 1, 3])
@trio_test
async def test_a_length_below_4_closes(where: str, length: int) -> None:
    async with running(where) as rig:
        other, peer = await rig.logged_in(), await rig.logged_in()
        await peer.send_raw(struct.pack(">I", length) + b"x" * 100)
        assert await peer.at_end()
        await rig.unharmed(other)


@BOTH
@trio_test
async def test_a_length_of_2_gigabytes_before_login_just_closes(where: str) -> None:
    async with running(where) as rig:
        other, peer = await rig.logged_in(), await rig.peer()
        await peer.send_raw(struct.pack(">I", 1 << 31) + b"<epp")
        assert await peer.at_end()
        await rig.unharmed(other)


@BOTH
@trio_test
async def test_a_length_above_the_limit_after_login_is_2001_without_clTRID_and_closes(where: str) -> None:  # noqa: N802
    async with running(where) as rig:
        other, peer = await rig.logged_in(), await rig.logged_in()
        await peer.send_raw(struct.pack(">I", 0xFFFFFFFF) + b"<epp")
        response = await peer.receive()
        assert response.results[0].code == 2001
        assert response.tr_id.cl_trid is None
        assert await peer.at_end()
        await rig.unharmed(other)


@BOTH
@trio_test
async def test_the_limit_is_16_KiB_before_login_and_512_after(where: str) -> None:  # noqa: N802
    async with running(where) as rig:
        padded = check() + b" " * 20_000
        stranger, known = await rig.peer(), await rig.logged_in()
        await stranger.send_payload(padded)
        assert await stranger.at_end()
        await known.send_payload(padded)
        assert await known.codes(1) == [1000]
        await known.send_raw(struct.pack(">I", 512 * 1024 + 1))
        assert await known.codes(2) == [2001, None]


@BOTH
@trio_test
async def test_three_unparsable_frames_in_a_row_close(where: str) -> None:
    async with running(where) as rig:
        peer = await rig.logged_in()
        await peer.send_payload(b"<", b"", check(), b"\xff\xff", b"<a>", b"nothing", check())
        assert await peer.codes(6) == [2001, 2001, 1000, 2001, 2001, 2001]
        assert await peer.at_end()


@BOTH
@trio_test
async def test_pipelined_commands_are_answered_in_order_and_errors_touch_only_theirs(where: str) -> None:
    async with running(where) as rig:
        peer = await rig.logged_in()
        await peer.send_payload(
            *(check(cl_trid=f"A-{i:03}") for i in range(40)),
            b"<oops>",
            *(check(cl_trid=f"B-{i:03}") for i in range(40)),
        )
        seen = [await peer.receive() for _ in range(81)]
        assert [r.tr_id.cl_trid for r in seen] == [f"A-{i:03}" for i in range(40)] + [None] + [
            f"B-{i:03}" for i in range(40)
        ]
        assert [r.results[0].code for r in seen] == [1000] * 40 + [2001] + [1000] * 40


@BOTH
@trio_test
async def test_nothing_is_executed_after_logout(where: str) -> None:
    async with running(where) as rig:
        peer = await rig.logged_in()
        await peer.send_payload(check(), LOGOUT, create("late.example"))
        assert await peer.codes(3) == [1000, 1500, None]
        assert not rig.registry.domains


@BOTH
@trio_test
async def test_commands_before_a_bare_end_of_file_are_executed(where: str) -> None:
    async with running(where) as rig:
        peer = await rig.logged_in()
        await peer.send_payload(create("a.example"), create("b.example"))
        await peer.close()
        with trio.fail_after(60):
            while len(rig.registry.domains) < 2:
                await trio.sleep(0.01)


@BOTH
@trio_test
async def test_a_bare_end_of_file_after_logout(where: str) -> None:
    async with running(where) as rig:
        peer = await rig.logged_in()
        await peer.send_payload(LOGOUT)
        await peer.close()
        await rig.unharmed(await rig.logged_in())


@BOTH
@trio_test
async def test_half_a_frame_and_the_end(where: str) -> None:
    async with running(where) as rig:
        other, peer = await rig.logged_in(), await rig.logged_in()
        await peer.send_raw(frame(create("half.example"))[:50])
        await peer.close()
        await rig.unharmed(other)
        assert not rig.registry.domains


@trio_test
async def test_a_frame_that_does_not_end_in_time(regwire_clock: Any) -> None:
    async with running("memory") as rig:
        peer = await rig.logged_in()
        start = trio.current_time()
        whole = frame(check())
        for i in range(5):
            await peer.send_raw(whole[i : i + 1])
            await trio.sleep(5)
        assert await peer.at_end()
        assert trio.current_time() == start + 30


@trio_test
async def test_a_header_split_across_a_pause_is_not_lost(regwire_clock: Any) -> None:
    async with running("memory") as rig:
        peer = await rig.logged_in()
        await peer.send_split(frame(check()), [2, 2, 10], pause=9)
        assert await peer.codes(1) == [1000]


@trio_test
async def test_clients_that_never_read_and_then_go_stop_nobody_for_a_moment() -> None:
    """What was held back for them is executed, and the count of what is to be taken stays right for all others."""
    async with running("port") as rig:
        other = await rig.logged_in()
        flood = b"".join(frame(check(*(f"n{k}.example" for k in range(50)))) for _ in range(40))
        for _ in range(3):
            gone = [await rig.logged_in() for _ in range(4)]
            for peer in gone:
                with trio.move_on_after(0.3):
                    while True:
                        await peer.stream.send_all(flood)
            for peer in gone:
                await trio.aclose_forcefully(peer.stream)
            for _ in range(20):
                with trio.fail_after(60):
                    await other.send_payload(check())
                    assert await other.codes(1) == [1000]


@trio_test
async def test_a_client_that_never_reads_does_not_stop_the_others() -> None:
    async with running("port") as rig:
        deaf, other = await rig.logged_in(), await rig.logged_in()
        payload = frame(check(*(f"n{i}.example" for i in range(50))))
        with trio.move_on_after(1):
            for _ in range(200):
                await deaf.send_raw(payload * 50)
        assert rig.server.stats()["reactor_unsent_octets"] < 4 << 20
        await rig.unharmed(other)
