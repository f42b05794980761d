"""The hot loop alone: order, waiting, batches, failures, backpressure. No protocol, no event loop, no sockets."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regwire.session import Entry, Loop, ReplyBuilder, Run, SessionCore, TransactionIds


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


class Rig:
    """A loop over a fake reactor; `Wait` commands stay until `finish`."""

    def __init__(self, batch: Any = None, *, batch_waits: bool = False, in_flight: int = 64, build: Any = None) -> None:
        self.reactor = FakeReactor()
        self.others: list[tuple[Any, Any]] = []
        self.strays: list[tuple[Any, Any]] = []
        self.failures: list[BaseException | None] = []
        self.waiting: list[Session] = []
        self.batches: list[list[Run]] = []
        self.kicks = 0
        self.log: list[tuple[int, int]] = []
        entries = {
            Sync: Entry(self.on_sync, Op),
            Wait: Entry(self.on_sync, Op, waits=True),
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
            build=build or (lambda head, cl, sv, data: Message((head,), cl, sv, data)),
            ids=TransactionIds("T"),
            batch=batch,
            batch_waits=batch_waits,
            in_flight=in_flight,
        )

    def session(self, number: int) -> Session:
        s = Session(number)
        s.ready = True
        return s

    def feed(self, *events: tuple[Any, Any]) -> None:
        self.reactor.queue.extend(events)
        self.loop.events(len(events))

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

    def start(self, session: Session) -> None:
        self.waiting.append(session)

    def wake(self, task: Any) -> None:
        raise AssertionError("no task parks here")

    def start_batch(self, runs: list[Run]) -> None:
        self.batches.append(runs)

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

    def finish_one(self) -> None:
        session = self.waiting.pop(0)
        assert session.job is not None
        _, command, obj = session.job
        self.loop.finish(session, command, self.on_sync(session, command, obj))

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
    (runs,) = rig.batches
    runs[0].reply(1, (2,))
    assert rig.answered(1) == []
    runs[0].reply(0, (1,))
    assert rig.answered(1) == ["1", "2"]
    assert rig.kicks == 1
    rig.loop.turn()
    assert [r.commands[0].cl_trid for r in rig.batches[1]] == ["3"]
    rig.loop.close_runs(rig.batches[1])
    rig.loop.turn()
    assert [(m.results[0].code, m.cl_trid) for m in rig.reactor.sent[1]] == [
        (1000, "1"), (1000, "2"), (2400, "3"), (1000, "4"),
    ]  # fmt: skip


def test_what_arrives_between_the_end_of_a_run_and_its_turn_does_not_overtake() -> None:
    rig = Rig(lambda runs: None, batch_waits=True)
    a = rig.session(1)
    rig.feed((a, cmd(Batch(1), "1")))
    rig.feed((a, cmd(Sync(2), "2")), (a, cmd(Sync(3), "3")))  # the run is with its handler: these wait for it
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
    with pytest.raises(ValueError, match="prefix"):
        TransactionIds("x" * 43)
    with pytest.raises(ValueError, match="prefix"):
        TransactionIds("")


@settings(max_examples=200, deadline=None)
@given(
    events=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from([Sync, Wait, Batch]), st.integers(-1, 5)), max_size=80
    ),
    cuts=st.lists(st.integers(1, 20), max_size=20),
    data=st.data(),
)
def test_results_equal_one_by_one(events: list[tuple[int, type, int]], cuts: list[int], data: st.DataObject) -> None:
    """Whatever mix of kinds, chunks and moments: a session's commands run once, and are answered, in order."""
    rig = Rig(lambda runs: None, batch_waits=True)
    ran: dict[int, list[str | None]] = {}

    def note(session: Session, command: Command, obj: Any) -> Any:
        ran.setdefault(session.number, []).append(command.cl_trid)
        if obj.n < 0:
            raise RuntimeError
        return (obj.n,)

    rig.on_sync = note  # type: ignore[method-assign]
    rig.loop = Loop(
        rig.reactor,
        rig,
        session_class=Session,
        command_class=Command,
        reply_class=Reply,
        entries={Sync: Entry(note, Op), Wait: Entry(note, Op, waits=True), Batch: Entry(None, Op)},
        results={c: Res(c) for c in (1000, 2400)},
        build=lambda head, cl, sv, d: Message((head,), cl, sv, d),
        ids=TransactionIds("T"),
        batch=lambda runs: None,
        batch_waits=True,
    )
    sessions = [rig.session(i) for i in range(3)]
    expected: dict[int, list[str]] = {}
    feed = []
    for k, (s, kind, n) in enumerate(events):
        feed.append((sessions[s], cmd(kind(n), str(k))))
        expected.setdefault(s, []).append(str(k))

    def progress() -> bool:
        if rig.batches and (not rig.waiting or data.draw(st.booleans())):
            runs = rig.batches.pop(0)
            for run in runs:
                for i, command in enumerate(run.commands):
                    try:
                        result = note(run.session, command, command.op.object)
                    except RuntimeError:
                        result = 2400
                    run.reply(i, result)
            if data.draw(st.booleans()):
                rig.loop.turn()  # else what comes next arrives before the loop is called back
            return True
        if rig.waiting:
            session = rig.waiting.pop(0)
            assert session.job is not None
            _, command, obj = session.job
            try:
                result = note(session, command, obj)
            except RuntimeError:
                result = 2400
            rig.loop.finish(session, command, result)
            rig.loop.turn()
            return True
        return False

    while feed:
        cut = cuts.pop() if cuts else len(feed)
        part, feed = feed[:cut], feed[cut:]
        rig.feed(*part)
        if data.draw(st.booleans()):
            progress()
    rig.loop.turn()
    while progress():
        rig.loop.turn()
    assert ran == expected
    assert {n: [m.cl_trid for m in sent] for n, sent in rig.reactor.sent.items()} == expected
    assert not any(s.busy or s.backlog for s in sessions)


@dataclass(frozen=True)
class Ids:
    client: str | None
    server: str


@dataclass(frozen=True)
class Positional:
    results: tuple[Res, ...]
    queue: None
    data: tuple[Any, ...]
    extension: tuple[()]
    ids: Ids


def test_a_reply_builder_is_a_function_that_the_loop_need_not_call() -> None:
    build = ReplyBuilder(Positional, Ids)
    reply = Positional((Res(1000),), None, (2,), (), Ids("c", "T-1"))
    assert build(Res(1000), "c", "T-1", (2,)) == reply
    rig = Rig(build=build)
    rig.feed((rig.session(1), Command(Op(Sync(2)), "c")))
    assert rig.reactor.sent[1] == [reply]
