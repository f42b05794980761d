"""The engine: which handler answers what, and what no handler has to know (RFC 3981 section 4)."""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Sequence
from typing import Any, cast

import pytest

from regwire import errors
from regwire.errors import ConfigError
from regwire.iris import decode, encode
from regwire.iris.engine import Engine
from regwire.iris.found import error_of, raise_for
from regwire.iris.handlers import (
    REGISTRY_TYPES,
    Context,
    Exchange,
    Handlers,
    Operator,
    ServiceLimits,
    canonical_type,
    short_type,
)
from regwire.iris.messages import core, dchk, dreg
from regwire.iris.messages.common import DCHK, DREG
from regwire.iris.messages.core import (
    Answer,
    Bag,
    Entity,
    LookupEntity,
    OnlyCheckPermissions,
    PerMinute,
    Property,
    Request,
    Response,
    ResultSet,
    SearchContinuation,
    SearchSet,
    SimpleEntity,
    StandardReaction,
    TimeLimits,
)
from regwire.schema import Raw

EXAMPLE = Context(authority="example.com")


def lookup(name: str, entity_class: str = "domain-name", kind: str = DCHK.uri) -> LookupEntity:
    return LookupEntity(kind, entity_class, name)


def request(*queries: Any, control: Any = None, bag: Any = None) -> Request:
    return Request(control, search_sets=tuple(SearchSet(bag, query=query) for query in queries))


UNKNOWN_QUERY = (
    b'<request xmlns="urn:ietf:params:xml:ns:iris1"><searchSet><x:find xmlns:x="urn:example:x"/></searchSet>'
    b'<searchSet><lookupEntity registryType="dchk1" entityClass="domain-name" entityName="a.example"/></searchSet>'
    b"</request>"
)


def domain(name: str) -> dchk.Domain:
    return dchk.Domain(
        domain_name=name,
        statuses=(dchk.Active(),),
        authority="example.com",
        registry_type=DCHK.uri,
        entity_class="domain-name",
        entity_name=name,
    )


def ask(handlers: Handlers, *queries: Any, context: Context = EXAMPLE, **more: Any) -> Response:
    found = Engine(handlers).respond([Exchange(request(*queries, **more), context)])
    assert isinstance(found, list)
    (response,) = found
    # Whatever the engine builds is valid, and reads back as it was.
    assert decode(encode(response)) == response
    return response


def run(coroutine: Any) -> Any:
    """Run a coroutine that never really waits."""
    try:
        cast("Coroutine[Any, Any, Any]", coroutine).send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


def names(response: Response) -> list[str | None]:
    """What each result set holds: the names of its results, or of its error."""
    return [
        ",".join(r.entity_name for r in s.answer.results) if s.error is None else s.error.__tag__
        for s in response.result_sets
    ]


@pytest.fixture
def checks() -> Handlers:
    handlers = Handlers(authorities=("example.com", "example.net"), operator=Operator(name="Example", emails=("a@b",)))

    @handlers.lookup(DCHK, "domain-name")
    def look(entity: LookupEntity, context: Context) -> Any:
        if entity.entity_name == "secret.example":
            raise errors.PermissionDenied("not for you", others=(("nein", "de"),))
        if entity.entity_name == "broken.example":
            raise RuntimeError("boom")
        return domain(entity.entity_name) if entity.entity_name.endswith(".example") else None

    return handlers


# --- which handler


def test_each_search_set_has_its_result_set_in_order(checks: Handlers) -> None:
    response = ask(checks, lookup("a.example"), lookup("nothing"), lookup("b.example"))
    assert names(response) == ["a.example", "nameNotFound", "b.example"]


@pytest.mark.parametrize("kind", ["dchk1", "DCHK1", "urn:ietf:params:xml:ns:dchk1", "URN:IETF:params:xml:ns:DCHK1"])
@pytest.mark.parametrize("entity_class", ["domain-name", "Domain-Name"])
def test_registry_types_and_classes_have_no_case(checks: Handlers, kind: str, entity_class: str) -> None:
    assert names(ask(checks, lookup("a.example", entity_class, kind))) == ["a.example"]


def test_types_have_two_forms() -> None:
    assert canonical_type(" DREG1 ") == DREG.uri
    assert short_type("URN:ietf:params:xml:ns:dreg1") == short_type("dreg1") == "dreg1"


@pytest.mark.parametrize(
    "query",
    [
        lookup("a.example", "domain-name", "dreg1"),
        lookup("a.example", "idn"),
        lookup("a.example", "iris", "areg1"),
        lookup("id", "iris", "no-such-type"),
        dreg.FindDomainsByName(dreg.PartialMatch(begins_with="a")),
    ],
)
def test_what_nobody_claims_is_not_supported(checks: Handlers, query: Any) -> None:
    assert names(ask(checks, query)) == ["queryNotSupported"]


