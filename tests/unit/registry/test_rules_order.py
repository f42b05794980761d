"""The order of evaluation: every command here has two faults, and the code is that of the earlier one.

options 2102, syntax 2003 2005, policy 2306, existence 2302 2303, authorisation 2201, pending transfer 2300 2301,
authInfo 2202, status 2304, eligibility 2004 2105 2106, association 2305 2306, data policy 2308, billing 2104, commit.
What comes before (frame to extension) is the session's: tests/unit/epp_session/test_state.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from registry_world import GLUE, PASSWORD, A, B, World, postal

from regwire.registry.model import requests as r
from regwire.registry.model.objects import (
    Address,
    ContactLink,
    Disclose,
    DsRecord,
    HostAttribute,
    KeyRecord,
    Status,
)
from regwire.registry.model.outcomes import Refusal
from regwire.registry.rules.features import Feature, installed

C = "reg-c"
WEAK, RIGHT, WRONG = "too-short", r.AuthInfo(PASSWORD), r.AuthInfo("another-password-of-24-c")
LONG = r.Period(11)
SIGNATURES = r.SecDns(max_sig_life=7)
KEYS = r.SecDns((), (KeyRecord(257, 3, 13, b"key"),))
BAD_DS = r.SecDns((DsRecord(1, 13, 2, b"short"),))
SERVER = (Status("serverHold"),)
LINKED = (Status("linked"),)
ATTRIBUTE = (HostAttribute("ns1.other.net"),)
UNTYPED = (ContactLink("", "con-1"),)
NOBODY = (ContactLink("admin", "con-9"),)
LOOPBACK = (Address("127.0.0.1", "v4"),)
DAY = date(2026, 3, 1)


class Refusing(Feature):
    """Refuses everything at one hook, once it is on."""

    name = "refusing"

    def __init__(self, hook: str, code: int) -> None:
        self.hook, self.code, self.on = hook, code, False

    def eligibility(self, ctx: Any, request: Any, domain: Any, zone: Any) -> None:
        self._refuse("eligibility")

    def billing(self, ctx: Any, request: Any, before: Any, after: Any, zone: Any) -> None:
        self._refuse("billing")

    def _refuse(self, hook: str) -> None:
        if self.on and hook == self.hook:
            raise Refusal(self.code, "refused by the test")


@contextmanager
def refused(hook: str, code: int, **policy: Any) -> Iterator[World]:
    """A furnished world where from now on a feature refuses everything."""
    feature = Refusing(hook, code)
    with installed(feature):
        world = furnished(**policy)
        feature.on = True
        yield world


def furnished(**policy: Any) -> World:
    """Contacts and hosts of A and B, `a.example` of A with everything, `b.example` of B; out of the add period."""
    world = World(required_contacts=("admin",), **policy)
    for id, account in (("con-1", A), ("con-2", A), ("con-3", B)):
        world.contact(id, account)
    world.host("ns1.other.net", A)
    admin = world.links(("admin", "con-1"))
    world.domain("a.example", A, contacts=admin, hosts=("ns1.other.net",))
    world.domain("b.example", B, contacts=admin, hosts=("ns1.other.net",))
    world.host("ns1.a.example", A, glue=True)
    world.host("ns1.b.example", B, glue=True)
    world.later(days=6)
    return world


def lock(world: World, what: str) -> None:
    world.must(A, r.UpdateDomain("a.example", add_statuses=(Status(f"client{what}Prohibited"),)))


CREATE = {"contacts": (ContactLink("admin", "con-1"),)}

#: Of one state: who asks, what has two faults, the code of the earlier one, and the two kinds of fault.
CASES: list[tuple[str, str, r.Request, int]] = [
    ("options, syntax", A, r.CreateDomain("-.example", secdns=SIGNATURES, **CREATE), 2102),  # type: ignore[arg-type]
    ("options, policy", A, r.UpdateDomain("a.example", add_statuses=SERVER, secdns=r.SecDnsUpdate(urgent=True)), 2102),
    ("options, existence", A, r.UpdateDomain("c.example", secdns=r.SecDnsUpdate(max_sig_life=1)), 2102),
    ("syntax, policy", A, r.CreateDomain("-.example", LONG, **CREATE), 2005),  # type: ignore[arg-type]
    ("syntax, policy", A, r.CreateDomain("c.example", LONG, contacts=UNTYPED), 2003),
    ("syntax, policy", A, r.CreateDomain("c.example", LONG), 2003),
    ("syntax, policy", A, r.UpdateDomain("a.example", add_contacts=UNTYPED, add_statuses=SERVER), 2003),
    (
        "syntax, policy",
        A,
        r.UpdateDomain("a.example", add_host_attributes=(HostAttribute("-.net"),), add_statuses=SERVER),
        2005,
    ),
    ("syntax, policy", A, r.UpdateHost("ns1.a.example", new_name="-.net", add_statuses=LINKED), 2005),
    ("syntax, policy", A, r.CreateHost("-.net", GLUE), 2005),
    ("syntax, policy", A, r.UpdateContact("con-1", email="none", add_statuses=LINKED), 2005),
    ("syntax, existence", A, r.RestoreDomain("c.example", "report"), 2003),
    ("syntax, existence", A, r.TransferDomain("request", "c.example"), 2003),
    ("syntax, existence", A, r.TransferContact("request", "con-9"), 2003),
    ("syntax, existence", A, r.CreateContact("con-1", (postal(cc="XX"),), "a@mail.example"), 2005),
    ("syntax, existence", A, r.UpdateContact("con-9", postal=(postal(city=" "),)), 2003),
    ("syntax, authorisation", B, r.UpdateContact("con-1", postal=(postal(cc="XX"),)), 2005),
    ("syntax, authorisation", B, r.RestoreDomain("a.example", "report"), 2003),
    ("policy, existence", A, r.CreateDomain("a.example", LONG, **CREATE), 2306),  # type: ignore[arg-type]
    ("policy, existence", A, r.CreateDomain("a.example", secdns=KEYS, **CREATE), 2306),  # type: ignore[arg-type]
    ("policy, existence", A, r.CreateDomain("a.net", contacts=NOBODY), 2306),
    ("policy, existence", A, r.CreateDomain("a.example", host_attributes=ATTRIBUTE, **CREATE), 2306),  # type: ignore[arg-type]
    ("policy, existence", A, r.RenewDomain("c.example", DAY, LONG), 2306),
    ("policy, existence", A, r.RenewDomain("c.example", DAY, r.Period(6, "m")), 2306),
    ("policy, existence", A, r.TransferDomain("request", "c.example", LONG, RIGHT), 2306),
    ("policy, existence", A, r.UpdateDomain("c.example", remove_statuses=SERVER), 2306),
    ("policy, existence", A, r.UpdateDomain("c.example", add_host_attributes=ATTRIBUTE), 2306),
    ("policy, existence", A, r.UpdateDomain("c.example", secdns=r.SecDnsUpdate(add=BAD_DS)), 2306),
    ("policy, existence", A, r.UpdateHost("ns9.a.example", add_statuses=LINKED), 2306),
    ("policy, existence", A, r.UpdateHost("ns9.a.example", add_addresses=LOOPBACK), 2306),
    ("policy, existence", A, r.CreateHost("ns1.other.net", GLUE), 2306),
    ("policy, existence", A, r.UpdateContact("con-9", add_statuses=LINKED), 2306),
    ("policy, existence", A, r.UpdateContact("con-9", postal=(postal(), postal())), 2306),
    ("policy, existence", A, r.RestoreDomain("c.example", "request", World().report()), 2306),
    ("policy, authorisation", B, r.RenewDomain("a.example", DAY, LONG), 2306),
    ("existence, authorisation", B, r.UpdateDomain("a.example", add_hosts=("ns9.other.net",)), 2303),
    ("existence, authorisation", B, r.UpdateDomain("a.example", add_contacts=NOBODY), 2303),
    ("existence, authorisation", B, r.UpdateDomain("a.example", registrant="con-9"), 2303),
    ("existence, authorisation", B, r.UpdateHost("ns1.a.example", new_name="ns1.c.example"), 2303),
    ("existence, authorisation", B, r.UpdateHost("ns1.a.example", new_name="ns1.b.example"), 2302),
    ("existence, authorisation", B, r.CreateHost("ns1.a.example", GLUE), 2302),
    ("authorisation, pending transfer", C, r.TransferDomain("approve", "a.example"), 2201),
    ("authorisation, pending transfer", C, r.TransferDomain("reject", "a.example"), 2201),
    ("authorisation, pending transfer", C, r.TransferDomain("query", "a.example"), 2201),
    ("authorisation, pending transfer", C, r.TransferContact("query", "con-1"), 2201),
    ("authorisation, authInfo", B, r.UpdateDomain("a.example", auth=WEAK), 2201),
    ("authorisation, association", B, r.DeleteDomain("a.example"), 2201),
    ("authorisation, association", B, r.DeleteContact("con-1"), 2201),
    ("authorisation, association", B, r.DeleteHost("ns1.other.net"), 2201),
    ("pending transfer, authInfo", C, r.TransferDomain("query", "a.example", auth=WRONG), 2301),
    ("pending transfer, authInfo", C, r.TransferContact("query", "con-1", WRONG), 2301),
    ("authInfo, eligibility", A, r.TransferDomain("request", "a.example", auth=WRONG), 2202),
    ("authInfo, association", A, r.UpdateDomain("a.example", auth=WEAK, remove_hosts=("ns9.other.net",)), 2202),
    ("eligibility, eligibility", A, r.RenewDomain("a.example", date(2020, 1, 1), r.Period(10)), 2004),
    ("association, data policy", A, r.UpdateDomain("a.example", remove_hosts=("ns9.net",), registrant=""), 2306),
]


@pytest.mark.parametrize(("account", "request_", "code"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_the_earlier_fault_decides(account: str, request_: r.Request, code: int) -> None:
    assert furnished().code(account, request_) == code


def test_pending_transfer_before_authinfo_and_status() -> None:
    world = furnished()
    world.must(B, r.TransferDomain("request", "a.example", auth=RIGHT))
    assert world.code(C, r.TransferDomain("request", "a.example", auth=WRONG)) == 2300
    assert world.code(C, r.TransferDomain("approve", "a.example")) == 2201
    assert world.code(C, r.TransferDomain("query", "a.example", auth=WRONG)) == 2202
    assert world.code(A, r.UpdateDomain("a.example", auth=WEAK)) == 2202
    assert world.code(A, r.UpdateDomain("a.example", remove_hosts=("ns9.net",))) == 2304


def test_authorisation_before_pending_transfer_when_it_is_over() -> None:
    world = furnished()
    world.must(B, r.TransferDomain("request", "a.example", auth=RIGHT))
    world.must(A, r.TransferDomain("reject", "a.example"))
    assert world.code(C, r.TransferDomain("cancel", "a.example")) == 2201
    assert world.code(B, r.TransferDomain("cancel", "a.example")) == 2301


def test_authinfo_before_status() -> None:
    world = furnished()
    lock(world, "Transfer")
    lock(world, "Update")
    assert world.code(B, r.TransferDomain("request", "a.example", auth=WRONG)) == 2202
    assert world.code(B, r.TransferDomain("request", "a.example", auth=RIGHT)) == 2304
    assert world.code(A, r.UpdateDomain("a.example", auth=WEAK)) == 2202
    world.must(A, r.UpdateContact("con-1", add_statuses=(Status("clientUpdateProhibited"),)))
    assert world.code(A, r.UpdateContact("con-1", auth=WEAK)) == 2202


def test_status_before_eligibility() -> None:
    world = furnished()
    lock(world, "Renew")
    lock(world, "Transfer")
    assert world.code(A, r.RenewDomain("a.example", date(2020, 1, 1))) == 2304
    assert world.code(A, r.RenewDomain("a.example", DAY, r.Period(10))) == 2304
    assert world.code(A, r.TransferDomain("request", "a.example", auth=RIGHT)) == 2304
    late = world.report(deleted=world.clock.now() + timedelta(days=9))
    assert world.code(A, r.RestoreDomain("a.example", "report", late)) == 2304


def test_status_before_association() -> None:
    world = furnished()
    lock(world, "Delete")
    assert world.code(A, r.DeleteDomain("a.example")) == 2304
    world.must(A, r.UpdateHost("ns1.other.net", add_statuses=(Status("clientDeleteProhibited"),)))
    assert world.code(A, r.DeleteHost("ns1.other.net")) == 2304
    world.must(A, r.UpdateHost("ns1.other.net", add_statuses=(Status("clientUpdateProhibited"),)))
    assert world.code(A, r.UpdateHost("ns1.other.net", new_name="ns2.other.net")) == 2304
    world.must(A, r.UpdateContact("con-1", add_statuses=(Status("clientDeleteProhibited"),)))
    assert world.code(A, r.DeleteContact("con-1")) == 2304


def test_existence_before_authorisation_before_status_of_a_superordinate_domain() -> None:
    world = furnished()
    world.must(A, r.DeleteHost("ns1.a.example"))
    world.must(A, r.DeleteDomain("a.example"))
    assert world.code(B, r.CreateHost("ns1.a.example", GLUE)) == 2201
    assert world.code(A, r.CreateHost("ns1.a.example", GLUE)) == 2304


def test_eligibility_before_association() -> None:
    with refused("eligibility", 2106) as world:
        assert world.code(A, r.DeleteDomain("a.example")) == 2106
        assert world.code(A, r.UpdateDomain("a.example", remove_hosts=("ns9.net",))) == 2106


def test_association_before_data_policy_before_billing() -> None:
    with refused("billing", 2104, disclosable=("voice",)) as world:
        admin = world.links(("admin", "con-1"))
        gone = r.UpdateDomain("a.example", remove_contacts=admin, remove_hosts=("ns9.net",))
        assert world.code(A, gone) == 2306
        assert world.code(A, r.UpdateDomain("a.example", remove_contacts=admin)) == 2308
        hidden = r.CreateContact("con-8", (postal(),), "a@mail.example", disclose=Disclose(False, ("email",)))
        assert world.code(A, hidden) == 2308
        assert world.code(A, r.DeleteDomain("a.example")) == 2305


def test_billing_before_commit() -> None:
    with refused("billing", 2104) as world:
        before = world.must(A, r.InfoDomain("a.example"))
        assert world.code(A, r.RenewDomain("a.example", before.domain.expires.date())) == 2104
        assert world.code(A, r.UpdateDomain("a.example", add_statuses=(Status("clientHold"),))) == 2104
        assert world.must(A, r.InfoDomain("a.example")) == before
