"""Message classes: construction, immutability, equality, repr, pickling, copies, plain data."""

import copy
import datetime as dt
import gc
import pickle
import sys
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from regwire_native import is_tracked

from regwire.errors import DeclarationError
from regwire.schema import (
    Duration,
    Element,
    Namespace,
    Raw,
    Schema,
    Type,
    attribute,
    base64,
    child,
    content,
    duration,
    flag,
    replace,
    token,
    wildcard,
)

NS = Namespace("urn:test:a", prefix="a")
Token = Annotated[str, token()]


class Pair(Type, ns=NS):
    """Simple content and attributes."""

    value: Token = content()
    unit: Literal["y", "m"] = attribute(default="y")
    note: Token | None = attribute(default=None)


class Thing(Element, ns=NS, tag="thing"):
    """Required fields behind optional ones."""

    name: Token
    pair: Pair | None = None
    tags: tuple[Token, ...] = child("tag", default=())
    pw: Annotated[str, token(secret=True)] = child(kw_only=True)
    when: dt.datetime | None = None
    day: dt.date | None = None
    price: Decimal | None = None
    key: Annotated[bytes, base64()] | None = None
    span: Annotated[Duration, duration()] | None = None
    open: bool = flag(default=False)
    more: tuple[Element | Raw, ...] = wildcard(ns="##other", min=0, max=None, default=())


class Bare(Element, ns=NS, tag="bare"):
    """No field at all."""


FULL = Thing(
    "n",
    Pair("1", note="x"),
    ("a", "b"),
    pw="hush",
    when=dt.datetime(2025, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
    day=dt.date(2025, 1, 2),
    price=Decimal("1.50"),
    key=b"\x00\xff",
    span=Duration(1, 2),
    open=True,
    more=(Raw(b"<x xmlns='urn:x'>1</x>"),),
)


def test_construction_by_position_and_keyword() -> None:
    thing = Thing("n", pw="p")
    assert (thing.name, thing.pair, thing.tags, thing.pw, thing.when, thing.open) == ("n", None, (), "p", None, False)
    assert Thing(name="n", pw="p") == thing
    assert Pair("1").unit == "y"
    assert Thing.__match_args__[:4] == ("name", "pair", "tags", "pw")


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((), {}, "Thing() needs name, pw"),
        (("n",), {}, "Thing() needs pw"),
        (("n",), {"pw": "p", "nome": 1}, "Thing() has no field nome"),
        (("n",), {"pw": "p", "name": "m"}, "Thing() got name twice"),
        (tuple("abcdefghijkl"), {}, "Thing() takes 11 fields, 12 were given"),
    ],
)
def test_construction_errors_name_class_and_field(args: tuple[Any, ...], kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        Thing(*args, **kwargs)
    assert str(caught.value) == message


def test_a_class_without_fields() -> None:
    assert Bare() == Bare()
    assert repr(Bare()) == "Bare()"
    assert pickle.loads(pickle.dumps(Bare())) == Bare()
    with pytest.raises(TypeError, match="takes 0 fields, 1 were given"):
        Bare(1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="has no field x"):
        Bare(x=1)  # type: ignore[call-arg]


def test_immutable_and_slotted() -> None:
    thing = Thing("n", pw="p")
    with pytest.raises(AttributeError, match="immutable; use replace"):
        thing.name = "m"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="immutable"):
        del thing.name
    with pytest.raises(AttributeError):
        thing.other = 1  # type: ignore[attr-defined]
    assert not hasattr(thing, "__dict__")
    with pytest.raises(AttributeError, match="is a field and cannot be replaced"):
        Thing.name = 1  # type: ignore[assignment, misc]


def test_equality_and_hash() -> None:
    assert FULL.replace() == FULL
    assert FULL.replace(name="other") != FULL
    assert FULL != "FULL"
    assert hash(FULL) == hash(FULL.replace())
    assert len({FULL, FULL.replace(), FULL.replace(tags=())}) == 2
    assert Pair("1") != Thing("1", pw="p")


def test_repr_hides_secrets_and_absent_fields() -> None:
    assert repr(Thing("n", Pair("1"), pw="hush")) == "Thing(name='n', pair=Pair(value='1', unit='y'), pw='***')"
    assert "hush" not in repr(FULL)