def test_a_handler_without_classes_takes_what_others_leave() -> None:
    handlers = Handlers()
    handlers.lookup(DCHK, "domain-name")(lambda entity, context: domain("named"))
    handlers.lookup("dchk1")(lambda entity, context: domain("other"))
    response = ask(handlers, lookup("x"), lookup("x", "idn"), lookup("x", "local"), lookup("x", "iris"))
    assert names(response) == ["named", "other", "nameNotFound", "nameNotFound"]


def test_searches_go_by_class_of_query() -> None:
    handlers = Handlers()

    @handlers.search(dreg.FindDomainsByName)
    def find(query: dreg.FindDomainsByName, context: Context) -> Any:
        return [domain(f"{query.name_part.begins_with}{n}.example") for n in range(2)]

    @handlers.search(dreg.FindContacts)
    def too_wide(query: dreg.FindContacts, context: Context) -> Any:
        raise errors.SearchTooWide("ask for less")

    found = ask(handlers, dreg.FindDomainsByName(dreg.PartialMatch(begins_with="a")))
    assert names(found) == ["a0.example,a1.example"]
    wide = ask(handlers, dreg.FindContacts(common_name=dreg.AnyMatch(exact_match="x")))
    assert wide.result_sets[0].error == dreg.SearchTooWide((core_text("ask for less"),))


def core_text(text: str, language: str = "en") -> Any:
    from regwire.iris.messages.common import Text

    return Text(text, language=language)


def test_an_error_carries_its_texts(checks: Handlers) -> None:
    (result_set,) = ask(checks, lookup("secret.example")).result_sets
    assert result_set == ResultSet(
        Answer(), error=core.PermissionDenied((core_text("not for you"), core_text("nein", "de")))
    )
    with pytest.raises(errors.PermissionDenied, match="not for you") as caught:
        raise_for(result_set)
    assert caught.value.others == (("nein", "de"),)
    assert error_of(ResultSet(Answer())) is None


