"""Exchange, without a network: what it sends when, and to whom it gives replies."""

from __future__ import annotations

from types import SimpleNamespace as Box
from typing import Any

import pytest

from regwire.session import Bulk, Exchange, Hub, Link, Pending, Slot, Window


class Command:
    def __init__(self, op: Any, extension: Any = (), cl_trid: str | None = None) -> None:
        self.op, self.extension, self.cl_trid = op, extension, cl_trid


class Response:
    def __init__(self, cl_trid: str | None, code: int = 1000) -> None:
        self.tr_id: Any = Box(cl_trid=cl_trid)
        self.results: Any = (Box(code=code),)


class World:
    """A reactor, a protocol and callers, all in one; what happens is noted in `log`."""

    def __init__(self, links: int = 1, size: int = 16) -> None:
        self.log: list[Any] = []
        self.arrived: list[tuple[Any, Any]] = []
        self.ids = iter(range(1, 1000))
        self.hub = Hub(
            self, wake=self.wake, park=lambda abort: ("parked", abort), given_up="given up", clock=lambda: 5.0
        )
        self.exchange = Exchange(
            self.hub,
            self,
            command_class=Command,
            response_class=Response,
            special=frozenset({bytes}),
            expects="response",
            ids=Box(next=lambda: f"id-{next(self.ids)}"),
            timeout=2.0,
        )
        self.links = [Link(self.exchange, number, Window(size), 0.0) for number in range(links)]
        for link in self.links:
            link.ready = True
            self.exchange.join(link)

    def wake(self, waiter: Any, pending: Pending) -> None:
        """As a task that is resumed: with the reply, or the error raised."""
        try:
            result = pending.unwrap()
        except Exception as error:
            result = error
        self.log.append((waiter, result))

    def take(self, n: int) -> tuple[list[Any], list[Any]]:
        taken, self.arrived = self.arrived[:n], self.arrived[n:]
        return [owner for owner, _ in taken], [item for _, item in taken]

    def send_message(self, number: int, message: Command, cl_trid: str | None = None) -> None:
        if message.op == "bad":
            raise ValueError("not to be encoded")
        self.log.append(("sent", number, message.op))

    def flush(self) -> None:
        self.log.append("flush")

    def begin(self, link: Link, slot: Slot) -> None:
        self.log.append(("begin", link.number, slot.message.op))

    def other(self, owner: Any, item: Any) -> None:
        self.log.append(("other", item))

    def reply(self, *items: Any, link: int = 0) -> None:
        self.arrived += [(self.links[link], item) for item in items]
        self.hub.events(len(items))

    def seen(self) -> list[Any]:
        log, self.log = self.log, []
        return log


def test_one_flush_for_all_that_was_sent_in_a_turn() -> None:
    world = World()
    for k in range(16):
        world.exchange.submit(Command(k), f"caller {k}")
    assert world.seen() == []
    assert world.hub.turn()
    assert world.seen() == [("sent", 0, k) for k in range(16)] + ["flush"]
    assert not world.hub.turn()
    assert world.seen() == []
    assert world.links[0].window.deadline == 7.0


def test_what_finds_no_place_waits_in_order_and_goes_out_with_the_next_turn() -> None:
    world = World(links=2, size=1)
    for k in range(4):
        world.exchange.submit(Command(k), k)
    world.hub.turn()
    assert sorted(world.seen()[:-1]) == [("sent", 0, 1), ("sent", 1, 0)]
    assert world.exchange.waiting == 2
    answer = Response("id-2")
    world.reply(answer)
    assert world.seen() == [(1, answer)]
    world.hub.turn()
    assert world.seen() == [("sent", 0, 2), "flush"]


def test_a_caller_that_gives_up_before_the_turn_sends_nothing_and_after_it_keeps_its_place() -> None:
    world = World()
    slots = [world.exchange.submit(Command(k), k) for k in range(2)]
    assert slots[0].abort(None) == "given up"
    world.hub.turn()
    assert world.seen() == [("sent", 0, 1), "flush"]
    slots[1].abort(None)
    assert len(world.links[0].window) == 1
    world.exchange.submit(Command(2), "later")
    world.hub.turn()
    answers = Response("id-1"), Response("id-2")
    world.seen()
    world.reply(*answers)
    assert world.seen() == [("later", answers[1])]