def test_pickle_and_copy() -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(FULL, protocol)) == FULL
    assert copy.copy(FULL) is FULL
    assert copy.deepcopy(FULL) is FULL
    assert copy.deepcopy([FULL])[0] is FULL


def test_replace() -> None:
    assert FULL.replace(name="m", pair=None) == replace(FULL, name="m", pair=None)
    assert FULL.replace(name="m").name == "m"
    assert FULL.name == "n"
    with pytest.raises(TypeError, match=r"Thing\(\) has no field nome"):
        FULL.replace(nome="m")


def test_to_dict_is_plain_data() -> None:
    assert FULL.to_dict() == {
        "name": "n",
        "pair": {"value": "1", "unit": "y", "note": "x"},
        "tags": ["a", "b"],
        "pw": "***",
        "when": "2025-01-02T03:04:05Z",
        "day": "2025-01-02",
        "price": "1.50",
        "key": "AP8=",
        "span": "P1Y2M",
        "open": True,
        "more": [{"tag": "x", "namespace": "urn:x", "xml": "<x xmlns='urn:x'>1</x>"}],
    }
    assert FULL.to_dict(secrets=True)["pw"] == "hush"
    outer = Thing("n", pw="p", more=(Bare(),))
    assert outer.to_dict()["more"] == [{"tag": "bare"}]


def test_pattern_matching() -> None:
    match FULL:
        case Thing(name="n", pair=Pair(value=value)):
            assert value == "1"
        case _:
            pytest.fail("no match")
    match Pair("7", "m"):
        case Pair(value, unit):
            assert (value, unit) == ("7", "m")


def test_objects_that_cannot_be_in_a_cycle_are_not_tracked() -> None:
    assert not is_tracked(Thing("n", pw="p"))
    assert not is_tracked(Thing("n", Pair("1"), ("a",), pw="p"))
    assert is_tracked(Thing("n", pw="p", more=[]))  # type: ignore[arg-type]
    assert is_tracked(Thing("n", pw="p", more=([],)))  # type: ignore[arg-type]


def test_a_cycle_through_a_tracked_object_is_collected() -> None:
    items: list[Any] = []
    items.append(Thing("n", pw="p", more=items))  # type: ignore[arg-type]
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(50):
        cycle: list[Any] = []
        cycle.append(Thing("n", pw="p", more=cycle))  # type: ignore[arg-type]
    del cycle
    gc.collect()
    assert len(gc.get_objects()) - before < 20


def test_a_message_of_one_value_that_lives_is_given_out_again() -> None:
    value = "x" * 40
    before = sys.getrefcount(value)
    first = Pair(value)
    assert Pair(value) is first
    assert Pair(value=value) is first
    assert Pair(value, "y") == first
    assert Pair(value, "m") != first
    assert Pair(value, note="n") != first
    other = Pair("y" * 40)
    assert (other.value, first.value) == ("y" * 40, value)
    assert Pair(value) == first
    del first, other
    assert sys.getrefcount(value) == before, "nothing keeps what nobody holds"
    for number in range(3):
        assert Pair(f"{number}{value}").value == f"{number}{value}"


def test_what_the_collector_tracks_is_not_given_out_again() -> None:
    class Holder(Type, ns=NS):
        """One field, which may be given anything."""

        more: tuple[Element | Raw, ...] = wildcard(ns="##other", min=0, max=None, default=())

    items: list[Any] = []
    assert Holder(items) is not Holder(items)  # type: ignore[arg-type]


def test_fields_by_keyword_in_any_order_and_number() -> None:
    wanted = Pair("1", "m", "n")
    assert Pair(value="1", unit="m", note="n") == wanted
    assert Pair("1", unit="m", note="n") == wanted
    assert Pair("1", note="n", unit="m") == wanted
    assert Pair(note="n", unit="m", value="1") == wanted
    assert Pair("1", "m").note is None
    assert Pair(value="1", unit="m").note is None
    assert Pair("1", note="n").unit == "y"
    for wrong in ({"unit": "m"}, {"value": "1", "nome": "n"}, {"value": "1", "unit": "m", "note": "n", "more": "o"}):
        with pytest.raises(TypeError):
            Pair(**wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="twice"):
        Pair("1", value="1")  # type: ignore[misc]


