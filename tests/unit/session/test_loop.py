"""The hot loop alone: order, waiting, batches, failures, backpressure. No protocol, no event loop, no sockets."""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Generator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regwire.session import Entry, Job, Loop, Run, SessionCore, TransactionIds


@dataclass(frozen=True)
class Op:
    object: Any


@dataclass(frozen=True)
class Other:
    object: Any


@dataclass(frozen=True)
class Command:
    op: Any
    cl_trid: str | None = None


@dataclass(frozen=True)
class Res:
    code: int


@dataclass(frozen=True)
class Message:
    results: tuple[Res, ...]
    cl_trid: str | None
    sv_trid: str
    data: tuple[Any, ...]


@dataclass(frozen=True)
class Reply:
    code: int
    data: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Sync:
    n: int


@dataclass(frozen=True)
class Wait:
    n: int


@dataclass(frozen=True)
class Batch:
    n: int


@dataclass(frozen=True)
class Many:
    names: tuple[int, ...]


class Session(SessionCore):
    pass


@dataclass
class FakeReactor:
    queue: deque[tuple[Any, Any]] = field(default_factory=deque)
    sent: dict[int, list[Any]] = field(default_factory=dict)
    flushes: int = 0
    paused: set[int] = field(default_factory=set)
    refuse: set[Any] = field(default_factory=set)

    def take(self, n: int) -> tuple[list[Any], list[Any]]:
        some = [self.queue.popleft() for _ in range(min(n, len(self.queue)))]
        return [o for o, _ in some], [i for _, i in some]

    def reply(  # noqa: PLR0917 - as the reactor
        self, number: int, template: Any, result: Res, cl_trid: str | None, sv_trid: str, data: Any
    ) -> None:
        data = data if isinstance(data, tuple) else (data,)
        self.send_message(number, template((result,), cl_trid, sv_trid, data))

    def send_message(self, number: int, message: Message) -> None:
        if any(d in self.refuse for d in message.data):
            raise ValueError("cannot be encoded")
        self.sent.setdefault(number, []).append(message)

    def flush(self) -> None:
        self.flushes += 1

    def pause(self, number: int) -> None:
        self.paused.add(number)

    def resume(self, number: int) -> None:
        self.paused.discard(number)


@types.coroutine
def wait() -> Generator[str, object, object]:
    """What an event loop's primitives do: give a trap, take what is sent."""
    return (yield "trap")