@pytest.mark.parametrize(
    "item", [Response("id-9"), Response(None, 2000), Response("id-1", 2500), Response("id-1", 1500), "a greeting"]
)
def test_all_but_a_plain_reply_goes_to_the_protocol_untouched(item: Any) -> None:
    world = World()
    world.exchange.submit(Command(1), "caller")
    world.hub.turn()
    world.seen()
    world.reply(item)
    assert world.seen() == [("other", item)]
    assert len(world.links[0].window) == 1


def test_a_reply_that_nothing_asked_for_and_one_of_a_session_that_is_not_ready() -> None:
    world = World()
    answer = Response("id-1")
    world.reply(answer)
    world.exchange.submit(Command(1), "caller")
    world.hub.turn()
    world.links[0].ready = False
    world.seen()
    world.reply(answer)
    assert world.seen() == [("other", answer)]


def test_a_message_that_cannot_be_encoded_takes_no_place() -> None:
    world = World()
    world.exchange.submit(Command("bad"), "caller")
    world.hub.turn()
    who, error = world.seen()[0]
    assert who == "caller"
    assert isinstance(error, ValueError)
    assert len(world.links[0].window) == 0


def test_what_changes_the_session_is_the_protocols() -> None:
    world = World()
    world.exchange.submit(Command(b"login"), "caller")
    world.hub.turn()
    assert world.seen() == [("begin", 0, b"login"), "flush"]


def test_many_messages_wake_their_caller_once() -> None:
    world = World()
    world.exchange.submit_many([Command(1), Command("bad"), Command(2)], "caller", 2)
    world.hub.turn()
    world.hub.turn()
    assert [entry for entry in world.seen() if entry != "flush"] == [("sent", 0, 1), ("sent", 0, 2)]
    answers = Response("id-1"), Response("id-3")
    world.reply(*answers)
    ((who, results),) = world.seen()
    assert who == "caller"
    assert (results[0], results[2]) == answers
    assert isinstance(results[1], ValueError)


def test_refusing_ends_what_was_not_sent_and_only_that() -> None:
    world = World(size=1)
    world.exchange.submit_many([Command(k) for k in range(3)], "many", 3)
    world.exchange.submit(Command(9), "one")
    world.hub.turn()
    world.seen()
    world.exchange.refuse(lambda message: KeyError(message.op))
    ((who, error),) = world.seen()
    assert who == "one"
    assert error.args == (9,)
    answer = Response("id-1")
    world.reply(answer)
    (results,) = [value for who, value in world.seen() if who == "many"]
    assert results[0] is answer
    assert [result.args for result in results[1:]] == [(1,), (2,)]


def test_only_the_exchange_makes_a_bulk() -> None:
    with pytest.raises(TypeError):
        Bulk()


def driven(pending: Pending) -> tuple[Any, Any]:
    """A task that awaits, and what it yields to its scheduler."""

    async def task() -> Any:
        return await pending

    coroutine = task()
    return coroutine, coroutine.send(None)


def test_a_caller_awaits_its_reply_and_the_next_command_takes_its_slot() -> None:
    world = World()
    slot = world.exchange.submit(Command(1), "caller")
    world.hub.turn()
    answer = Response("id-1")
    world.arrived = [(world.links[0], answer)]
    coroutine, yielded = driven(slot)
    assert yielded == ("parked", slot.abort)
    world.hub.events(1)
    assert world.hub.woke
    with pytest.raises(StopIteration) as over:
        coroutine.send(slot)
    assert over.value.value is answer
    assert world.exchange.submit(Command(2), "another") is slot
    assert slot.cl_trid is None
    assert world.exchange.submit(Command(3), "third") is not slot


def test_a_caller_awaits_and_its_command_is_refused() -> None:
    world = World()
    slot = world.exchange.submit(Command("bad"), "caller")
    coroutine, _ = driven(slot)
    world.hub.turn()
    with pytest.raises(ValueError, match="not to be encoded"):
        coroutine.send(slot)
    assert world.exchange.submit(Command(1), "next") is not slot