def test_construction_keeps_count_of_references() -> None:
    value = "x" * 40
    before = sys.getrefcount(value)
    things = [Thing(value, pw=value) for _ in range(10)]
    assert sys.getrefcount(value) == before + 20
    for _ in range(100):
        with pytest.raises(TypeError):
            Thing(value, value, value, value, value, nome=value)  # type: ignore[call-arg, arg-type]
        with pytest.raises(TypeError):
            Thing(value)  # type: ignore[call-arg]
    del things
    assert sys.getrefcount(value) == before


def test_unset_fields_are_errors_not_crashes() -> None:
    empty = Thing.__new__(Thing)
    with pytest.raises(AttributeError):
        _ = empty.name
    with pytest.raises(AttributeError, match="not set"):
        _ = empty == empty.__class__.__new__(Thing)
    with pytest.raises(Exception, match="not set"):
        Schema(Thing).encode(empty)


def test_forward_references_and_local_classes() -> None:
    class Outer(Element, ns=NS, tag="outer"):
        inner: "Inner"
        again: "Outer | None" = None

    class Inner(Type, ns=NS):
        value: Token

    Outer.__regwire__.scope = {"Inner": Inner}
    schema = Schema(Outer)
    message = Outer(Inner("x"), Outer(Inner("y")))
    assert schema.decode(schema.encode(message)) == message


def body(**namespace: Any) -> dict[str, Any]:
    return {"__module__": __name__, "__qualname__": "X", **namespace}


MISTAKES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"x": str}, {}, "X.x: str alone does not say which XML type it is; write Annotated[str, token()]"),
    ({"x": bytes}, {}, "X.x: bytes alone does not say which XML type it is; write Annotated[bytes, base64()]"),
    ({"x": float}, {}, "X.x: <class 'float'> is no type of a field: a message class or Annotated[type, facet]"),
    ({"x": "Nowhere"}, {}, "X.x: its annotation 'Nowhere' cannot be resolved: name 'Nowhere' is not defined"),
    ({"x": tuple[int, int]}, {}, "X.x: a repeated field is tuple[X, ...]"),
    ({"x": Literal["a", 1]}, {}, "X.x: an enumeration is of str only or of int only"),
    ({"x": Pair}, {"x": attribute()}, "X.x: attribute() cannot be of this type; it holds one simple value"),
    (
        {"x": tuple[int, ...]},
        {"x": attribute()},
        "X.x: attribute() cannot be of this type; use list_of(...) for an xs:list",
    ),
    ({"x": int | None}, {"x": content()}, "X.x: content() is never None: an empty element has empty text"),
    ({"x": int}, {"x": child(max=2)}, "X.x: max=2 needs a tuple[X, ...]"),
    ({"x": int}, {"x": wildcard()}, "X.x: a wildcard() holds Element | Raw, or a tuple of them"),
    ({"x": Raw}, {}, "X.x: Raw content needs a wildcard()"),
    ({"x": Element}, {}, "X.x: any Element at all needs a wildcard(); else name the classes"),
    ({"x": int}, {"x": flag()}, "X.x: a flag() is a bool: True when the element is there"),
    ({"x": int}, {"x": 5}, "X.x: = 5 is no field specifier; an element's default can only be None or ()"),
    ({"replace": int}, {}, "X.replace: cannot be a field's name; name the element with child(...)"),
]