class Rig:
    """A loop over a fake reactor and its driver: `Wait` commands stay in `waiting` until `finish_one`.

    `begun` says whether the handlers of `Wait` have been begun, by the order in which they were.
    """

    def __init__(self, batch: Any = None, *, batch_waits: bool = False, in_flight: int = 64) -> None:
        self.reactor = FakeReactor()
        self.others: list[tuple[Any, Any]] = []
        self.strays: list[tuple[Any, Any]] = []
        self.failures: list[BaseException | None] = []
        self.waiting: list[Job] = []
        self.given: list[Job] = []
        self.begun: list[tuple[int, int]] = []
        self.batches: list[list[Run]] = []
        self.kicks = 0
        self.log: list[tuple[int, int]] = []
        entries = {
            Sync: Entry(self.on_sync, Op),
            Wait: Entry(self.on_wait, Op, waits=True),
            Many: Entry(self.on_many, Op, many="names", limit=2),
        }
        if batch is not None:
            entries[Batch] = Entry(None, Op)
        self.loop = Loop(
            self.reactor,
            self,
            session_class=Session,
            command_class=Command,
            reply_class=Reply,
            entries=entries,
            results={c: Res(c) for c in (1000, 1500, 2302, 2400, 2500)},
            template=Message,
            ids=TransactionIds("T"),
            batch=self.on_batch if batch_waits else batch,
            batch_waits=batch_waits,
            in_flight=in_flight,
        )

    def session(self, number: int) -> Session:
        s = Session(number)
        s.ready = True
        return s

    def feed(self, *events: tuple[Any, Any]) -> None:
        self.reactor.queue.extend(events)
        job = self.loop.events(len(events))
        while job is not None:
            assert next(job) == "trap"  # the task goes to sleep with it; another takes the lead
            self.waiting.append(job)
            job = self.loop.resume()

    async def on_wait(self, session: Session, command: Command, obj: Any) -> Any:
        self.begun.append((session.number, obj.n))
        if obj.n != 100:  # a hundred need not wait
            await wait()
        return self.on_sync(session, command, obj)

    async def on_batch(self, runs: list[Run]) -> None:
        self.batches.append(runs)
        await wait()

    def on_sync(self, session: Session, command: Command, obj: Any) -> Any:
        self.log.append((session.number, obj.n))
        if obj.n < 0:
            raise RuntimeError("handler")
        return Reply(1000, (obj.n,)) if obj.n % 2 else (obj.n,)

    def on_many(self, session: Session, command: Command, obj: Many) -> Any:
        return obj.names

    # the protocol
    def other(self, session: Session, item: Any) -> None:
        self.others.append((session, item))

    def stray(self, owner: Any, item: Any) -> None:
        self.strays.append((owner, item))

    def urgent(self, session: Session, item: Any) -> bool:
        return item == "urgent"

    def start(self, job: Job) -> None:
        self.given.append(job)

    def failed(self, session: Any, command: Any, error: BaseException | None) -> Any:
        self.failures.append(error)
        return 2400

    def reply(self, session: Any, command: Any, result: Any) -> Any:
        reply = result if isinstance(result, Reply) else Reply(result)
        return Message((Res(reply.code),), command.cl_trid, "slow", reply.data)

    def ended(self, session: Session, code: int) -> None:
        session.ready = False
        session.closed = True

    def kick(self) -> None:
        self.kicks += 1

    def go_on(self, job: Job | None) -> None:
        """A task goes on with its job until it waits, or has nothing more to do."""
        while job is not None:
            try:
                assert job.send(None) == "trap"
            except StopIteration:
                job = self.loop.done(job)
            else:
                self.waiting.append(job)
                return

    def begin_given(self) -> None:
        """The tasks that were given jobs run."""
        while self.given:
            self.go_on(self.given.pop(0))

    def finish_one(self, which: int = 0) -> None:
        """A task is woken."""
        self.go_on(self.waiting.pop(which))

    def answered(self, number: int) -> list[str | None]:
        return [m.cl_trid for m in self.reactor.sent.get(number, [])]


def cmd(obj: Any, trid: str | None = None, op: type = Op) -> Command:
    return Command(op(obj), trid)


def test_replies_carry_both_ids_and_are_flushed_once() -> None:
    rig = Rig()
    a, b = rig.session(1), rig.session(2)
    rig.feed(*((s, cmd(Sync(i), f"{s.number}-{i}")) for i in range(50) for s in (a, b)))
    assert rig.answered(1) == [f"1-{i}" for i in range(50)]
    assert rig.answered(2) == [f"2-{i}" for i in range(50)]
    ids = [m.sv_trid for sent in rig.reactor.sent.values() for m in sent if m.sv_trid != "slow"]
    assert len(set(ids)) == len(ids)
    assert rig.reactor.flushes == 1
    assert rig.loop.commands == 100
    assert rig.loop.chunks == 4


def test_what_is_not_the_fast_path_goes_to_the_protocol() -> None:
    rig = Rig()
    new, known = Session(1), rig.session(2)
    items = [
        (new, cmd(Sync(1))),
        (known, "greeting"),
        (known, cmd(Sync(1), op=Other)),
        (known, cmd("nobody's")),
        (known, cmd(Many((1, 2, 3)))),
        (known, Command("no object")),
    ]
    rig.feed(*items, (7, "opened"))
    assert rig.others == items
    assert rig.strays == [(7, "opened")]
    rig.feed((known, cmd(Many((1, 2)))))
    assert rig.reactor.sent[2][0].data == (1, 2)


