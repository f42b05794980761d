"""Random command sequences of two registrars: every code and the final state as the reference model has them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from registry_reference import Reference
from registry_world import GLUE, PASSWORD, A, B, World, postal

from regwire.registry.model.objects import Status
from regwire.registry.model.requests import (
    AuthInfo,
    CreateContact,
    CreateDomain,
    CreateHost,
    DeleteContact,
    DeleteDomain,
    DeleteHost,
    InfoDomain,
    Period,
    PollRequest,
    RenewDomain,
    Request,
    SettleDue,
    TransferDomain,
    UpdateDomain,
    UpdateHost,
)
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore

#: Without the explanation of failures, which takes minutes here.
PHASES = (Phase.explicit, Phase.generate, Phase.shrink)
EXAMPLES = int(os.environ.get("REGWIRE_REFERENCE_EXAMPLES", "60"))

domains = st.sampled_from(["a.example", "b.example", "c.example"])
hosts = st.sampled_from(["ns1.a.example", "ns2.a.example", "ns1.b.example", "ns1.other.net", "ns2.other.net"])
contacts = st.sampled_from(["con-1", "con-2"])
passwords = st.sampled_from([PASSWORD, PASSWORD, "another-password-of-24-c"])
host_sets = st.lists(hosts, max_size=2, unique=True).map(tuple)


def status_sets(*values: str) -> st.SearchStrategy[tuple[Status, ...]]:
    return st.lists(st.sampled_from(values), max_size=1).map(lambda names: tuple(map(Status, names)))


domain_statuses = status_sets(
    "clientUpdateProhibited", "clientDeleteProhibited", "clientTransferProhibited", "clientHold"
)
host_statuses = status_sets("clientUpdateProhibited", "clientDeleteProhibited")
#: A renewal says an expiry date; most of the time the right one.
renewals = st.tuples(domains, st.integers(1, 9), st.booleans())
requests: st.SearchStrategy[Any] = st.one_of(
    st.builds(lambda name: CreateContact(name, (postal(),), "a@mail.example", auth=PASSWORD), contacts),
    st.builds(DeleteContact, contacts),
    st.builds(CreateHost, hosts, st.sampled_from([(), GLUE])),
    st.builds(DeleteHost, hosts),
    st.builds(UpdateHost, hosts, st.just(()), host_statuses, st.just(()), host_statuses, st.one_of(st.none(), hosts)),
    st.builds(
        lambda name, years, registrant, servers, auth: CreateDomain(
            name, Period(years), registrant, (), servers, (), auth
        ),
        domains,
        st.integers(1, 3),
        st.one_of(st.none(), contacts),
        host_sets,
        passwords,
    ),
    st.builds(CreateDomain, domains, st.just(Period(1)), auth=st.just(PASSWORD)),
    st.builds(DeleteDomain, domains),
    renewals,
    st.builds(
        UpdateDomain,
        domains,
        add_hosts=host_sets,
        add_statuses=domain_statuses,
        remove_hosts=host_sets,
        remove_statuses=domain_statuses,
        registrant=st.one_of(st.none(), st.just(""), contacts),
        auth=st.one_of(st.none(), passwords),
    ),
    st.builds(UpdateDomain, domains, add_hosts=host_sets, remove_statuses=domain_statuses),
    st.builds(TransferDomain, st.just("request"), domains, st.none(), st.builds(AuthInfo, passwords)),
    st.builds(TransferDomain, st.sampled_from(["query", "approve", "reject", "cancel"]), domains),
    st.just(SettleDue()),
)
pauses = st.sampled_from([0, 0, 0, 0, 1, 3, 40, 200, 400])
groups = st.lists(
    st.tuples(pauses, st.lists(st.tuples(st.sampled_from([A, B]), requests), min_size=3, max_size=10)),
    min_size=4,
    max_size=12,
)


#: Something to begin with, so that the first commands already meet objects and links of both registrars.
PRELUDE: list[tuple[str, Any]] = [
    (A, CreateContact("con-1", (postal(),), "a@mail.example", auth=PASSWORD)),
    (A, CreateDomain("a.example", Period(1), "con-1", auth=PASSWORD)),
    (A, CreateHost("ns1.a.example", GLUE)),
    (B, CreateHost("ns1.other.net")),
    (B, CreateDomain("b.example", Period(2), "con-1", (), ("ns1.a.example", "ns1.other.net"), (), PASSWORD)),
    (B, CreateHost("ns1.b.example", GLUE)),
]


def concrete(reference: Reference, request: Any) -> Request:
    """Fill in what depends on the state: the expiry date that a renewal says."""
    if not isinstance(request, tuple):
        return request  # type: ignore[no-any-return]
    name, years, right = request
    domain = reference.domains.get(name)
    day = domain["expires"].date() if domain is not None and right else World().clock.now().date()
    return RenewDomain(name, day, Period(years))


def play(world: World, script: list[tuple[int, list[tuple[str, Any]]]]) -> None:
    reference = Reference()
    for days, group in [(0, PRELUDE), *script]:
        world.later(days=days)
        now = world.clock.now()
        reference.pass_time(now)
        asked: list[tuple[str, Request]] = []
        expected: list[int] = []
        for account, raw in group:
            request = concrete(reference, raw)
            asked.append((account, request))
            expected.append(1000 if isinstance(request, SettleDue) else reference.ask(account, request, now))
        assert [outcome.code for outcome in world.group(*asked)] == expected
    compare(world, reference)


def compare(world: World, reference: Reference) -> None:
    world.must(A, SettleDue(1000))
    for name in ("a.example", "b.example", "c.example"):
        outcome = world.ask(A, InfoDomain(name))
        model = reference.domains.get(name)
        assert outcome.code == (2303 if model is None else 1000)
        if model is None:
            continue
        data: Any = outcome.data
        assert (data.domain.sponsor, data.domain.expires) == (model["sponsor"], model["expires"])
        assert data.domain.registrant == model["registrant"]
        assert list(data.host_names) == model["hosts"]
        assert {status.value for status in data.domain.statuses} == model["statuses"]
        assert set(data.subordinates) == {host for host, value in reference.hosts.items() if value["parent"] == name}
    with world.store.read() as view:
        for name, value in reference.hosts.items():
            host = view.host(name)
            assert host is not None
            assert (host.sponsor, [a.address for a in host.addresses]) == (value["sponsor"], value["addresses"])
            assert view.host_linked(host.roid) == bool(reference.users_of(name))
        for id in ("con-1", "con-2"):
            assert (view.contact(id) is not None) == (id in reference.contacts)
            linked = any(domain["registrant"] == id for domain in reference.domains.values())
            assert view.contact_linked(id) == linked
    for account in (A, B):
        outcome = world.ask(account, PollRequest())
        count: int = outcome.data.count if outcome.code == 1301 else 0  # type: ignore[attr-defined]
        assert count == len(reference.queues.get(account, []))


@settings(
    max_examples=EXAMPLES * 4,
    deadline=None,
    derandomize=True,
    phases=PHASES,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(groups)
def test_the_rules_agree_with_the_reference(script: list[tuple[int, list[tuple[str, Any]]]]) -> None:
    play(World(make=MemoryStore), script)


@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, phases=PHASES, suppress_health_check=[HealthCheck.too_slow]
)
@given(groups)
def test_so_they_do_on_sqlite(script: list[tuple[int, list[tuple[str, Any]]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(make=lambda policies, clock: SqliteStore(Path(folder) / "r.sqlite", policies, clock))
        try:
            play(world, script)
        finally:
            world.store.close()


def test_the_reference_sees_time_as_the_rules_do() -> None:
    """One long story by hand: created, transferred by time, expired twice, deleted, purged."""
    script: list[tuple[int, list[tuple[str, Any]]]] = [
        (0, [(A, CreateDomain("a.example", Period(1), auth=PASSWORD))]),
        (10, [(B, TransferDomain("request", "a.example", auth=AuthInfo(PASSWORD)))]),
        (6, [(A, DeleteDomain("a.example")), (B, TransferDomain("query", "a.example"))]),
        (1000, [(B, ("a.example", 1, True)), (B, DeleteDomain("a.example"))]),
        (34, [(A, CreateDomain("a.example", Period(1), auth=PASSWORD))]),
        (1, [(A, CreateDomain("a.example", Period(1), auth=PASSWORD))]),
    ]
    play(World(), script)
