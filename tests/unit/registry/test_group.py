"""Group commit: order, groups that grow by themselves, backpressure, cancellation."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
import trio
import trio.testing
from registry_world import A, World

from regwire.registry.model.audit import Audited, Origin
from regwire.registry.model.outcomes import Outcome
from regwire.registry.model.requests import Call, CreateDomain
from regwire.registry.rules import View
from regwire.registry.store import group
from regwire.registry.store.group import GroupCommit


class GatedStore:
    """Notes the groups it gets; each waits at the gate."""

    def __init__(self) -> None:
        self.world = World()
        self.notes: list[Audited] = []
        self.groups: list[list[str]] = []
        self.entered = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.broken = False

    def read(self) -> AbstractContextManager[View]:
        return self.world.store.read()

    def execute(self, calls: Sequence[Call], notes: Sequence[Audited] = ()) -> list[Outcome]:
        self.notes += notes
        if not calls:
            return []
        self.groups.append([call.transaction for call in calls])
        self.entered.release()
        assert self.gate.acquire(timeout=60)
        if self.broken:
            raise RuntimeError("the store broke")
        return [Outcome(1000, data=call.transaction) for call in calls]

    def close(self) -> None:
        """Nothing to close."""

    async def wait_entered(self) -> None:
        assert await trio.to_thread.run_sync(lambda: self.entered.acquire(timeout=60))


def calls(*transactions: str) -> list[Call]:
    return [Call(A, CreateDomain(f"{transaction}.example"), transaction) for transaction in transactions]


def test_what_comes_while_a_group_commits_is_the_next_group() -> None:
    async def main() -> None:
        store = GatedStore()
        writer = GroupCommit(store, limit=10, capacity=100)
        answered: list[list[object]] = []

        async def submit(*transactions: str) -> None:
            answered.append([outcome.data for outcome in await writer.submit(calls(*transactions))])

        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit, "a")
            await store.wait_entered()
            for pair in (("b", "c"), ("d",), ("e", "f")):
                nursery.start_soon(submit, *pair)
                await trio.testing.wait_all_tasks_blocked()
            assert writer.waiting == 6
            store.gate.release(2)
        assert store.groups == [["a"], ["b", "c", "d", "e", "f"]]
        assert sorted(answered) == [["a"], ["b", "c"], ["d"], ["e", "f"]]
        assert (writer.waiting, writer.groups, writer.largest) == (0, 2, 5)
        await writer.aclose()

    trio.run(main)


def test_a_group_waits_for_as_many_as_the_last_one_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "_GATHERED", 3600.0)

    async def main() -> None:
        store = GatedStore()
        writer = GroupCommit(store, limit=10, capacity=100)
        async with trio.open_nursery() as nursery:
            # Before there was a group, nobody is waited for; nor after one of a single call.
            for single in "ab":
                nursery.start_soon(writer.submit, calls(single))
                await store.wait_entered()
                store.gate.release()
            nursery.start_soon(writer.submit, calls("c", "d", "e"))
            await store.wait_entered()
            store.gate.release()
            for late in (("f",), ("g", "h")):
                await trio.testing.wait_all_tasks_blocked()
                nursery.start_soon(writer.submit, calls(*late))
            await store.wait_entered()
            store.gate.release()
        assert store.groups == [["a"], ["b"], ["c", "d", "e"], ["f", "g", "h"]]
        # What ends the writer ends the waiting.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(writer.submit, calls("i"))
            await trio.testing.wait_all_tasks_blocked()
            store.gate.release()
            await writer.aclose()
        assert store.groups[-1] == ["i"]

    trio.run(main)


def test_a_group_does_not_wait_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "_GATHERED", 0.001)

    async def main() -> None:
        store = GatedStore()
        writer = GroupCommit(store, limit=10, capacity=100)
        store.gate.release(3)
        for transactions in (("a", "b"), ("c",), ("d",)):
            await writer.submit(calls(*transactions))
        assert store.groups == [["a", "b"], ["c"], ["d"]]
        await writer.aclose()

    trio.run(main)


def test_a_group_has_a_limit_and_a_submission_is_not_split() -> None:
    async def main() -> None:
        store = GatedStore()
        writer = GroupCommit(store, limit=3, capacity=100)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(writer.submit, calls("a"))
            await store.wait_entered()
            for group in (("b", "c"), ("d", "e"), ("f",), ("g", "h", "i", "j")):
                nursery.start_soon(writer.submit, calls(*group))
                await trio.testing.wait_all_tasks_blocked()
            store.gate.release(4)
        assert store.groups == [["a"], ["b", "c", "d", "e"], ["f", "g", "h", "i", "j"]]
        await writer.aclose()

    trio.run(main)


def test_a_full_queue_makes_submitters_wait() -> None:
    async def main() -> None:
        store = GatedStore()
        writer = GroupCommit(store, limit=1, capacity=2)
        done: list[str] = []

        async def submit(transaction: str) -> None:
            await writer.submit(calls(transaction))
            done.append(transaction)

        async with trio.open_nursery() as nursery:
            for transaction in "abcd":
                nursery.start_soon(submit, transaction)
                await trio.testing.wait_all_tasks_blocked()
            await store.wait_entered()
            assert writer.waiting == 2
            store.gate.release()
            await store.wait_entered()
            await trio.testing.wait_all_tasks_blocked()
            assert (done, writer.waiting) == (["a"], 2)
            store.gate.release(3)
        assert store.groups == [["a"], ["b"], ["c"], ["d"]]
        await writer.aclose()

    trio.run(main)


def test_a_submission_larger_than_the_queue_still_goes() -> None:
    async def main() -> None:
        store = GatedStore()
        store.gate.release()
        writer = GroupCommit(store, limit=2, capacity=2)
        assert len(await writer.submit(calls("a", "b", "c"))) == 3
        await writer.aclose()

    trio.run(main)


def test_cancelled_while_it_waits_for_room_nothing_was_done() -> None:
    async def main() -> None:
        store = GatedStore()
        writer = GroupCommit(store, limit=1, capacity=1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(writer.submit, calls("a"))
            await store.wait_entered()
            with trio.CancelScope() as scope:
                nursery.start_soon(_cancel_when_blocked, scope)
                await writer.submit(calls("b"))
            assert scope.cancelled_caught
            store.gate.release()
        assert store.groups == [["a"]]
        await writer.aclose()

    trio.run(main)


def test_cancelled_once_queued_it_is_committed_and_answered() -> None:
    async def main() -> None:
        store = GatedStore()
        writer = GroupCommit(store, limit=1, capacity=10)
        outcomes: list[Outcome] = []
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:

                async def cancel() -> None:
                    await store.wait_entered()
                    scope.cancel()
                    store.gate.release()

                nursery.start_soon(cancel)
                outcomes = await writer.submit(calls("a"))
        assert [outcome.code for outcome in outcomes] == [1000]
        await writer.aclose()

    trio.run(main)


def test_closing_waits_for_what_was_submitted_and_refuses_more() -> None:
    async def main() -> None:
        store = GatedStore()
        writer = GroupCommit(store, limit=1, capacity=10)
        async with trio.open_nursery() as nursery:
            for transaction in "ab":
                nursery.start_soon(writer.submit, calls(transaction))
            await trio.testing.wait_all_tasks_blocked()
            store.gate.release(2)
            await writer.aclose()
        assert sorted(store.groups) == [["a"], ["b"]]
        with pytest.raises(trio.ClosedResourceError):
            await writer.submit(calls("c"))

    trio.run(main)


def test_a_store_that_breaks_answers_2400_and_the_writer_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        store = GatedStore()
        store.gate.release(2)
        writer = GroupCommit(store, limit=1, capacity=10)
        store.broken = True
        assert [outcome.code for outcome in await writer.submit(calls("a"))] == [2400]
        store.broken = False
        assert [outcome.code for outcome in await writer.submit(calls("b"))] == [1000]
        await writer.aclose()

    trio.run(main)
    assert "a group of 1 commands failed" in caplog.text


async def _cancel_when_blocked(scope: trio.CancelScope) -> None:
    await trio.testing.wait_all_tasks_blocked()
    scope.cancel()


def noted(number: int) -> Audited:
    return Audited(datetime(2025, 3, 1, tzinfo=UTC), "reg-a", f"T{number}", None, Origin("poll"), 1300)


def with_writer(function: Callable[[GatedStore, GroupCommit], Awaitable[None]]) -> GatedStore:
    """Run a test with a store whose gate is open; return the store after the writer ended."""
    store = GatedStore()
    store.gate.release(1000)

    async def main() -> None:
        writer = GroupCommit(store, limit=10, capacity=100)
        await function(store, writer)
        await writer.aclose()

    trio.run(main)
    return store


def test_notes_go_with_the_next_group() -> None:
    async def main(store: GatedStore, writer: GroupCommit) -> None:
        writer.note(noted(1))
        writer.note(noted(2))
        await writer.submit(calls("a"))
        assert [note.transaction for note in store.notes] == ["T1", "T2"]

    with_writer(main)


def test_notes_without_a_group_are_written_after_a_moment_and_when_there_are_many() -> None:
    async def main(store: GatedStore, writer: GroupCommit) -> None:
        writer.note(noted(0))
        with trio.fail_after(60):
            while not store.notes:
                await trio.sleep(0.01)
        assert store.groups == []
        for number in range(5000):
            writer.note(noted(number))
        await writer.room()
        assert len(store.notes) >= 3000

    with_writer(main)


def test_a_note_that_is_added_while_others_are_taken_off_is_written_after_a_moment() -> None:
    class Interrupted(deque[Audited]):
        """Has the loop's thread add a note in the middle of taking off."""

        more: Callable[[], None] | None = None

        def popleft(self) -> Audited:
            more, self.more = self.more, None
            if more is not None:
                more()
            return super().popleft()

    async def main(store: GatedStore, writer: GroupCommit) -> None:
        notes = Interrupted()
        writer._notes = notes
        notes.more = lambda: writer.note(noted(2))
        writer.note(noted(1))
        with trio.fail_after(60):
            while len(store.notes) < 2:
                await trio.sleep(0.01)
        assert [note.transaction for note in store.notes] == ["T1", "T2"]

    with_writer(main)


def test_what_was_noted_is_written_before_the_end() -> None:
    async def main(_: GatedStore, writer: GroupCommit) -> None:
        writer.note(noted(1))

    assert [note.transaction for note in with_writer(main).notes] == ["T1"]