def test_once_a_command_waits_the_rest_waits() -> None:
    rig = Rig()
    a, b = rig.session(1), rig.session(2)
    rig.feed(
        (a, cmd(Sync(0), "0")), (a, cmd(Wait(2), "1")), (a, cmd(Sync(4), "2")), (a, "other"), (b, cmd(Sync(0), "b"))
    )
    assert rig.answered(1) == ["0"]
    assert rig.answered(2) == ["b"]
    assert rig.others == []
    rig.finish_one()
    assert rig.answered(1) == ["0", "1", "2"]
    assert rig.others == [(a, "other")]


def test_urgent_items_do_not_wait() -> None:
    rig = Rig()
    a = rig.session(1)
    rig.feed((a, cmd(Wait(2))), (a, "urgent"), (a, "later"))
    assert list(a.backlog) == ["later"]


def test_a_handler_that_raises_fails_only_its_command() -> None:
    rig = Rig()
    a = rig.session(1)
    rig.feed((a, cmd(Sync(-1), "bad")), (a, cmd(Sync(0), "good")))
    assert [(m.results[0].code, m.cl_trid) for m in rig.reactor.sent[1]] == [(2400, "bad"), (1000, "good")]
    assert [type(f) for f in rig.failures] == [RuntimeError]


def test_a_reply_that_cannot_be_encoded_is_2400() -> None:
    rig = Rig()
    rig.reactor.refuse.add(4)
    a = rig.session(1)
    rig.feed((a, cmd(Sync(4), "bad")), (a, cmd(Sync(6), "good")))
    assert [(m.results[0].code, m.cl_trid) for m in rig.reactor.sent[1]] == [(2400, "bad"), (1000, "good")]


def test_reading_stops_at_the_limit_and_goes_on_at_half() -> None:
    rig = Rig(in_flight=4)
    a = rig.session(1)
    rig.feed((a, cmd(Wait(0))), *((a, cmd(Wait(i))) for i in range(2, 5)))
    assert rig.reactor.paused == set()
    rig.feed((a, cmd(Wait(5))))
    assert rig.reactor.paused == {1}
    rig.finish_one()
    assert rig.reactor.paused == {1}
    rig.finish_one()
    assert rig.reactor.paused == set()


def reply_all(runs: list[Run]) -> None:
    for run in runs:
        for i, command in enumerate(run.commands):
            run.reply(i, (command.op.object.n,))


@pytest.mark.parametrize("more", [1, 40, 64, 100])
def test_what_the_reactor_gives_beyond_the_count_of_its_poll_is_taken_and_owes_nothing(more: int) -> None:
    """What was held back for a session is put back while events are taken: as it ends, or goes on."""
    rig = Rig()
    one, other = rig.session(1), rig.session(2)
    rig.reactor.queue.extend((one, Command(Op(Sync(n)), None)) for n in range(1 + more))
    assert rig.loop.events(1) is None
    assert rig.log == [(1, n) for n in range(1 + more)]
    rig.feed((other, Command(Op(Sync(7)))))
    assert rig.log[-1] == (2, 7)


def test_batches_are_runs_of_one_session_and_keep_order() -> None:
    seen: list[list[tuple[int, list[int]]]] = []

    def batch(runs: list[Run]) -> None:
        seen.append([(r.session.number, [c.op.object.n for c in r.commands]) for r in runs])
        reply_all(runs)

    rig = Rig(batch)
    a, b = rig.session(1), rig.session(2)
    rig.feed(
        (a, cmd(Batch(1), "a1")),
        (b, cmd(Batch(1), "b1")),
        (a, cmd(Batch(2), "a2")),
        (a, cmd(Sync(2), "a3")),
        (a, cmd(Batch(3), "a4")),
        (a, cmd(Batch(4), "a5")),
        (b, cmd(Batch(2), "b2")),
    )
    assert seen == [[(1, [1, 2]), (2, [1, 2])], [(1, [3, 4])]]
    assert rig.answered(1) == ["a1", "a2", "a3", "a4", "a5"]
    assert rig.answered(2) == ["b1", "b2"]
    assert not a.busy
    assert not b.busy