def test_a_caller_that_was_cancelled_leaves_its_slot_to_swallow_the_reply() -> None:
    class Cancelled:
        def unwrap(self) -> Any:
            raise KeyboardInterrupt

    world = World()
    slot = world.exchange.submit(Command(1), "caller")
    coroutine, (_, abort) = driven(slot)
    world.hub.turn()
    assert abort(None) == "given up"
    answer = Response("id-1")
    world.seen()
    world.reply(answer)
    assert world.exchange.submit(Command(2), "next") is not slot
    with pytest.raises(KeyboardInterrupt):
        coroutine.send(Cancelled())
    assert world.seen() == []


def test_a_coroutine_thrown_away_while_it_waits_sends_nothing() -> None:
    world = World()
    coroutine, _ = driven(world.exchange.submit(Command(1), "caller"))
    coroutine.close()
    coroutine, _ = driven(world.exchange.submit(Command(2), "caller"))
    with pytest.raises(KeyError):
        coroutine.throw(KeyError("mine"))
    world.hub.turn()
    assert world.seen() == []


def test_two_exchanges_share_a_flush() -> None:
    world, other = World(), World()
    second = Exchange(
        world.hub,
        other,
        command_class=Command,
        response_class=Response,
        special=frozenset(),
        expects="response",
        ids=Box(next=lambda: "other-1"),
        timeout=1.0,
    )
    link = Link(second, 7, Window(1), 0.0)
    link.ready = True
    second.join(link)
    world.exchange.submit(Command(1), "one")
    second.submit(Command(2), "two")
    world.hub.turn()
    assert sorted(world.seen(), key=str) == [("sent", 0, 1), ("sent", 7, 2), "flush"]
    answers = Response("id-1"), Response("other-1")
    world.arrived = [(world.links[0], answers[0]), (link, answers[1])]
    world.hub.events(2)
    assert world.seen() == [("one", answers[0]), ("two", answers[1])]


def test_what_is_queued_after_a_refusal_is_refused_too() -> None:
    world = World(size=1)
    world.exchange.submit_many([Command(k) for k in range(3)], "many", 1)
    world.hub.turn()
    world.exchange.refuse(lambda message: KeyError(message.op))
    world.seen()
    world.reply(Response("id-1"))
    world.hub.turn()
    (results,) = [entry[1] for entry in world.seen() if entry[0] == "many"]
    assert [result.args for result in results[1:]] == [(1,), (2,)]


class SlottedId:
    __slots__ = ("cl_trid", "other")

    def __init__(self, cl_trid: str) -> None:
        self.cl_trid = cl_trid


class SlottedResult:
    __slots__ = ("other", "code")  # noqa: RUF023 - another place than in the class beside it

    def __init__(self, code: int) -> None:
        self.code = code


class NamedResult(SlottedResult):
    """A subclass: the same slot."""

    __slots__ = ("name",)


def test_messages_of_different_classes_are_read_alike() -> None:
    world = World()
    ids = [SlottedId("id-1"), Box(cl_trid="id-2"), SlottedId("id-3"), SlottedId("id-x")]
    results = [SlottedResult(1000), Box(code=1000), NamedResult(1001), SlottedResult(1000)]
    for k in range(4):
        world.exchange.submit(Command(k), k)
    world.hub.turn()
    world.seen()
    answers = []
    for identity, result in zip(ids, results, strict=True):
        answers.append(Response(None))
        answers[-1].tr_id, answers[-1].results = identity, (result,)
    world.reply(*answers)
    assert world.seen() == [(0, answers[0]), (1, answers[1]), (2, answers[2]), ("other", answers[3])]


def test_a_message_without_its_field_says_so() -> None:
    world = World()
    world.exchange.submit(Command(1), "caller")
    world.hub.turn()
    answer = Response(None)
    answer.tr_id = SlottedId.__new__(SlottedId)
    with pytest.raises(AttributeError, match="cl_trid"):
        world.reply(answer)
