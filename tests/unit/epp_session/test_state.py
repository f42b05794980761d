"""The tables are complete where they must be, and frames are judged in the decided order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from regwire.epp.state import (
    CLIENT,
    COMMANDS,
    SERVER,
    ClientAction,
    ClientInput,
    ClientState,
    Offer,
    ServerAction,
    ServerInput,
    ServerState,
    Services,
    code_for,
    document,
    judge_login,
)

DOMAIN = "urn:ietf:params:xml:ns:domain-1.0"
HOST = "urn:ietf:params:xml:ns:host-1.0"
CONTACT = "urn:ietf:params:xml:ns:contact-1.0"
RGP = "urn:ietf:params:xml:ns:rgp-1.0"
SECDNS = "urn:ietf:params:xml:ns:secDNS-1.1"
EPP = ("urn:ietf:params:xml:ns:epp-1.0", "epp")

OFFER = Offer(
    objects=(DOMAIN, HOST, CONTACT),
    extensions=(RGP, SECDNS),
    elements=frozenset({(DOMAIN, "check"), (DOMAIN, "renew"), (HOST, "check"), (HOST, "create"), (CONTACT, "check")}),
)
CHOSEN = Services(frozenset({DOMAIN, HOST}), frozenset({RGP}))


def fault(kind: str = "schema", cls: str | None = "value", **known: Any) -> Any:
    items = () if cls is None else (SimpleNamespace(cls=cls, path="a/b", rule="pattern"),)
    base: dict[str, Any] = {
        "kind": kind,
        "faults": items,
        "command": "check",
        "object_ns": DOMAIN,
        "object_tag": "check",
        "extension_ns": (),
        "cl_trid": None,
        "root": EPP,
        "login_version": None,
        "login_lang": None,
    }
    return SimpleNamespace(**(base | known))


@pytest.mark.parametrize("state", [ServerState.LOGIN, ServerState.READY])
@pytest.mark.parametrize("given", list(ServerInput))
def test_a_live_server_session_knows_every_input(state: ServerState, given: ServerInput) -> None:
    assert (state, given) in SERVER


def test_a_closing_session_ignores_everything_but_its_end() -> None:
    for given in ServerInput:
        step = SERVER.step(ServerState.CLOSING, given)
        assert step.action is (ServerAction.FORGET if given is ServerInput.GONE else ServerAction.IGNORE)


def test_what_a_client_does_not_expect_is_a_protocol_error() -> None:
    assert CLIENT.step(ClientState.CONNECTING, ClientInput.RESPONSE).action is ClientAction.FAIL
    assert CLIENT.step(ClientState.READY, ClientInput.LOGIN_OK).action is ClientAction.FAIL


@pytest.mark.parametrize("state", [s for s in ClientState if s is not ClientState.CLOSED])
def test_every_client_state_survives_the_end_and_bad_input(state: ClientState) -> None:
    for given in (ClientInput.GONE, ClientInput.BROKEN, ClientInput.TIME_UP):
        assert CLIENT.step(state, given).next is ClientState.CLOSED


# One case a step of the order: each also breaks what would be judged later, so that the order itself is tested.
LATE: dict[str, Any] = {"object_ns": "urn:nobody", "extension_ns": ("urn:nobody",)}
ORDER = [
    ("well-formed", fault("syntax", "structure", command="nonsense", **LATE), CHOSEN, 2001),
    ("root", fault(root=("urn:other", "epp"), command="nonsense", **LATE), CHOSEN, 2001),
    ("state before login", fault(command="nonsense", **LATE), None, 2002),
    ("second login", fault(command="login", login_version="2.0", **LATE), CHOSEN, 2002),
    ("command unknown", fault(command="nonsense", **LATE), CHOSEN, 2000),
    ("version", fault(command="login", login_version="2.0", login_lang="xx", **LATE), None, 2100),
    ("language", fault(command="login", login_version="1.0", login_lang="xx", **LATE), None, 2102),
    ("object not offered", fault(**LATE), CHOSEN, 2307),
    ("object not chosen", fault(object_ns=CONTACT, extension_ns=("urn:nobody",)), CHOSEN, 2002),
    (
        "mapping lacks it",
        fault(command="renew", object_ns=HOST, object_tag="renew", extension_ns=("urn:x",)),
        CHOSEN,
        2101,
    ),
    ("extension not offered", fault(extension_ns=(RGP, "urn:nobody")), CHOSEN, 2103),
    ("extension not chosen", fault(extension_ns=(SECDNS,)), CHOSEN, 2002),
    ("missing", fault(cls="missing"), CHOSEN, 2003),
    ("structure", fault(cls="structure"), CHOSEN, 2001),
    ("range", fault(cls="range"), CHOSEN, 2004),
    ("value", fault(cls="value"), CHOSEN, 2005),
    ("no class at all", fault(cls=None), CHOSEN, 2001),
    ("hello with content", fault(cls="structure", command=None, object_ns=None, object_tag=None), None, 2001),
]


@pytest.mark.parametrize(("bad", "services", "code"), [case[1:] for case in ORDER], ids=[case[0] for case in ORDER])
def test_order_of_evaluation(bad: Any, services: Services | None, code: int) -> None:
    assert code_for(bad, offer=OFFER, services=services).code == code


@pytest.mark.parametrize("command", sorted(COMMANDS - {"login"}))
def test_every_command_before_login_is_2002(command: str) -> None:
    assert code_for(fault(command=command), offer=OFFER, services=None).code == 2002


def test_a_reason_never_tells_a_value() -> None:
    bad = fault(faults=(SimpleNamespace(cls="value", path="login/pw", rule="min_length", value="hunter2"),))
    assert "hunter2" not in code_for(bad, offer=OFFER, services=CHOSEN).reason


def test_login_services() -> None:
    assert judge_login((DOMAIN,), (RGP,), OFFER) is None
    unknown = judge_login((DOMAIN, "urn:x"), ("urn:y",), OFFER)
    assert unknown is not None
    assert unknown.code == 2307
    unknown = judge_login((DOMAIN,), ("urn:y",), OFFER)
    assert unknown is not None
    assert unknown.code == 2103


def test_the_drawing_holds_every_state_and_input() -> None:
    text = document()
    for name in (*ServerState, *ClientState, *ServerInput, *ClientInput):
        assert name.value in text
    assert "refuse 2002" in text
    assert "answer, close 1500" in text