def test_an_async_batch_keeps_its_sessions_waiting() -> None:
    rig = Rig(lambda runs: None, batch_waits=True)
    a = rig.session(1)
    rig.feed((a, cmd(Batch(1), "1")), (a, cmd(Batch(2), "2")))
    rig.feed((a, cmd(Batch(3), "3")), (a, cmd(Sync(4), "4")))
    rig.begin_given()
    (runs,) = rig.batches
    runs[0].reply(1, (2,))
    assert rig.answered(1) == []
    runs[0].reply(0, (1,))
    assert rig.answered(1) == ["1", "2"]
    assert rig.kicks == 1
    rig.loop.turn()
    rig.begin_given()
    assert [r.commands[0].cl_trid for r in rig.batches[1]] == ["3"]
    rig.loop.close_runs(rig.batches[1])
    rig.loop.turn()
    assert [(m.results[0].code, m.cl_trid) for m in rig.reactor.sent[1]] == [
        (1000, "1"), (1000, "2"), (2400, "3"), (1000, "4"),
    ]  # fmt: skip


def test_a_batch_answers_at_once_what_it_can_and_a_task_the_rest() -> None:
    async def rest(run: Run) -> None:
        await wait()
        run.reply(1, (2,))

    def batch(runs: list[Run]) -> Any:
        for run in runs:
            run.reply(0, (1,))
        return rest(runs[0]) if len(runs[0]) > 1 else None

    rig = Rig(batch)
    a, b = rig.session(1), rig.session(2)
    rig.feed((a, cmd(Batch(1), "1")), (a, cmd(Batch(2), "2")), (b, cmd(Batch(3), "3")))
    assert (rig.answered(1), rig.answered(2)) == (["1"], ["3"])
    assert (a.busy, b.busy) == (True, False)
    (job,) = rig.given
    assert next(job) == "trap"
    with pytest.raises(StopIteration):
        job.send(None)
    assert rig.loop.done(job) is None
    assert rig.answered(1) == ["1", "2"]
    rig.feed((b, cmd(Batch(4), "4")))
    assert len(rig.given) == 1  # nothing to wait for: no task
    assert rig.answered(2) == ["3", "4"]


def test_what_a_batch_leaves_to_a_task_may_fail() -> None:
    async def rest() -> None:
        raise RuntimeError("rest")

    rig = Rig(lambda runs: rest())
    a = rig.session(1)
    rig.feed((a, cmd(Batch(1), "1")))
    (job,) = rig.given
    with pytest.raises(StopIteration):
        next(job)
    assert rig.loop.done(job) is None
    assert [m.results[0].code for m in rig.reactor.sent[1]] == [2400]
    assert [str(error) for error in rig.failures if error is not None] == ["rest"]


def test_what_arrives_between_the_end_of_a_run_and_its_turn_does_not_overtake() -> None:
    rig = Rig(lambda runs: None, batch_waits=True)
    a = rig.session(1)
    rig.feed((a, cmd(Batch(1), "1")))
    rig.feed((a, cmd(Sync(2), "2")), (a, cmd(Sync(3), "3")))  # the run is with its handler: these wait for it
    rig.begin_given()
    rig.batches[0][0].reply(0, (1,))  # in the handler's task: the loop's turn is due
    rig.feed((a, cmd(Sync(4), "4")))
    rig.loop.turn()
    assert rig.answered(1) == ["1", "2", "3", "4"]


def test_a_run_stops_at_a_reply_that_ends_the_session() -> None:
    def batch(runs: list[Run]) -> None:
        for run in runs:
            for i in range(len(run)):
                run.reply(i, 2500 if i == 1 else ())

    rig = Rig(batch)
    a = rig.session(1)
    rig.feed(*((a, cmd(Batch(i), str(i))) for i in range(4)))
    assert rig.answered(1) == ["0", "1"]


def test_a_batch_handler_that_raises_fails_what_it_left() -> None:
    def batch(runs: list[Run]) -> None:
        runs[0].reply(0, ())
        raise RuntimeError("batch")

    rig = Rig(batch)
    a = rig.session(1)
    rig.feed((a, cmd(Batch(1), "1")), (a, cmd(Batch(2), "2")))
    assert [m.results[0].code for m in rig.reactor.sent[1]] == [1000, 2400]
    assert not a.busy