@pytest.mark.parametrize(("annotations", "defaults", "message"), MISTAKES)
def test_mistakes_are_named_with_their_cure(annotations: Any, defaults: Any, message: str) -> None:
    meta: Any = type(Element)

    def declare() -> Any:
        cls = meta("X", (Element,), body(__annotations__=annotations, **defaults), ns=NS, tag="x")
        return Schema(cls).codec

    with pytest.raises(DeclarationError) as caught:
        declare()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("bases", "extra", "header", "message"),
    [
        ((Element,), {}, {}, 'X: an Element needs ns= and tag=, as class X(Element, ns=NS, tag="x")'),
        ((Type,), {}, {"tag": "x"}, "X: a Type has no tag; make it an Element, or name it where it is used"),
        (
            (Thing, Pair),
            {},
            {"ns": NS, "tag": "x"},
            "X: derives from two message classes; XML Schema types have one base",
        ),
        (
            (Type,),
            {"__init__": print},
            {},
            "X: a message class has no __init__ of its own; use a function that builds it",
        ),
        ((Type,), {"x": child()}, {}, "X.x: has a specifier but no annotation; write its type"),
    ],
)
def test_mistakes_of_the_header(bases: Any, extra: Any, header: Any, message: str) -> None:
    meta: Any = type(Element)
    with pytest.raises((DeclarationError, TypeError)) as caught:
        meta("X", bases, body(**extra), **header)
    assert str(caught.value) == message or "lay-out conflict" in str(caught.value)


def test_inherited_fields_cannot_be_declared_again() -> None:
    with pytest.raises(DeclarationError, match="is already a field of Pair"):
        type(Type)("X", (Pair,), body(__annotations__={"value": int}))


def test_a_mixin_with_a_dict_is_refused() -> None:
    class Mixin:
        pass

    with pytest.raises((DeclarationError, TypeError), match="__slots__"):
        type(Type)("X", (Mixin, Type), body(__annotations__={"value": int}), ns=NS)


def test_methods_and_class_variables_are_allowed() -> None:
    class Named(Type, ns=NS):
        LIMIT = 3
        first: Token
        last: Token

        @property
        def whole(self) -> str:
            return f"{self.first} {self.last}"

    assert Named("a", "b").whole == "a b"
    assert Named.LIMIT == 3


def test_specifier_mistakes() -> None:
    for call, message in [
        (lambda: child(min=2, max=1), "min=2, max=1 allow no value"),
        (lambda: child(default=5), "an absent element is None or (), nothing else"),
        (lambda: child(marker="nothing"), "no such marker"),
        (lambda: token(min_length=5, max_length=2), "allow no value"),
        (lambda: Namespace("a b"), "is no namespace name"),
        (lambda: Namespace("urn:x", "xmlx"), "cannot be a prefix"),
        (lambda: Namespace("urn:x", "1"), "cannot be a prefix"),
    ]:
        with pytest.raises(DeclarationError, match="." and message.replace("(", r"\(").replace(")", r"\)")):
            call()


class Nest(Element, ns=NS, tag="nest"):
    inner: "Nest | None" = None
    items: tuple[Element | Raw, ...] = wildcard(ns="##any", min=0, max=None, default=())


@pytest.mark.parametrize("through", ["field", "tuple"])
def test_deep_objects_die_without_using_up_the_stack(through: str) -> None:
    value = "y" * 40
    before = sys.getrefcount(value)
    chain: Any = value
    for _ in range(200_000):
        chain = Nest(chain) if through == "field" else Nest(None, (chain,))
    assert sys.getrefcount(value) == before + 1
    del chain
    gc.collect()
    assert sys.getrefcount(value) == before


def test_memory_of_dead_objects_is_used_again_and_bounded() -> None:
    def make(count: int) -> list[Nest]:
        return [Nest(None, (1, 2)) for _ in range(count)]  # type: ignore[arg-type]

    make(2000)
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(20):
        make(2000)
    assert sys.getallocatedblocks() - before < 1000
    first = make(1)[0]
    assert (first.inner, first.items) == (None, (1, 2))


def test_a_class_that_dies_is_forgotten() -> None:
    for number in range(300):
        namespace = body(__annotations__={f"x{number}": Token})
        cls: Any = type(Element)("X", (Element,), namespace, ns=NS, tag="x")
        message = cls("a")
        assert getattr(message, f"x{number}") == "a"
        assert repr(message) == f"X(x{number}='a')"
        del message, cls
        if number % 50 == 0:
            gc.collect()


def test_no_finalizer() -> None:
    class Mixin:
        __slots__ = ()

        def __del__(self) -> None:
            pass

    with pytest.raises(TypeError, match="no __del__"):
        type(Type)("X", (Mixin, Type), body(__annotations__={"value": int}), ns=NS)
