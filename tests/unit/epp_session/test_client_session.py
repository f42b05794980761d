"""The client's session without I/O: order, clTRID, the three fates of a command, deadlines."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from regwire import epp
from regwire.epp.client import ClientConfig, ClientSession, query_for
from regwire.epp.state import ClientState
from regwire.errors import ConnectionLost, NotSent, ProtocolError, ReplyMismatch
from regwire.session import Outcome, Reply, Slot, Unknown
from regwire.session.items import Closed, EmptyFrame, FrameTooLarge, TimerExpired
from regwire.testing.epp import login_command

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
GREETING = epp.greeting("server", NOW, ("urn:ietf:params:xml:ns:domain-1.0",))
CHECK = epp.DomainCheck(("a.example",))


def response(cl_trid: str | None, code: int = 1000) -> epp.Response:
    return epp.response(epp.Reply(code), "S-1", cl_trid)


def session(**config: Any) -> ClientSession:
    s = ClientSession(ClientConfig(**config), 0.0)
    assert s.receive(GREETING, 0.0) == []
    return s


def logged_in(**config: Any) -> ClientSession:
    s = session(**config)
    slot = s.send(login_command(), 0.0)
    s.receive(response(slot.cl_trid), 0.0)
    assert s.state is ClientState.READY
    return s


def slots(outcomes: list[Outcome], kind: type) -> list[Slot]:
    assert all(type(o) is kind for o in outcomes)
    return [o.slot for o in outcomes]  # type: ignore[union-attr]


def test_every_command_gets_a_transaction_id_of_its_own() -> None:
    s = logged_in()
    sent = [s.send(epp.command(CHECK), 0.0) for _ in range(3)]
    ids = [x.message.cl_trid for x in sent]
    assert len(set(ids)) == 3
    assert s.send(epp.command(CHECK, cl_trid="MINE-1"), 0.0).message.cl_trid == "MINE-1"


def test_replies_match_in_order() -> None:
    s = logged_in()
    sent = [s.send(epp.command(CHECK), 0.0) for _ in range(3)]
    for slot in sent:
        assert slots(s.receive(response(slot.cl_trid), 1.0), Reply) == [slot]


def test_a_swapped_reply_ends_the_session_and_all_outcomes_are_unknown() -> None:
    s = logged_in()
    first, second = s.send(epp.command(CHECK), 0.0), s.send(epp.command(CHECK), 0.0)
    assert slots(s.receive(response(second.cl_trid), 1.0), Unknown) == [first, second]
    assert isinstance(s.error, ReplyMismatch)
    assert s.receive(response(first.cl_trid), 1.0) == []
    with pytest.raises(NotSent):
        s.send(epp.command(CHECK), 1.0)


def test_a_success_without_its_id_is_a_mismatch_an_error_is_not() -> None:
    s = logged_in()
    slot = s.send(epp.command(CHECK), 0.0)
    assert slots(s.receive(response(None, 2001), 0.0), Reply) == [slot]
    s.send(epp.command(CHECK), 0.0)
    assert [type(o) for o in s.receive(response(None, 1000), 0.0)] == [Unknown]


def test_a_reply_nobody_asked_for() -> None:
    s = logged_in()
    s.receive(response("X-1"), 0.0)
    assert isinstance(s.error, ReplyMismatch)


def test_hello_is_answered_in_its_place() -> None:
    s = logged_in()
    hello = s.send(epp.Hello(), 0.0)
    check = s.send(epp.command(CHECK), 0.0)
    assert slots(s.receive(GREETING, 0.0), Reply) == [hello]
    assert slots(s.receive(response(check.cl_trid), 0.0), Reply) == [check]
    s.send(epp.command(CHECK), 0.0)
    s.receive(GREETING, 0.0)
    assert isinstance(s.error, ReplyMismatch)


@pytest.mark.parametrize("code", [1500, 2500, 2501, 2502])
def test_codes_that_end_the_session(code: int) -> None:
    s = logged_in()
    slot, after = s.send(epp.command(CHECK), 0.0), s.send(epp.command(CHECK), 0.0)
    assert slots(s.receive(response(slot.cl_trid, code), 0.0), Reply) == [slot]
    assert s.state is ClientState.ENDING
    with pytest.raises(NotSent):
        s.send(epp.command(CHECK), 0.0)
    assert slots(s.receive(Closed("eof"), 0.0), Unknown) == [after]


def test_2400_keeps_the_session() -> None:
    s = logged_in()
    slot = s.send(epp.command(CHECK), 0.0)
    s.receive(response(slot.cl_trid, 2400), 0.0)
    assert s.state is ClientState.READY


def test_nothing_but_hello_and_login_before_login() -> None:
    s = session()
    for message in (epp.command(CHECK), epp.command(epp.Logout()), epp.command(epp.Poll("req"))):
        with pytest.raises(NotSent):
            s.send(message, 0.0)
    s.send(epp.Hello(), 0.0)
    s.send(login_command(), 0.0)
    with pytest.raises(NotSent):
        s.send(login_command(), 0.0)


def test_nothing_before_the_greeting() -> None:
    s = ClientSession(ClientConfig(), 0.0)
    with pytest.raises(NotSent):
        s.send(epp.Hello(), 0.0)
    assert s.receive(response("X-1", 2502), 0.0) == []
    assert isinstance(s.error, ConnectionLost)
    assert "2502" in str(s.error)


def test_a_refused_login_may_be_tried_again() -> None:
    s = session()
    slot = s.send(login_command(), 0.0)
    s.receive(response(slot.cl_trid, 2200), 0.0)
    assert s.state is ClientState.GREETED
    s.send(login_command(), 0.0)


def test_an_encoding_error_takes_the_slot_back() -> None:
    s = session()
    slot = s.send(login_command(), 0.0)
    s.unsend(slot)
    assert s.state is ClientState.GREETED
    assert len(s.window) == 0
    s = logged_in()
    slot = s.send(epp.command(epp.Logout()), 0.0)
    s.unsend(slot)
    assert s.state is ClientState.READY


def test_the_window_is_full() -> None:
    s = logged_in(window=2)
    s.send(epp.command(CHECK), 0.0)
    s.send(epp.command(CHECK), 0.0)
    with pytest.raises(NotSent, match="2 commands are outstanding"):
        s.send(epp.command(CHECK), 0.0)


def test_another_server_is_refused() -> None:
    s = ClientSession(ClientConfig(server_id="other"), 0.0)
    s.receive(GREETING, 0.0)
    assert isinstance(s.error, ProtocolError)


@pytest.mark.parametrize(
    "item", [EmptyFrame(), FrameTooLarge(1 << 31), TimerExpired("frame"), Closed("reset", clean=False)]
)
def test_a_broken_connection_makes_all_outcomes_unknown(item: Any) -> None:
    s = logged_in()
    sent = [s.send(epp.command(CHECK), 0.0) for _ in range(2)]
    assert slots(s.receive(item, 0.0), Unknown) == sent
    assert s.state is ClientState.CLOSED


def test_a_complete_reply_before_a_cut_is_valid() -> None:
    s = logged_in()
    first, second = s.send(epp.command(CHECK), 0.0), s.send(epp.command(CHECK), 0.0)
    assert slots(s.receive(response(first.cl_trid), 0.0), Reply) == [first]
    assert slots(s.receive(Closed("reset", clean=False), 0.0), Unknown) == [second]


def test_deadlines() -> None:
    s = ClientSession(ClientConfig(greeting_timeout=20, reply_timeout=5), 100.0)
    assert s.deadline == 120.0
    assert s.tick(119.0) == []
    s.receive(GREETING, 110.0)
    assert s.deadline is None
    slot = s.send(login_command(), 110.0)
    assert s.deadline == 115.0
    s.receive(response(slot.cl_trid), 111.0)
    assert s.deadline is None
    slot = s.send(epp.command(CHECK), 200.0)
    s.send(epp.command(CHECK), 202.0)
    assert s.deadline == 205.0
    assert s.tick(204.9) == []
    assert slots(s.tick(205.0), Unknown)[0] is slot
    assert "no reply in time" in str(s.error)


def test_no_greeting_in_time() -> None:
    s = ClientSession(ClientConfig(greeting_timeout=20), 0.0)
    assert s.tick(20.0) == []
    assert "no greeting in time" in str(s.error)


@pytest.mark.parametrize(
    ("sent", "query"),
    [
        (epp.command(CHECK), None),
        (epp.command(epp.Poll("req")), None),
        (epp.command(epp.Poll("ack", "7")), epp.Poll("req")),
        (epp.command(epp.DomainDelete("a")), epp.Info(epp.DomainInfo(epp.DomainInfoName("a")))),
        (epp.command(epp.HostUpdate("a", chg=epp.HostChange("b"))), epp.Info(epp.HostInfo("b"))),
        (epp.command(epp.ContactDelete("c-1")), epp.Info(epp.ContactInfo("c-1"))),
        (epp.command(epp.DomainTransfer("a"), op="request"), epp.Transfer("query", epp.DomainTransfer("a"))),
        (epp.command(epp.DomainTransfer("a"), op="query"), None),
        (epp.command(epp.ContactTransfer("c-1"), op="cancel"), epp.Transfer("query", epp.ContactTransfer("c-1"))),
        (epp.Hello(), None),
    ],
)
def test_what_to_query_after_a_lost_reply(sent: Any, query: Any) -> None:
    found = query_for(sent)
    assert (found.op if found is not None else None) == query