def test_a_command_is_answered_once() -> None:
    rig = Rig(lambda runs: None, batch_waits=True)
    a = rig.session(1)
    rig.feed((a, cmd(Batch(1), "1")))
    rig.begin_given()
    run = rig.batches[0][0]
    run.reply(0, ())
    with pytest.raises(ValueError, match="answered before"):
        run.reply(0, ())
    with pytest.raises(IndexError):
        run.reply(1, ())
    assert run.unanswered == []
    with pytest.raises(TypeError):
        Run()


def test_transaction_ids() -> None:
    ids = TransactionIds("RW-1")
    assert [ids.next() for _ in range(3)] == ["RW-1-1", "RW-1-2", "RW-1-3"]
    assert [ids.next() for _ in range(12_000)] == [f"RW-1-{count}" for count in range(4, 12_004)]
    longest = TransactionIds("x" * 42)
    assert [longest.next() for _ in range(101)][-1] == "x" * 42 + "-101"
    with pytest.raises(ValueError, match="prefix"):
        TransactionIds("x" * 43)
    with pytest.raises(ValueError, match="prefix"):
        TransactionIds("")


LAST: ContextVar[str | None] = ContextVar("LAST", default=None)


@settings(max_examples=300, deadline=None)
@given(
    events=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from([Sync, Wait, Batch]), st.integers(-1, 3)), max_size=80
    ),
    data=st.data(),
)
def test_results_equal_one_by_one(events: list[tuple[int, type, int]], data: st.DataObject) -> None:
    """Whatever mix of kinds, chunks, tasks and moments: a session's commands run once, and are answered, in order.

    The driver's part is drawn: which of the tasks that can go on does so next, the leader among them.
    """
    rig = Rig(lambda runs: None, batch_waits=True)
    sessions = [rig.session(i) for i in range(3)]
    feed = deque((sessions[s], cmd(kind(n), str(k))) for k, (s, kind, n) in enumerate(events))
    expected: dict[int, list[str | None]] = {}
    for session, command in feed:
        expected.setdefault(session.number, []).append(command.cl_trid)
    ran: dict[int, list[str | None]] = {}
    seen: dict[int, str | None] = {}

    def note(session: Session, command: Command, obj: Any) -> Any:
        ran.setdefault(session.number, []).append(command.cl_trid)
        if obj.n < 0:
            raise RuntimeError
        return (obj.n,)

    def on_sync(session: Session, command: Command, obj: Any) -> Any:
        assert LAST.get() == seen.get(session.number)
        LAST.set(command.cl_trid)
        seen[session.number] = command.cl_trid
        return note(session, command, obj)

    async def on_wait(session: Session, command: Command, obj: Any) -> Any:
        assert LAST.get() == seen.get(session.number)
        LAST.set(command.cl_trid)
        seen[session.number] = command.cl_trid
        for _ in range(obj.n):
            assert await wait() is None
            assert LAST.get() == command.cl_trid
        return note(session, command, obj)

    async def on_batch(runs: list[Run]) -> None:
        for run in runs:
            if data.draw(st.booleans()):
                await wait()
            for i, command in enumerate(run.commands):
                try:
                    result = note(run.session, command, command.op.object)
                except RuntimeError:
                    result = 2400
                run.reply(i, result)
                if data.draw(st.booleans()):
                    await wait()

    rig.loop = Loop(
        rig.reactor,
        rig,
        session_class=Session,
        command_class=Command,
        reply_class=Reply,
        entries={Sync: Entry(on_sync, Op), Wait: Entry(on_wait, Op, waits=True), Batch: Entry(None, Op)},
        results={c: Res(c) for c in (1000, 2400)},
        template=Message,
        ids=TransactionIds("T"),
        batch=on_batch,
        batch_waits=True,
    )
    led = True  # the leader is where it polls; else its successor has not run yet

    def lead(job: Job | None) -> None:
        nonlocal led
        led = job is None
        if job is not None:
            rig.go_on(job)

    def poll() -> None:
        cut = data.draw(st.integers(1, 40))
        rig.reactor.queue.extend(feed.popleft() for _ in range(min(cut, len(feed))))
        lead(rig.loop.events(len(rig.reactor.queue)))

    def turn() -> None:
        rig.kicks = 0
        rig.loop.turn()

    while True:
        can = [lambda k=k: rig.finish_one(k) for k in range(len(rig.waiting))]  # type: ignore[misc]
        can += [lambda k=k: rig.go_on(rig.given.pop(k)) for k in range(len(rig.given))]  # type: ignore[misc]
        if not led:
            can.append(lambda: lead(rig.loop.resume()))
        elif feed:
            can.append(poll)
        if rig.kicks:
            can.append(turn)
        if not can:
            break
        data.draw(st.sampled_from(can))()
    assert ran == expected
    assert {n: [m.cl_trid for m in sent] for n, sent in rig.reactor.sent.items()} == expected
    assert not any(s.busy or s.backlog for s in sessions)