def test_an_exception_is_logged_and_tells_the_peer_nothing(checks: Handlers, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = ask(checks, lookup("broken.example"), lookup("a.example"))
    assert names(response) == ["insufficientResources", "a.example"]
    assert response.result_sets[0].error == core.InsufficientResources()
    assert [(r.levelname, "boom" in str(r.exc_info)) for r in caplog.records] == [("ERROR", True)]


@pytest.mark.parametrize("odd", ["text", b"octets", 17, ["text"], Response(result_sets=(ResultSet(Answer()),) * 2)])
def test_what_handlers_may_not_return_is_a_failure(odd: Any, caplog: pytest.LogCaptureFixture) -> None:
    handlers = Handlers()
    handlers.lookup(DCHK)(lambda entity, context: odd)
    assert names(ask(handlers, lookup("a"))) == ["insufficientResources"]
    assert "TypeError" in caplog.text


def test_every_form_of_return_value() -> None:
    entity = Entity(
        authority="example.org",
        registry_type=DCHK.uri,
        entity_class="domain-name",
        entity_name="r",
        referent_type="ANY",
    )
    onward = SearchContinuation(dreg.FindDomainsByName(dreg.PartialMatch(begins_with="a")), authority="example.org")
    forms: dict[str, Any] = {
        "result": domain("x"),
        "answer": Answer((domain("x"),)),
        "set": ResultSet(Answer((domain("x"),))),
        "several": [onward, entity, domain("x")],
        "reference": entity,
        "onward": onward,
        "code": core.LimitExceeded(),
        "bags": Response(
            result_sets=(ResultSet(Answer((domain("x"),))),), bags=(Bag(Raw(b"<b xmlns='urn:x'/>"), id="b1"),)
        ),
    }
    handlers = Handlers()
    handlers.lookup(DCHK)(lambda entity, context: forms[entity.entity_name])
    response = ask(handlers, *(lookup(name) for name in forms))
    assert names(response) == ["x", "x", "x", "x", "", "", "limitExceeded", "x"]
    assert response.result_sets[3].answer == Answer((domain("x"),), (entity,), (onward,))
    assert [bag.id for bag in response.bags] == ["b1"]


# --- the service itself


def test_iris_id_lists_the_authority_that_was_asked(checks: Handlers) -> None:
    (found,) = ask(checks, lookup("ID", "IRIS"), context=Context(authority="Example.NET")).result_sets[0].answer.results
    assert found == core.ServiceIdentification(
        authorities=("Example.NET", "example.com"),
        operator_name="Example",
        emails=("a@b",),
        authority="Example.NET",
        registry_type=DCHK.uri,
        entity_class="iris",
        entity_name="id",
    )


def test_an_empty_authority_is_the_first(checks: Handlers) -> None:
    (found,) = ask(checks, lookup("id", "iris"), context=Context()).result_sets[0].answer.results
    assert isinstance(found, core.ServiceIdentification)
    assert found.authorities == ("example.com", "example.net")


def test_iris_limits() -> None:
    handlers = Handlers(limits=ServiceLimits(total_queries=TimeLimits((PerMinute(15),))), types=(DREG,))
    (found,) = ask(handlers, lookup("limits", "iris", "dreg1")).result_sets[0].answer.results
    assert isinstance(found, core.Limits)
    assert found.total_queries == TimeLimits((PerMinute(15),))
    assert names(ask(handlers, lookup("other", "iris", "dreg1"))) == ["nameNotFound"]


def test_local_entities_exist_in_every_type() -> None:
    handlers = Handlers(authorities=("example.com",), types=(DREG, DCHK))
    handlers.local(
        SimpleEntity(
            properties=(Property("No spam.", name="legal", language="en"),),
            authority="",
            registry_type="",
            entity_class="local",
            entity_name="AUP",
        )
    )
    for kind in (DREG.uri, DCHK.uri):
        (found,) = ask(handlers, lookup("aup", "local", kind)).result_sets[0].answer.results
        assert (found.authority, found.registry_type, found.entity_name) == ("example.com", kind, "aup")
    assert names(ask(handlers, lookup("other", "local"))) == ["nameNotFound"]


def test_a_handler_may_take_the_service_classes() -> None:
    handlers = Handlers()
    handlers.lookup(DCHK, "iris")(lambda entity, context: domain("mine"))
    assert names(ask(handlers, lookup("id", "iris"))) == ["mine"]


def test_authorities() -> None:
    engine = Engine(Handlers(authorities=("example.com",)))
    assert [engine.serves(name) for name in ("", "example.com", "EXAMPLE.com.", "example.org")] == [
        True,
        True,
        True,
        False,
    ]
    assert Engine(Handlers()).serves("anything.example")


# --- bags and controls


def test_a_bag_is_never_ignored(checks: Handlers) -> None:
    bag = Raw(b"<b xmlns='urn:x'/>")
    assert names(ask(checks, lookup("a.example"), bag=bag)) == ["bagUnrecognized"]
    seen: list[Any] = []

    @checks.bag
    def look_into(given: Any, query: Any, context: Context) -> None:
        seen.append((given, query))
        if query.entity_name == "b.example":
            raise errors.BagRefused("later")

    assert names(ask(checks, lookup("a.example"), lookup("b.example"), bag=bag)) == ["a.example", "bagRefused"]
    assert [query.entity_name for _, query in seen] == ["a.example", "b.example"]


def test_only_check_permissions(checks: Handlers) -> None:
    accepted = ask(checks, lookup("a.example"), lookup("none"), control=OnlyCheckPermissions())
    assert accepted.reaction == StandardReaction(control_accepted=True)
    assert names(accepted) == ["a.example", "nameNotFound"]
    denied = ask(checks, lookup("a.example"), lookup("secret.example"), control=OnlyCheckPermissions())
    assert denied.reaction == StandardReaction(control_denied=True)
    assert denied.result_sets == (ResultSet(Answer()),) * 2


def test_an_unknown_control_is_unrecognized_and_nothing_is_done(checks: Handlers) -> None:
    unknown = Raw(b"<c xmlns='urn:x'/>")
    response = ask(checks, lookup("a.example"), control=unknown)
    assert response.reaction == StandardReaction(control_unrecognized=True)
    assert response.result_sets == (ResultSet(Answer()),)

    checks.control(lambda control, exchange: StandardReaction(control_accepted=True))
    response = ask(checks, lookup("a.example"), control=unknown)
    assert response.reaction == StandardReaction(control_accepted=True)
    assert names(response) == ["a.example"]


# --- batches and waiting


def sets_for(exchanges: Sequence[Exchange]) -> list[Response]:
    return [
        Response(
            result_sets=tuple(
                ResultSet(Answer((domain(f"batch-{getattr(s.query, 'entity_name', '?')}"),)))
                for s in exchange.request.search_sets
            )
        )
        for exchange in exchanges
    ]


def test_a_batch_takes_what_is_left_and_comes_together_in_order(checks: Handlers) -> None:
    taken: list[int] = []

    @checks.batch
    def batch(exchanges: Sequence[Exchange]) -> Sequence[Response]:
        taken.extend(len(exchange.request.search_sets) for exchange in exchanges)
        return sets_for(exchanges)

    engine = Engine(checks)
    requests = [
        request(lookup("x", "idn"), lookup("a.example"), lookup("y", "idn")),
        request(lookup("b.example")),
        request(lookup("z", "idn"), lookup("id", "iris")),
    ]
    found = engine.respond([Exchange(one, EXAMPLE) for one in requests])
    assert isinstance(found, list)
    assert [names(one) for one in found] == [
        ["batch-x", "a.example", "batch-y"],
        ["b.example"],
        ["batch-z", "id"],
    ]
    assert taken == [2, 1]


def test_a_batch_alone_serves_every_type() -> None:
    handlers = Handlers()
    handlers.batch(sets_for)
    assert Engine(handlers).types == REGISTRY_TYPES
    assert names(ask(handlers, lookup("x", "contact-handle", "areg1"))) == ["batch-x"]
    assert names(ask(handlers, lookup("x", "y", "other1"))) == ["queryNotSupported"]


@pytest.mark.parametrize("answers", [[], [Response(result_sets=(ResultSet(Answer()),))] * 2, None])
def test_a_batch_that_fails_costs_its_own_only(answers: Any, checks: Handlers) -> None:
    checks.batch(lambda exchanges: answers)
    engine = Engine(checks)
    found = engine.respond([Exchange(request(lookup("x", "idn"), lookup("a.example")), EXAMPLE)])
    assert isinstance(found, list)
    assert names(found[0]) == ["insufficientResources", "a.example"]
    assert engine.failures == 1


def test_handlers_may_wait(checks: Handlers) -> None:
    @checks.lookup(DCHK, "idn")
    async def slow(entity: LookupEntity, context: Context) -> Any:
        if entity.entity_name == "bad":
            raise errors.InvalidName
        if entity.entity_name == "broken":
            raise RuntimeError("boom")
        return domain(entity.entity_name)

    exchanges = [
        Exchange(request(lookup("a.example")), EXAMPLE),
        Exchange(request(lookup("s", "idn"), lookup("a.example"), lookup("bad", "idn")), EXAMPLE),
        Exchange(request(lookup("broken", "idn")), EXAMPLE),
    ]
    ready, waiting = Engine(checks).begin(exchanges)
    assert ready[0] is not None
    assert ready[1:] == [None, None]
    assert [pending.places for pending in waiting] == [(1,), (2,)]
    assert names(run(waiting[0].run())[0]) == ["s", "a.example", "invalidName"]
    # Past its deadline, and the coroutine closed without a warning.
    assert names(waiting[1].fail("too slow")[0]) == ["insufficientResources"]

    joined = run(Engine(checks).respond(exchanges))
    assert [names(one) for one in joined] == [
        ["a.example"],
        ["s", "a.example", "invalidName"],
        ["insufficientResources"],
    ]


def test_a_batch_may_wait(checks: Handlers) -> None:
    @checks.batch
    async def batch(exchanges: Sequence[Exchange]) -> Sequence[Response]:
        return sets_for(exchanges)

    exchanges = [
        Exchange(request(lookup("x", "idn")), EXAMPLE),
        Exchange(request(lookup("a.example")), EXAMPLE),
        Exchange(request(lookup("y", "idn")), EXAMPLE),
    ]
    ready, (pending,) = Engine(checks).begin(exchanges)
    assert pending.places == (0, 2)
    assert ready[1] is not None
    assert [names(one) for one in run(pending.run())] == [["batch-x"], ["batch-y"]]


def test_registration_is_checked(checks: Handlers) -> None:
    with pytest.raises(ConfigError, match="dchk1/domain-name: has a handler already"):
        checks.lookup("dchk1", "Domain-Name")
    with pytest.raises(ConfigError, match="is no query"):
        checks.search(dchk.Domain)  # type: ignore[arg-type]
    checks.search(dreg.FindContacts)(lambda query, context: None)
    with pytest.raises(ConfigError, match="FindContacts: has a handler already"):
        checks.search(dreg.FindContacts)
    checks.batch(sets_for)
    with pytest.raises(ConfigError, match="batch: has a handler already"):
        checks.batch(sets_for)

    async def waits(bag: Any, query: Any, context: Any) -> None: ...

    with pytest.raises(ConfigError, match="cannot wait"):
        checks.bag(waits)


def test_a_query_that_nobody_declared_is_not_supported():
    """It made the whole request a data-error (RFC 3981 section 4.2 has an error for it, in its own result set)."""
    handlers = Handlers()
    handlers.lookup(DCHK, "domain-name")(lambda query, _context: domain(query.entity_name))
    handlers.batch(lambda exchanges: [])
    message = decode(UNKNOWN_QUERY, role="server")
    (response,) = Engine(handlers).respond([Exchange(message, EXAMPLE)])
    unknown, found = response.result_sets
    assert isinstance(unknown.error, core.QueryNotSupported)
    assert unknown.answer == Answer()
    assert found.answer.results == (domain("a.example"),)
    assert decode(encode(response)) == response
