"""Finding servers, asking them, and following referrals: a world of scripted servers, and a real one at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio
import trio.testing
from iris_rig import port_of, running
from iris_world import handlers

from regwire import errors
from regwire.errors import ConnectFailed, NameNotFound, OutcomeUnknown, ProtocolError, ReferralRefused, SizeRefused
from regwire.iris import dchk, dreg
from regwire.iris.messages.core import (
    Additional,
    Answer,
    Bag,
    Entity,
    LimitExceeded,
    LookupEntity,
    OnlyCheckPermissions,
    PermissionDenied,
    Response,
    ResultSet,
    SearchContinuation,
    SearchSet,
    StandardReaction,
)
from regwire.iris.messages.core import NameNotFound as NameNotFoundCode
from regwire.iris.resolve import Naptr, Question, is_inside
from regwire.schema import QName, Raw
from regwire.trio.iris import BeepListener, Finder, KnownServer, LookupConfig, LwzListener, XpcListener, lookup, search

DREG = "urn:ietf:params:xml:ns:dreg1"


def domain(name: str, authority: str = "com", **more: Any) -> Any:
    return dreg.Domain(
        authority=authority,
        registry_type=DREG,
        entity_class="domain-name",
        entity_name=name,
        domain_name=name,
        **more,
    )


def entity(name: str, authority: str, **more: Any) -> Entity:
    return Entity(
        authority=authority,
        registry_type="DREG1",
        entity_class="domain-name",
        entity_name=name,
        referent_type=QName(DREG, "domain"),
        **more,
    )


def answered(*results: Any, error: Any = None, additional: Any = None, bags: Any = (), **more: Any) -> Response:
    return Response(
        more.pop("reaction", None),
        result_sets=(ResultSet(Answer(results, **more), additional, error),),
        bags=bags,
    )


class World:
    """Servers by address, a DNS, and what was seen of the client."""

    def __init__(self, **servers: Any) -> None:
        self.servers = servers
        self.asked: list[tuple[str, str, SearchSet]] = []
        self.opened: list[tuple[str, int, str, str]] = []
        self.credentials: list[tuple[str, Any]] = []
        self.controls: list[Any] = []
        self.open = 0
        self.records: dict[tuple[str, str], Any] = {}

    async def dns(self, question: Question) -> Any:
        await trio.lowlevel.checkpoint()
        if (question.name, question.kind) in self.records:
            return self.records[question.name, question.kind]
        return (question.name,) if question.kind == "ADDRESS" and question.name in self.servers else ()

    async def answer(self, connection: Any) -> None:
        """Hold an answer back."""

    def config(self, **options: Any) -> LookupConfig:
        return LookupConfig(dns=self.dns, connect=lambda *a, **k: _Connection(self, *a, **k), **options)

    def names(self) -> list[tuple[str, str]]:
        return [
            (host, getattr(asked.query, "entity_name", type(asked.query).__name__)) for host, _, asked in self.asked
        ]


class _Connection:
    def __init__(self, world: World, host: str, port: int, **options: Any) -> None:
        self.world, self.host, self.port, self.options = world, host, port, options
        self.closed = False

    async def __aenter__(self) -> _Connection:
        await trio.lowlevel.checkpoint()
        if self.world.servers.get(self.host) is None:
            raise ConnectFailed(f"{self.host}: refused")
        self.world.opened.append((self.host, self.port, self.options["transport"], self.options["server_name"]))
        self.world.credentials.append((self.host, self.options.get("sasl")))
        self.world.open += 1
        return self

    async def __aexit__(self, *error: Any) -> None:
        self.world.open -= 1

    async def ask(self, request: Any, *, authority: str = "") -> Response:
        await trio.lowlevel.checkpoint()
        (search_set,) = request.search_sets
        self.world.asked.append((self.host, authority, search_set))
        self.world.controls.append(request.control)
        await self.world.answer(self)
        found = self.world.servers[self.host]
        if callable(found):
            found = found(search_set, self)
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, Response)
        return found


def run(test: Callable[..., Any], *args: Any) -> Any:
    async def bounded() -> Any:
        with trio.fail_after(60):
            return await test(*args)

    return trio.run(bounded)


def find(world: World, uri: str = "iris:dreg1//com/domain-name/a.com", **options: Any) -> Any:
    async def test() -> Any:
        found = await lookup(uri, config=world.config(**options))
        assert world.open == 0
        return found

    return run(test)


# ------------------------------------------------------------------------------------------------------- one server


def test_a_lookup_by_uri() -> None:
    world = World(com=answered(domain("a.com")))
    found = find(world, "iris:DREG1//COM/domain-name/a.com")
    assert found.result == domain("a.com")
    assert world.opened == [("com", 713, "xpc", "com")]
    assert world.asked == [("com", "com", SearchSet(query=LookupEntity(DREG, "domain-name", "a.com")))]
    (step,) = found.steps
    assert (step.authority, step.target.transport) == ("com", "xpc")
    assert (found.failures, found.left, found.reaction) == ((), (), None)


def test_a_lookup_by_parts_and_a_search() -> None:
    async def test() -> None:
        world = World(com=answered(domain("a.com")))
        config = world.config()
        assert (await lookup("dreg1", "domain-name", "a.com", authority="com", config=config)).result is not None
        query = dreg.FindDomainsByName(dreg.PartialMatch(begins_with="a"))
        found = await search(query, authority="com", config=config)
        assert world.asked[1][2] == SearchSet(query=query)
        assert found.results == (domain("a.com"),)
        with pytest.raises(errors.ConfigError, match="authority"):
            await lookup("dreg1", "domain-name", "a.com", config=config)
        with pytest.raises(errors.ConfigError, match="no query"):
            await search(LookupEntity(DREG, "a", "b"), authority="com", config=config)  # type: ignore[arg-type]
        with pytest.raises(errors.ConfigError, match="not open"):
            await Finder(config).lookup("iris:dreg1//com")

    run(test)


def test_the_error_of_the_authority_asked_is_raised() -> None:
    world = World(com=answered(error=NameNotFoundCode()))
    with pytest.raises(NameNotFound):
        find(world)
    world = World(com=answered(domain("a.com"), error=LimitExceeded()))
    assert find(world).results == (domain("a.com"),)


@pytest.mark.parametrize(
    ("uri", "options", "expected"),
    [
        ("iris:dreg1//com", {}, ("com", 713, "xpc")),
        ("iris.lwz:dreg1//com", {}, ("com", 715, "lwz")),
        ("iris.xpcs:dreg1//com", {}, ("com", 714, "xpcs")),
        ("iris.beep:dreg1//com:44", {}, ("com", 44, "beep")),
        ("iris:dreg1//com", {"transports": ("beep", "lwz")}, ("com", 702, "beep")),
        ("iris:dreg1//com", {"servers": {"com": KnownServer("com", 7130, "lwz")}}, ("com", 7130, "lwz")),
        ("iris.xpc:dreg1//net", {"servers": {"*": KnownServer("com", 7130, "lwz")}}, ("com", 7130, "xpc")),
    ],
)
def test_which_server_is_asked_and_how(uri: str, options: Any, expected: Any) -> None:
    world = World(com=answered(domain("a.com")))
    find(world, uri, **options)
    assert [opened[:3] for opened in world.opened] == [expected]


def test_a_literal_address_is_the_server_and_its_own_authority() -> None:
    world = World(**{"192.0.2.1": answered(domain("a.com"))})
    find(world, "iris:dreg1//192.0.2.1:44/domain-name/a.com")
    assert world.opened == [("192.0.2.1", 44, "xpc", "192.0.2.1")]
    assert world.asked[0][1] == ""


def test_servers_that_fail_are_passed_over() -> None:
    world = World(
        lost=OutcomeUnknown("no answer", command=None), mute=ProtocolError("not XPC"), good=answered(domain("a.com"))
    )
    world.records["com", "NAPTR"] = [
        Naptr(order, 0, "a", "DREG1:iris.xpc:iris.lwz", "", host)
        for order, host in enumerate(["gone", "lost", "mute", "good"])
    ]
    world.records["gone", "ADDRESS"] = ("gone",)
    found = find(world, transports=("lwz", "xpc"))
    assert [host for host, *_ in world.opened] == ["lost", "mute", "good"]
    assert found.steps[0].target == found.steps[0].target.__class__("good", 715, "lwz", "com", "com")
    world.servers["good"] = errors.AuthorityNotServed("authority-error", "not ours")
    with pytest.raises(errors.AuthorityNotServed):
        find(world, transports=("xpc",))
    world.servers = {}
    with pytest.raises(ConnectFailed):
        find(world)


def test_without_any_server_the_authority_is_named() -> None:
    with pytest.raises(ConnectFailed, match="com: no server found for dreg1"):
        find(World())


def test_what_datagrams_cannot_carry_goes_by_a_stream() -> None:
    def by_transport(_: Any, connection: Any) -> Any:
        return (
            SizeRefused("size", "too large") if connection.options["transport"] == "lwz" else answered(domain("a.com"))
        )

    world = World(server=by_transport)
    world.records["com", "NAPTR"] = [Naptr(1, 1, "a", "DREG1:iris.lwz:iris.xpc", "", "server")]
    found = find(world)
    assert [opened[2] for opened in world.opened] == ["lwz", "xpc"]
    assert found.result == domain("a.com")
    assert [asked[0] for asked in world.asked] == ["server", "server"]


def test_datagrams_that_nobody_answers_are_given_up_for_a_stream() -> None:
    class Silent(World):
        async def answer(self, connection: Any) -> None:
            if connection.options["transport"] == "lwz":
                await trio.sleep_forever()

    async def test(world: World, **options: Any) -> float:
        begun = trio.current_time()
        found = await lookup("iris:dreg1//com/domain-name/a.com", config=world.config(**options))
        assert found.result == domain("a.com")
        return trio.current_time() - begun

    world = Silent(server=answered(domain("a.com")))
    world.records["com", "NAPTR"] = [Naptr(1, 1, "a", "DREG1:iris.lwz:iris.xpc", "", "server")]
    clock = trio.testing.MockClock(autojump_threshold=0)
    seconds = trio.run(test, world, clock=clock)
    assert 6.9 < seconds < 7.1
    assert [opened[2] for opened in world.opened] == ["lwz", "xpc"]


# -------------------------------------------------------------------------------------------------------- following


def test_references_are_followed_once_each() -> None:
    world = World(
        com=answered(entities=(entity("a.com", "registrar.example"), entity("A.COM", "Registrar.Example."))),
        **{"registrar.example": answered(domain("a.com", "registrar.example"))},
    )
    found = find(world)
    assert found.results == (domain("a.com", "registrar.example"),)
    assert world.names() == [("com", "a.com"), ("registrar.example", "a.com")]
    assert [step.authority for step in found.steps] == ["com", "registrar.example"]


def test_a_loop_of_referrals_ends() -> None:
    world = World(
        com=answered(entities=(entity("a.com", "net"),)),
        net=answered(entities=(entity("a.com", "org"),)),
        org=answered(entities=(entity("a.com", "com"), entity("a.com", "net"))),
    )
    found = find(world)
    assert [host for host, _ in world.names()] == ["com", "net", "org"]
    assert (found.results, found.left, found.failures) == ((), (), ())


def test_referrals_are_bounded() -> None:
    def on(search_set: Any, _: Any) -> Response:
        number = int(search_set.query.entity_name)
        return answered(entities=(entity(str(number + 1), "com"), entity(str(number + 1000), "com")))

    found = find(World(com=on), "iris:dreg1//com/domain-name/0", referrals=5)
    assert len(found.steps) == 6
    assert len(found.left) > 0
    unfollowed = find(World(com=on), "iris:dreg1//com/domain-name/0", follow=False)
    assert [e.entity_name for e in unfollowed.left] == ["1", "1000"]
    assert len(unfollowed.steps) == 1


def test_references_into_the_response_are_resolved_there() -> None:
    more = Additional((domain("b.com", "elsewhere"),))
    temporary = entity("b.com", "elsewhere", temporary_reference=True)
    missing = entity("c.com", "elsewhere", temporary_reference=True)
    world = World(com=answered(additional=more, entities=(temporary, missing)))
    found = find(world)
    assert found.results == found.additional == (domain("b.com", "elsewhere"),)
    assert found.left == (missing,)
    assert len(world.asked) == 1


def test_bags_are_sent_where_they_belong() -> None:
    bag = Raw(b'<bag xmlns="urn:example:bag">secret</bag>')
    world = World(
        com=answered(
            entities=(
                entity("a.com", "net", bag_ref="x1"),
                entity("b.com", "net"),
                entity("c.com", "net", bag_ref="x9"),
            ),
            bags=(Bag(bag, id="x1"),),
        ),
        net=answered(domain("a.com")),
    )
    find(world)
    sent = {search_set.query.entity_name: search_set.bag for host, _, search_set in world.asked if host == "net"}
    assert sent == {"a.com": bag, "b.com": None, "c.com": None}


def test_continuations_are_asked_of_whom_they_name() -> None:
    query = dreg.FindDomainsByName(dreg.PartialMatch(begins_with="a"))
    world = World(
        com=answered(
            continuations=(
                SearchContinuation(query, authority="net"),
                SearchContinuation(query, authority="com"),
                SearchContinuation(query, authority="net"),
                SearchContinuation(query, authority="org", resolution="top"),
            )
        ),
        net=answered(domain("a.net")),
        org=answered(domain("a.org")),
    )

    async def test() -> Any:
        return await search(query, authority="com", config=world.config())

    found = run(test)
    assert found.results == (domain("a.net"), domain("a.org"))
    assert [host for host, _ in world.names()] == ["com", "net", "org"]


def test_failures_of_referrals_are_told_and_stop_nothing() -> None:
    world = World(
        com=answered(
            domain("a.com"), entities=(entity("a", "net"), entity("a", "gone"), entity("a", "org"), entity("a", "-"))
        ),
        net=answered(error=PermissionDenied()),
        org=Response(result_sets=(ResultSet(Answer()), ResultSet(Answer()))),
    )
    found = find(world)
    assert found.results == (domain("a.com"),)
    assert [(f.authority, type(f.error)) for f in found.failures] == [
        ("net", errors.PermissionDenied),
        ("gone", ConnectFailed),
        ("org", ProtocolError),
        ("-", errors.ConfigError),
    ]


def test_credentials_stay_with_the_authority_they_are_for() -> None:
    world = World(com=answered(entities=(entity("a.com", "net"), entity("b.com", ""))), net=answered(domain("a.com")))
    find(world, sasl="credentials")
    assert world.credentials == [("com", "credentials"), ("net", None)]
    assert {opened[2] for opened in world.opened} <= {"xpc", "xpcs", "beep"}
    assert ("com", "b.com") in world.names()


def test_one_connection_for_all_that_go_the_same_way() -> None:
    world = World(
        com=answered(entities=tuple(entity(f"{n}.com", "net") for n in range(10))),
        net=lambda search_set, _: answered(domain(search_set.query.entity_name)),
    )
    found = find(world)
    assert [host for host, *_ in world.opened] == ["com", "net"]
    assert [result.entity_name for result in found.results] == [f"{n}.com" for n in range(10)]


def test_a_connection_that_ended_is_made_anew() -> None:
    async def test() -> None:
        world = World(com=answered(domain("a.com")))
        async with Finder(world.config()) as finder:
            await finder.lookup("iris:dreg1//com/domain-name/a.com")
            world.servers["com"] = lambda _, connection: (
                OutcomeUnknown("idle", command=None) if len(world.opened) == 1 else answered(domain("b.com"))
            )
            assert (await finder.lookup("iris:dreg1//com/domain-name/b.com")).result == domain("b.com")
            assert len(world.opened) == 2
            next(iter(finder._lines.values()))[0].closed = True  # type: ignore[misc]
            await finder.lookup("iris:dreg1//com/domain-name/b.com")
            assert len(world.opened) == 3
        assert world.open == 0

    run(test)


def test_controls_go_to_the_first_and_reactions_come_back() -> None:
    async def test() -> None:
        reaction = StandardReaction(control_accepted=True)
        world = World(com=answered(reaction=reaction, entities=(entity("a.com", "net"),)), net=answered())
        async with Finder(world.config()) as finder:
            control = OnlyCheckPermissions()
            found = await finder.lookup("iris:dreg1//com/domain-name/a.com", control=control)
        assert found.reaction == reaction
        assert world.controls == [control, None]

    run(test)


def test_bottom_up() -> None:
    world = World(registry=answered(domain("a.com")))
    world.records["com", "NAPTR"] = [Naptr(1, 1, "a", "DREG1:iris.xpc", "", "registry")]
    find(world, "iris:dreg1/bottom/www.a.com/domain-name/a.com")
    assert [(host, authority) for host, authority, _ in world.asked] == [("registry", "com")]


def test_cancelling_closes_everything() -> None:
    async def test() -> None:
        world = World(com=answered(domain("a.com")))
        with trio.move_on_after(0.05) as scope:
            async with Finder(world.config()) as finder:
                await finder.lookup("iris:dreg1//com/domain-name/a.com")
                await trio.sleep_forever()
        assert scope.cancelled_caught
        assert world.open == 0

    run(test)


# -------------------------------------------------------------------------------------------------------- for real


@pytest.mark.parametrize("by", ["name", "address"])
def test_against_a_server(by: str) -> None:
    async def test() -> None:
        listeners = (XpcListener(port=0), BeepListener(port=0), LwzListener(port=0))
        async with running(served=handlers("localhost"), listeners=listeners) as server:
            host = "127.0.0.1" if by == "address" else "localhost"
            for transport in ("xpc", "beep", "lwz"):
                place = f"{host}:{port_of(server, transport)}"
                found = await lookup(f"iris.{transport}:dchk1//{place}/domain-name/a.example")
                assert isinstance(found.result, dchk.Domain)
                assert found.result.entity_name == "a.example"
            with pytest.raises(SizeRefused):
                await lookup(f"iris.lwz:dchk1//{place}/domain-name/big", config=LookupConfig(transports=("lwz",)))

    run(test)


# ------------------------------------------------------------------------------------------------- into the inside

PUBLIC = "8.8.8.8"


def referring(public: str, *inside: str, **servers: Any) -> World:
    """A server at `public` that refers to `inside`, by name or address; whoever is asked there answers."""
    found = {host: answered(domain(f"{host}.found")) for host in (*inside, *servers.values())}
    world = World(**{public: answered(entities=tuple(entity(f"{host}.x", host) for host in inside)), **found})
    world.records["com", "ADDRESS"] = (public,)
    for name, address in servers.items():
        world.records[name, "ADDRESS"] = (address,)
    return world


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1"])
def test_a_public_server_does_not_lead_inside(address: str) -> None:
    """A referral to a private address was followed: a way to have a client ask what only it can reach."""
    world = referring(PUBLIC, address)
    found = find(world)
    assert [host for host, _ in world.names()] == [PUBLIC]
    (failure,) = found.failures
    assert isinstance(failure.error, ReferralRefused)
    assert (failure.error.authority, failure.error.address) == (address, address)
    assert "private_referrals=True" in str(failure.error)


def test_nor_by_a_name_that_stands_for_a_private_address() -> None:
    world = referring(PUBLIC, "inner", inner="10.0.0.7")
    world.servers["inner"] = None
    found = find(world)
    assert [host for host, _ in world.names()] == [PUBLIC]
    assert isinstance(found.failures[0].error, ReferralRefused)


def test_nor_by_way_of_another_public_server() -> None:
    world = World(
        **{
            PUBLIC: answered(entities=(entity("b.x", "other"),)),
            "9.9.9.9": answered(entities=(entity("c.x", "[::1]"),)),
            "::1": answered(domain("inside")),
        }
    )
    world.records.update({("com", "ADDRESS"): (PUBLIC,), ("other", "ADDRESS"): ("9.9.9.9",)})
    found = find(world)
    assert [host for host, _ in world.names()] == [PUBLIC, "9.9.9.9"]
    assert isinstance(found.failures[0].error, ReferralRefused)


def test_it_may_where_the_client_says_so() -> None:
    world = referring(PUBLIC, "10.1.2.3")
    assert find(world, private_referrals=True).result.entity_name == "10.1.2.3.found"
    # Or names the server: then it is the client's choice, not the referral's.
    world = referring(PUBLIC, "inner", inner="10.0.0.7")
    world.servers["10.0.0.7"] = answered(domain("known"))
    assert find(world, servers={"inner": KnownServer("10.0.0.7", 713)}).result.entity_name == "known"


def test_a_server_inside_may_refer_inside() -> None:
    world = referring("10.0.0.1", "10.1.2.3")
    assert find(world).result.entity_name == "10.1.2.3.found"


def test_a_connection_that_is_open_is_no_way_around() -> None:
    async def test() -> None:
        world = referring(PUBLIC, "10.1.2.3")
        async with Finder(world.config()) as finder:
            await finder.lookup("iris:dreg1//10.1.2.3/domain-name/own.x")
            found = await finder.lookup("iris:dreg1//com/domain-name/a.com")
            assert isinstance(found.failures[0].error, ReferralRefused)
        assert [host for host, _ in world.names()] == ["10.1.2.3", PUBLIC]

    run(test)


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("8.8.8.8", False),
        ("2a00:1450:4001:80b::200e", False),
        ("::ffff:8.8.8.8", False),
        ("::ffff:127.0.0.1", True),
        ("2002:7f00:1::", True),
        ("fe80::1", True),
        ("fd00::1", True),
        ("100.64.0.1", True),
        ("localhost", True),
        ("a.localhost.", True),
        ("example.com", False),
    ],
)
def test_what_is_inside(host: str, inside: bool) -> None:
    assert is_inside(host) is inside