def test_a_handler_that_does_not_wait_costs_no_task() -> None:
    rig = Rig()
    a, b = rig.session(1), rig.session(2)
    assert rig.loop.events(0) is None
    rig.reactor.queue.extend([(a, cmd(Wait(100), "1")), (a, cmd(Sync(2), "2")), (b, cmd(Wait(100), "3"))])
    assert rig.loop.events(3) is None
    assert rig.given == []
    assert rig.answered(1) == ["1", "2"]
    assert rig.answered(2) == ["3"]
    assert rig.reactor.flushes == 2


def test_a_handler_that_waits_takes_its_task_and_another_goes_on_at_once() -> None:
    rig = Rig()
    a, b = rig.session(1), rig.session(2)
    items = [(a, cmd(Sync(0), "a1")), (a, cmd(Wait(2), "a2")), (a, cmd(Sync(4), "a3")), (b, cmd(Sync(0), "b1"))]
    rig.reactor.queue.extend([*items, *((b, cmd(Sync(2), f"b{i}")) for i in range(2, 40))])
    job = rig.loop.events(len(rig.reactor.queue))
    assert job is not None
    assert (job.session, job.command.cl_trid) == (a, "a2")
    assert rig.answered(1) == ["a1"]
    assert rig.answered(2) == []
    assert next(job) == "trap"
    assert rig.loop.resume() is None  # another task: what was taken and what was not
    assert rig.answered(2) == [f"b{i}" for i in range(1, 40)]
    assert rig.answered(1) == ["a1"]
    rig.go_on(job)
    assert rig.answered(1) == ["a1", "a2", "a3"]


def test_handlers_that_wait_as_a_rule_are_given_to_tasks_together() -> None:
    rig = Rig()
    sessions = [rig.session(i) for i in range(6)]
    rig.feed(*((s, cmd(Wait(2), "x")) for s in sessions))
    while rig.waiting:
        rig.finish_one()
    rig.begun.clear()
    rig.reactor.queue.extend((s, cmd(Wait(2), "y")) for s in sessions)
    assert rig.loop.events(6) is None
    assert [job.session for job in rig.given] == sessions
    assert rig.begun == []
    rig.begin_given()
    assert len(rig.waiting) == 6
    while rig.waiting:
        rig.finish_one()
    # Two in a row that did not wait: begun in place again.
    for name in ("1", "2", "3"):
        rig.feed((sessions[0], cmd(Wait(100), name)))
        rig.begin_given()
    rig.reactor.queue.append((sessions[0], cmd(Wait(100), "4")))
    assert rig.loop.events(1) is None
    assert rig.given == []
    assert rig.answered(0)[-4:] == ["1", "2", "3", "4"]


def test_a_task_goes_on_with_what_its_session_has_waiting() -> None:
    rig = Rig()
    a = rig.session(1)
    rig.feed(*((a, cmd(Wait(n), str(n))) for n in (2, 4, 100, 6)))
    job = rig.waiting.pop()
    with pytest.raises(StopIteration):
        job.send(None)
    following = rig.loop.done(job)
    assert following is not None
    assert following.command.cl_trid == "4"
    rig.go_on(following)
    rig.finish_one()
    assert rig.answered(1) == ["2", "4", "100"]
    rig.finish_one()
    assert rig.answered(1) == ["2", "4", "100", "6"]
    assert rig.given == []


