"""The engine's short way: what takes it, that it gives what the long way gives, and what handlers may keep."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import regwire_native
from regwire_native import LwzDatagram, lwz_parse, lwz_request

from regwire import errors
from regwire.errors import ConfigError, EncodeError
from regwire.iris import DEFAULT, decode, encode
from regwire.iris.engine import Engine
from regwire.iris.handlers import Context, Exchange, Handlers
from regwire.iris.messages import core, dchk
from regwire.iris.messages.common import DCHK, DREG
from regwire.iris.messages.core import Answer, LookupEntity, Request, Response, ResultSet, SearchSet

CODEC = DEFAULT.codec


def lookup(name: str, entity_class: str = "domain-name", kind: str = DCHK.uri) -> LookupEntity:
    return LookupEntity(kind, entity_class, name)


def request(*queries: Any, control: Any = None) -> Request:
    return Request(control, search_sets=tuple(SearchSet(query=query) for query in queries))


def domain(name: str, **more: Any) -> dchk.Domain:
    given = {"statuses": (dchk.Active(),), "authority": "example.com", "registry_type": DCHK.uri} | more
    return dchk.Domain(domain_name=name, entity_class="domain-name", entity_name=name, **given)


def datagram(asked: Request, *, authority: str = "example.com", transaction: int = 1) -> LwzDatagram:
    octets = lwz_request(asked, transaction=transaction, authority=authority, codec=CODEC)
    found = lwz_parse(octets, role="server", codec=CODEC)
    assert isinstance(found, LwzDatagram)
    return found


def answers(handlers: Handlers, asked: Sequence[LwzDatagram]) -> tuple[list[LwzDatagram], list[Any], list[Any]]:
    engine = Engine(handlers)
    answered: list[LwzDatagram] = []
    contents: list[Any] = []
    others = engine.quick_datagrams(list(asked), answered, contents)
    template = engine.template(CODEC)
    for content in contents:
        # The template writes what the whole response is written as.
        assert template.encode(content) == encode(engine.whole(content))
    return answered, [decode(template.encode(content)) for content in contents], others


GIVEN: dict[str, Callable[[], Any]] = {
    "result": lambda: domain("a.example"),
    "nothing": lambda: None,
    "results": lambda: (domain("a.example"), domain("b.example")),
    "answer": lambda: Answer((domain("a.example"),)),
    "result set": lambda: ResultSet(Answer(), error=core.PermissionDenied()),
    "error element": core.LimitExceeded,
    "not a message": lambda: 7,
}


@pytest.mark.parametrize("given", GIVEN)
def test_what_a_handler_gives_is_what_the_long_way_gives(given: str, caplog: pytest.LogCaptureFixture) -> None:
    handlers, many = Handlers(), Handlers()
    handlers.lookup(DCHK)(lambda entity, context: GIVEN[given]())
    many.lookups(DCHK)(lambda entities, contexts: [GIVEN[given]() for _ in entities])
    asked = request(lookup("a.example"))
    for one in (handlers, many):
        (expected,) = Engine(one).respond([Exchange(asked, Context(authority="example.com"))])  # type: ignore[misc]
        _, (found,), others = answers(one, [datagram(asked)])
        assert found == expected
        assert others == []
        quick = Engine(one).quick(asked, Context(authority="example.com"))
        assert Engine.whole(quick) == expected
    assert bool(caplog.records) == (given == "not a message")


RAISED: tuple[Callable[[], Exception], ...] = (
    errors.NameNotFound,
    lambda: errors.NameNotFound("not here"),
    errors.PermissionDenied,
    lambda: ZeroDivisionError("of ours"),
)


@pytest.mark.parametrize("error", RAISED)
def test_what_a_handler_raises_is_what_the_long_way_answers(error: Callable[[], Exception]) -> None:
    def look(*_: Any) -> Any:
        raise error()

    handlers, many = Handlers(), Handlers()
    handlers.lookup(DCHK)(look)
    many.lookups(DCHK)(look)
    asked = request(lookup("a.example"))
    for one in (handlers, many):
        (expected,) = Engine(one).respond([Exchange(asked, Context(authority="example.com"))])  # type: ignore[misc]
        _, found, _ = answers(one, [datagram(asked), datagram(asked, transaction=2)])
        assert found == [expected, expected]


def test_a_handler_of_many_is_asked_once_and_may_give_errors_for_some() -> None:
    asked: list[list[str]] = []
    handlers = Handlers()

    @handlers.lookups(DCHK, "domain-name", "idn")
    def look(entities: Sequence[LookupEntity], contexts: Sequence[Context]) -> Sequence[Any]:
        asked.append([entity.entity_name for entity in entities])
        assert [context.authority for context in contexts] == ["example.com"] * len(entities)
        return tuple(
            errors.InvalidName("no name") if "!" in entity.entity_name else domain(entity.entity_name)
            for entity in entities
        )

    names = ["a.example", "b!", "c.example"]
    given = [datagram(request(lookup(name)), transaction=place) for place, name in enumerate(names)]
    answered, found, others = answers(handlers, given)
    assert asked == [names]
    assert answered == given
    assert others == []
    assert [bool(response.result_sets[0].error) for response in found] == [False, True, False]
    # The same in the long way, which takes several of one request, too.
    asked.clear()
    exchanges = [Exchange(request(*map(lookup, names)), Context(authority="example.com"))] * 2
    responses = Engine(handlers).respond(exchanges)
    assert asked == [names * 2]
    assert isinstance(responses, list)
    assert [len(response.result_sets) for response in responses] == [3, 3]
    assert isinstance(responses[0].result_sets[1].error, core.InvalidName)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_or_too_many_answers_are_a_fault_of_the_handler(count: int) -> None:
    handlers = Handlers()
    handlers.lookups(DCHK)(lambda entities, contexts: [None] * count)
    asked = request(lookup("a.example"))
    _, found, _ = answers(handlers, [datagram(asked), datagram(asked, transaction=2)])
    assert [type(response.result_sets[0].error) for response in found] == [core.InsufficientResources] * 2
    responses = Engine(handlers).respond([Exchange(asked, Context()), Exchange(asked, Context())])
    assert responses == found


def test_a_handler_of_many_does_not_wait() -> None:
    async def look(entities: Any, contexts: Any) -> Any: ...

    with pytest.raises(ConfigError):
        Handlers().lookups(DCHK)(look)


def test_all_else_goes_the_long_way() -> None:
    async def waits(query: Any, context: Context) -> None: ...

    handlers = Handlers(authorities=("example.com",))
    handlers.lookup(DCHK, "domain-name")(lambda entity, context: None)
    handlers.lookup(DREG)(waits)
    plain = lookup("a.example")
    others = [
        datagram(request(plain, plain)),
        datagram(request(plain, control=core.OnlyCheckPermissions())),
        datagram(request(lookup("a.example", kind=DREG.uri))),
        datagram(request(lookup("id", "iris"))),
        datagram(request(plain), authority="elsewhere.example"),
        lwz_parse(b"\x00\x00\x01\x05\xc0\x00<no request/>", role="server", codec=CODEC),
        lwz_parse(b"\x01\x00\x01\x05\xc0\x00", role="server", codec=CODEC),
        lwz_parse(b"\x40\x00\x01", role="server", codec=CODEC),
    ]
    mine = datagram(request(plain))
    answered, _, left = answers(handlers, [others[0], mine, *others[1:]])  # type: ignore[list-item]
    assert answered == [mine]
    assert left == others


def test_spellings_of_types_and_classes_are_the_same() -> None:
    handlers = Handlers()
    handlers.lookup(DCHK, "domain-name")(lambda entity, context: domain("a.example"))
    spelled = [("dchk1", "domain-name"), ("DCHK1", "Domain-Name"), (DCHK.uri.upper(), "DOMAIN-NAME")]
    for _ in range(2):
        given = [datagram(request(lookup("a.example", name, kind))) for kind, name in spelled]
        assert len(answers(handlers, given)[0]) == 3


def test_a_context_that_a_handler_kept_stays_as_it_was() -> None:
    kept: list[Context] = []
    handlers = Handlers()

    @handlers.lookup(DCHK)
    def look(entity: LookupEntity, context: Context) -> None:
        assert context.data == {}
        context.data["name"] = entity.entity_name
        if entity.entity_name.startswith("keep"):
            kept.append(context)

    engine = Engine(handlers)
    for name in ("keep-1", "go-1", "go-2", "keep-2", "go-3"):
        engine.quick_datagrams([datagram(request(lookup(name)), authority=f"{name}.example")], [], [])
    assert [(context.authority, context.data, context.transport) for context in kept] == [
        ("keep-1.example", {"name": "keep-1"}, "lwz"),
        ("keep-2.example", {"name": "keep-2"}, "lwz"),
    ]
    assert kept[0].peer is None
    assert not kept[0].encrypted
    assert kept[0].identity is None


def test_what_is_no_exception_passes_through() -> None:
    class Stop(BaseException): ...

    def look(*_: Any) -> None:
        raise Stop

    handlers = Handlers()
    handlers.lookup(DCHK)(look)
    with pytest.raises(Stop):
        Engine(handlers).quick_datagrams([datagram(request(lookup("a.example")))], [], [])


def test_an_engine_is_given_up() -> None:
    engine = Engine(Handlers())
    gone = weakref.ref(engine)
    del engine
    gc.collect()
    assert gone() is None


class TestTemplate:
    def test_errors_are_those_of_the_whole_document(self) -> None:
        template = Engine.template(CODEC)
        wrong = domain("a.example", statuses=("active",))
        with pytest.raises(EncodeError) as whole:
            encode(Engine.whole(wrong))
        with pytest.raises(EncodeError) as short:
            template.encode(wrong)
        assert str(short.value) == str(whole.value)
        with pytest.raises(EncodeError) as whole:
            encode(Engine.whole(core.PermissionDenied()))
        with pytest.raises(EncodeError) as short:
            template.encode(core.PermissionDenied())
        assert str(short.value) == str(whole.value)

    @pytest.mark.parametrize("path", [(), ("result_sets",), ("bags", "x"), ("result_sets", "error"), ("no",)])
    def test_what_does_not_fit_is_refused(self, path: tuple[str, ...]) -> None:
        nothing = Response(result_sets=(ResultSet(Answer()),))
        if path == ("result_sets",):
            # A list of elements of one kind is a template, too.
            regwire_native.ResultTemplate(CODEC, nothing, *path)
            return
        with pytest.raises(ValueError, match="template"):
            regwire_native.ResultTemplate(CODEC, nothing, *path)
