"""The server's session without I/O: states, waiting, limits, what it answers."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from regwire import epp
from regwire.epp.limits import Limits
from regwire.epp.server import (
    Authenticate,
    Close,
    Execute,
    Send,
    ServerConfig,
    ServerSession,
    SetAllowed,
    SetLimit,
    SetTimer,
)
from regwire.epp.state import ServerState
from regwire.errors import ConfigError
from regwire.session.address import shown_address
from regwire.session.items import BadFrameLength, Closed, EmptyFrame, FrameTooLarge, TimerExpired, Unnegotiated
from regwire.testing.epp import login_command

DOMAIN = "urn:ietf:params:xml:ns:domain-1.0"
CHECK = epp.DomainCheck(("a.example",))


def session(**limits: Any) -> ServerSession:
    s = ServerSession(ServerConfig(limits=Limits(**limits)), 0.0)
    s.open(0.0)
    return s


def logged_in(objects: tuple[str, ...] | None = None, extensions: tuple[str, ...] = (), **limits: Any) -> ServerSession:
    s = session(**limits)
    (ask,) = s.receive(login_command(objects=objects, extensions=extensions), 1.0)
    assert isinstance(ask, Authenticate)
    actions = s.authenticated(ask.command, "account", 1.0)
    assert codes(actions) == [1000]
    return s


def codes(actions: list[Any]) -> list[int]:
    return [a.message.results[0].code for a in actions if isinstance(a, Send) and isinstance(a.message, epp.Response)]


def trids(actions: list[Any]) -> list[str | None]:
    return [a.message.tr_id.cl_trid for a in actions if isinstance(a, Send) and isinstance(a.message, epp.Response)]


def test_it_greets_and_limits_strangers() -> None:
    s = ServerSession(ServerConfig(server_id="reg"), 5.0)
    actions = s.open(5.0)
    assert SetLimit(16 * 1024) in actions
    assert SetTimer("login", 10.0) in actions
    (greeting,) = [a.message for a in actions if isinstance(a, Send)]
    assert greeting.sv_id == "reg"
    assert DOMAIN in greeting.svc_menu.obj_uri
    assert s.deadline == 15.0


def test_login_opens_the_session() -> None:
    s = session()
    (ask,) = s.receive(login_command(cl_trid="L-1"), 1.0)
    assert isinstance(ask, Authenticate)
    actions = s.authenticated(ask.command, {"any": "account"}, 1.0)
    assert codes(actions) == [1000]
    assert trids(actions) == ["L-1"]
    assert SetLimit(512 * 1024) in actions
    assert any(isinstance(a, SetAllowed) and DOMAIN in a.namespaces for a in actions)
    assert s.state is ServerState.READY
    assert s.client_id == "reg-a"
    assert s.account == {"any": "account"}
    assert s.deadline == 601.0


@pytest.mark.parametrize("op", [epp.Logout(), epp.Poll("req"), epp.Check(CHECK)])
def test_before_login_only_hello_and_login(op: Any) -> None:
    s = session()
    assert codes(s.receive(epp.Command(op), 0.0)) == [2002]
    assert isinstance(s.receive(epp.Hello(), 0.0)[0].message, epp.Greeting)  # type: ignore[union-attr]


def test_a_second_login_is_2002() -> None:
    assert codes(logged_in().receive(login_command(), 2.0)) == [2002]


def test_commands_wait_for_the_one_before() -> None:
    s = logged_in()
    (run,) = s.receive(epp.command(CHECK, cl_trid="C-1"), 2.0)
    assert run == Execute(epp.command(CHECK, cl_trid="C-1"), CHECK)
    assert s.receive(epp.Hello(), 2.0) == []
    assert s.receive(epp.command(CHECK, cl_trid="C-2"), 2.0) == []
    actions = s.answer(run.command, 2303, 3.0)
    assert codes(actions) == [2303]
    assert [type(a) for a in actions] == [Send, Send, Execute]
    assert trids(actions) == ["C-1"]


def test_logout() -> None:
    s = logged_in()
    actions = s.receive(epp.command(epp.Logout(), cl_trid="X-1"), 2.0)
    assert codes(actions) == [1500]
    assert isinstance(actions[-1], Close)
    assert s.receive(epp.command(CHECK), 2.0) == []


@pytest.mark.parametrize(("code", "ends"), [(2400, False), (1500, True), (2500, True), (2501, True), (2502, True)])
def test_codes_that_end_the_session(code: int, ends: bool) -> None:
    s = logged_in()
    (run,) = s.receive(epp.command(CHECK), 2.0)
    s.receive(epp.command(CHECK), 2.0)
    actions = s.answer(run.command, code, 2.0)  # type: ignore[union-attr]
    assert codes(actions) == [code]
    assert any(isinstance(a, Close) for a in actions) is ends
    assert any(isinstance(a, Execute) for a in actions) is not ends


def test_failed_logins_end_in_2501() -> None:
    s = session(failed_logins=3)
    seen = []
    for _ in range(3):
        (ask,) = s.receive(login_command(), 1.0)
        actions = s.authenticated(ask.command, 2200, 1.0)  # type: ignore[union-attr]
        seen += codes(actions)
    assert seen == [2200, 2200, 2501]
    assert isinstance(actions[-1], Close)


def test_a_login_handler_must_say_who() -> None:
    s = session()
    (ask,) = s.receive(login_command(), 1.0)
    with pytest.raises(TypeError, match="account"):
        s.authenticated(ask.command, 1000, 1.0)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("objects", "extensions", "code"), [(("urn:nobody",), (), 2307), ((DOMAIN,), ("urn:nobody",), 2103)]
)
def test_services_that_are_not_offered(objects: tuple[str, ...], extensions: tuple[str, ...], code: int) -> None:
    s = session()
    assert codes(s.receive(login_command(objects=objects, extensions=extensions), 0.0)) == [code]


def test_services_that_were_not_chosen() -> None:
    s = logged_in((DOMAIN,))
    assert codes(s.receive(epp.command(epp.HostCheck(("a",))), 2.0)) == [2002]
    assert codes(s.receive(Unnegotiated(epp.command(CHECK), 4), 2.0)) == [2002]
    (run,) = s.receive(Unnegotiated(epp.command(CHECK), 0), 2.0)
    assert isinstance(run, Execute)


def test_the_object_must_belong_to_the_command() -> None:
    assert codes(logged_in().receive(epp.Command(epp.Check(epp.DomainDelete("a"))), 2.0)) == [2001]


def test_too_many_names_in_a_check() -> None:
    s = logged_in(check_names=2)
    assert codes(s.receive(epp.command(epp.DomainCheck(("a", "b", "c"))), 2.0)) == [2306]
    assert codes(s.receive(epp.command(epp.ContactCheck(("c-1", "c-2", "c-3"))), 2.0)) == [2306]
    assert isinstance(s.receive(epp.command(epp.DomainCheck(("a", "b"))), 2.0)[0], Execute)


@pytest.mark.parametrize("item", [epp.Reply(1000)])
def test_what_is_not_for_servers(item: Any) -> None:
    s = logged_in()
    assert codes(s.receive(epp.response(item, "S-1"), 2.0)) == [2001]
    assert codes(s.receive(s.config.greeting(), 2.0)) == [2001]


def test_an_empty_frame_keeps_the_session_three_in_a_row_do_not() -> None:
    s = logged_in()
    assert codes(s.receive(EmptyFrame(), 2.0)) == [2001]
    assert codes(s.receive(EmptyFrame(), 2.0)) == [2001]
    assert [type(a) for a in s.receive(epp.Hello(), 2.0)] == [Send]
    s.receive(EmptyFrame(), 2.0)
    s.receive(EmptyFrame(), 2.0)
    actions = s.receive(EmptyFrame(), 2.0)
    assert codes(actions) == [2001]
    assert isinstance(actions[-1], Close)


def test_a_frame_above_the_limit() -> None:
    before, after = session(), logged_in()
    assert [type(a) for a in before.receive(FrameTooLarge(1 << 31), 0.0)] == [Close]
    actions = after.receive(FrameTooLarge(1 << 31), 2.0)
    assert codes(actions) == [2001]
    assert trids(actions) == [None]
    assert isinstance(actions[-1], Close)


def test_a_length_below_4_closes_without_an_answer() -> None:
    assert [type(a) for a in logged_in().receive(BadFrameLength(3), 2.0)] == [Close]


@pytest.mark.parametrize("kind", ["login", "frame", "idle", "session"])
def test_a_timer_closes_without_an_unsolicited_response(kind: str) -> None:
    assert [type(a) for a in logged_in().receive(TimerExpired(kind), 2.0)] == [Close]


def test_time_is_passed_in() -> None:
    s = session(login=10)
    assert s.tick(9.9) == []
    (close,) = s.tick(10.0)
    assert isinstance(close, Close)
    s = logged_in(idle=600)
    s.receive(epp.Hello(), 500.0)
    assert s.deadline == 1100.0
    assert isinstance(s.tick(1100.0)[0], Close)


def test_the_server_stops_without_an_unsolicited_response() -> None:
    s = logged_in()
    assert [type(a) for a in s.drained()] == [Close]


def test_a_closed_session_answers_nothing() -> None:
    s = logged_in()
    (run,) = s.receive(epp.command(CHECK), 2.0)
    s.receive(Closed("eof"), 2.0)
    actions = s.answer(run.command, 1000, 2.0)  # type: ignore[union-attr]
    assert codes(actions) == [1000]
    assert s.state is ServerState.CLOSED
    assert s.receive(epp.command(CHECK), 2.0) == []


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (None, 1000),
        (1001, 1001),
        (epp.ResultCode.OBJECT_EXISTS, 2302),
        ((), 1000),
        (epp.DomainRenewData("a"), 1000),
        ((epp.DomainRenewData("a"),), 1000),
        (epp.Reply(1001, (epp.DomainRenewData("a"),)), 1001),
    ],
)
def test_what_a_handler_may_return(result: Any, code: int) -> None:
    s = logged_in()
    (run,) = s.receive(epp.command(CHECK), 2.0)
    assert codes(s.answer(run.command, result, 2.0)) == [code]  # type: ignore[union-attr]


@pytest.mark.parametrize("result", [True, "text", object()])
def test_what_a_handler_may_not_return(result: Any) -> None:
    s = logged_in()
    (run,) = s.receive(epp.command(CHECK), 2.0)
    with pytest.raises(TypeError):
        s.answer(run.command, result, 2.0)  # type: ignore[union-attr]


def test_transaction_ids_are_unique() -> None:
    s = logged_in()
    seen = set()
    for _ in range(100):
        (run,) = s.receive(epp.command(CHECK), 2.0)
        (sent,) = s.answer(run.command, 1000, 2.0)  # type: ignore[union-attr]
        seen.add(sent.message.tr_id.sv_trid)  # type: ignore[union-attr]
    assert len(seen) == 100


def test_refusals_are_logged_with_reason_and_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    s = session()
    s.peer = SimpleNamespace(address=("192.0.2.1", 5))
    with caplog.at_level(logging.INFO, "regwire.epp.server"):
        (ask,) = s.receive(login_command(password="hunter22"), 0.0)
        s.authenticated(ask.command, 2200, 0.0)  # type: ignore[union-attr]
    record = caplog.records[-1]
    assert record.code == 2200  # type: ignore[attr-defined]
    assert record.peer == "192.0.2.1:5"  # type: ignore[attr-defined]
    assert "hunter22" not in caplog.text + repr([r.__dict__ for r in caplog.records])


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (
            b"<!DOCTYPE epp><epp/>",
            "not well-formed XML: a document type declaration is not accepted at octet 0, line 1",
        ),
        (b"<a>\n</b>", "not well-formed XML: an end tag that does not match its start tag at octet 4, line 2"),
        (EmptyFrame(), "an empty frame"),
    ],
)
def test_what_is_no_xml_is_refused_and_logged_with_what_is_wrong_and_where(
    item: Any, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    s = logged_in()
    given = epp.DEFAULT.decode_or_fault(item, "server") if isinstance(item, bytes) else item
    with caplog.at_level(logging.INFO, "regwire.epp.server"):
        (sent,) = s.receive(given, 2.0)
    assert sent.message.results[0].msg.text == f"Command syntax error ({why})"  # type: ignore[union-attr]
    assert caplog.records[-1].reason == why  # type: ignore[attr-defined]


def test_a_frame_that_is_too_long_is_told_so() -> None:
    sent, end = logged_in().receive(FrameTooLarge(1 << 31), 2.0)
    assert sent.message.results[0].msg.text == "Command syntax error (length above the limit)"  # type: ignore[union-attr]
    assert isinstance(end, Close)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (("192.0.2.1", 5), "192.0.2.1:5"),
        (("2001:db8::1", 5, 0, 0), "[2001:db8::1]:5"),
        (("2001:db8::1", 5), "[2001:db8::1]:5"),
        (None, None),
        ("/run/epp", "/run/epp"),
    ],
)
def test_how_logs_show_a_peer(address: Any, shown: str | None) -> None:
    assert shown_address(address) == shown


def test_an_empty_extension_is_a_syntax_error() -> None:
    frame = b'<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><logout/><extension/></command></epp>'
    (sent,) = logged_in().receive(epp.DEFAULT.decode_or_fault(frame, "server"), 2.0)
    assert sent.message.results[0].code == 2001  # type: ignore[union-attr]


def test_limits_that_cannot_be_meant() -> None:
    with pytest.raises(ConfigError, match="positive"):
        Limits(idle=0)
    with pytest.raises(ConfigError, match="between"):
        Limits(frame_after_login=100)