def test_a_handler_that_waits_and_raises_fails_only_its_command() -> None:
    rig = Rig()
    a = rig.session(1)
    rig.feed((a, cmd(Wait(-1), "bad")), (a, cmd(Sync(0), "good")))
    rig.finish_one()
    assert [(m.results[0].code, m.cl_trid) for m in rig.reactor.sent[1]] == [(2400, "bad"), (1000, "good")]
    assert [type(f) for f in rig.failures] == [RuntimeError]


class Cancelled(BaseException):
    """What an event loop throws into a task."""


def test_what_ends_a_task_goes_through_and_the_command_can_still_be_answered() -> None:
    rig = Rig()
    a = rig.session(1)
    rig.feed((a, cmd(Wait(2), "1")), (a, cmd(Sync(0), "2")))
    (job,) = rig.waiting
    with pytest.raises(Cancelled):
        job.throw(Cancelled())
    assert rig.answered(1) == []
    error = RuntimeError("cancelled")
    job.fail(error)
    assert rig.loop.done(job) is None
    assert rig.failures == [error]
    assert [(m.results[0].code, m.cl_trid) for m in rig.reactor.sent[1]] == [(2400, "1"), (1000, "2")]


def test_what_is_thrown_into_a_job_may_be_caught_by_its_handler() -> None:
    rig = Rig()

    async def careful(session: Session, command: Command, obj: Any) -> Any:
        try:
            await wait()
        except Cancelled:
            return 2302

    rig.loop = loop_of(rig, {Wait: Entry(careful, Op, waits=True)})
    rig.feed((rig.session(1), cmd(Wait(0), "1")))
    (job,) = rig.waiting
    with pytest.raises(StopIteration):
        job.throw(Cancelled())
    assert rig.loop.done(job) is None
    assert [m.results[0].code for m in rig.reactor.sent[1]] == [2302]


def test_closing_a_job_runs_the_handlers_finally() -> None:
    rig = Rig()
    log = []

    async def tidy(session: Session, command: Command, obj: Any) -> Any:
        try:
            await wait()
        finally:
            log.append("tidied")

    rig.loop = loop_of(rig, {Wait: Entry(tidy, Op, waits=True)})
    rig.feed((rig.session(1), cmd(Wait(0))))
    rig.waiting.pop().close()
    assert log == ["tidied"]


def test_awaitables_that_are_no_coroutines() -> None:
    rig = Rig()

    class Answer:
        def __init__(self, n: int) -> None:
            self.n = n

        def __await__(self) -> Generator[Any, Any, Any]:
            for _ in range(self.n):
                yield "trap"
            return (self.n,)

    def handler(session: Session, command: Command, obj: Any) -> Any:
        return Answer(obj.n)

    rig.loop = loop_of(rig, {Wait: Entry(handler, Op, waits=True)})
    a = rig.session(1)
    for n in (0, 1, 2, 1, 1, 0):
        rig.feed((a, cmd(Wait(n))))
        rig.begin_given()
        while rig.waiting:
            rig.finish_one()
    assert [m.data for m in rig.reactor.sent[1]] == [(0,), (1,), (2,), (1,), (1,), (0,)]


def test_frames_of_a_waiting_handler_can_be_walked() -> None:
    rig = Rig()
    rig.feed((rig.session(1), cmd(Wait(2))))
    (job,) = rig.waiting
    assert job.cr_frame.f_code.co_name == "on_wait"
    assert job.cr_await is not None
    rig.finish_one()
    assert job.cr_frame is None
    with pytest.raises(TypeError):
        Job()


def loop_of(rig: Rig, entries: dict[type, Entry]) -> Loop:
    return Loop(
        rig.reactor,
        rig,
        session_class=Session,
        command_class=Command,
        reply_class=Reply,
        entries=entries,
        results={c: Res(c) for c in (1000, 2302, 2400)},
        template=Message,
        ids=TransactionIds("T"),
    )
