"""Exchange, without a network: what it sends when, and to whom it gives replies."""

from __future__ import annotations

from types import SimpleNamespace as Box
from typing import Any

import pytest

from regwire.session import Bulk, Exchange, Link, Slot, Window


class Command:
    def __init__(self, op: Any, extension: Any = (), cl_trid: str | None = None) -> None:
        self.op, self.extension, self.cl_trid = op, extension, cl_trid


class Response:
    def __init__(self, cl_trid: str | None, code: int = 1000) -> None:
        self.tr_id = Box(cl_trid=cl_trid)
        self.results = (Box(code=code),)


class World:
    """A reactor, a protocol and callers, all in one; what happens is noted in `log`."""

    def __init__(self, links: int = 1, size: int = 16) -> None:
        self.log: list[Any] = []
        self.arrived: list[tuple[Any, Any]] = []
        self.ids = iter(range(1, 1000))
        self.exchange = Exchange(
            self,
            self,
            command_class=Command,
            response_class=Response,
            special=frozenset({bytes}),
            expects="response",
            ids=Box(next=lambda: f"id-{next(self.ids)}"),
            wake=lambda waiter, value, error: self.log.append((waiter, value if error is None else error)),
            clock=lambda: 5.0,
            timeout=2.0,
            given_up="given up",
        )
        self.links = [Link(number, Window(size), 0.0) for number in range(links)]
        for link in self.links:
            link.ready = True
            self.exchange.links.append(link)

    def take(self, n: int) -> tuple[list[Any], list[Any]]:
        taken, self.arrived = self.arrived[:n], self.arrived[n:]
        return [owner for owner, _ in taken], [item for _, item in taken]

    def send_message(self, number: int, message: Command) -> None:
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
        self.exchange.events(len(items))

    def seen(self) -> list[Any]:
        log, self.log = self.log, []
        return log


def test_one_flush_for_all_that_was_sent_in_a_turn() -> None:
    world = World()
    for k in range(16):
        world.exchange.submit(Command(k), f"caller {k}")
    assert world.seen() == []
    assert world.exchange.turn()
    assert world.seen() == [("sent", 0, k) for k in range(16)] + ["flush"]
    assert not world.exchange.turn()
    assert world.seen() == []
    assert world.links[0].window.deadline == 7.0


def test_what_finds_no_place_waits_in_order_and_goes_out_with_the_next_turn() -> None:
    world = World(links=2, size=1)
    for k in range(4):
        world.exchange.submit(Command(k), k)
    world.exchange.turn()
    assert sorted(world.seen()[:-1]) == [("sent", 0, 1), ("sent", 1, 0)]
    assert world.exchange.waiting == 2
    answer = Response("id-2")
    world.reply(answer)
    assert world.seen() == [(1, answer)]
    world.exchange.turn()
    assert world.seen() == [("sent", 0, 2), "flush"]


def test_a_caller_that_gives_up_before_the_turn_sends_nothing_and_after_it_keeps_its_place() -> None:
    world = World()
    slots = [world.exchange.submit(Command(k), k) for k in range(2)]
    assert slots[0].abort(None) == "given up"
    world.exchange.turn()
    assert world.seen() == [("sent", 0, 1), "flush"]
    slots[1].abort(None)
    assert len(world.links[0].window) == 1
    world.exchange.submit(Command(2), "later")
    world.exchange.turn()
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
    world.exchange.turn()
    world.seen()
    world.reply(item)
    assert world.seen() == [("other", item)]
    assert len(world.links[0].window) == 1


def test_a_reply_that_nothing_asked_for_and_one_of_a_session_that_is_not_ready() -> None:
    world = World()
    answer = Response("id-1")
    world.reply(answer)
    world.exchange.submit(Command(1), "caller")
    world.exchange.turn()
    world.links[0].ready = False
    world.seen()
    world.reply(answer)
    assert world.seen() == [("other", answer)]


def test_a_message_that_cannot_be_encoded_takes_no_place() -> None:
    world = World()
    world.exchange.submit(Command("bad"), "caller")
    world.exchange.turn()
    who, error = world.seen()[0]
    assert who == "caller"
    assert isinstance(error, ValueError)
    assert len(world.links[0].window) == 0


def test_what_changes_the_session_is_the_protocols() -> None:
    world = World()
    world.exchange.submit(Command(b"login"), "caller")
    world.exchange.turn()
    assert world.seen() == [("begin", 0, b"login"), "flush"]


def test_many_messages_wake_their_caller_once() -> None:
    world = World()
    world.exchange.submit_many([Command(1), Command("bad"), Command(2)], "caller", 2)
    world.exchange.turn()
    world.exchange.turn()
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
    world.exchange.turn()
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
