"""Kinds of records: what a registered class is called, how it is found again, and its JSON form.

Domains, hosts and contacts have tables of their own; a record of any other registered kind is kept generically, and
can be the data of a poll message. Its JSON form has one member a field; instants are milliseconds since 1970 UTC.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

__all__ = ["Kind", "dump", "kind_named", "kind_of", "kinds", "load", "load_tagged", "register", "tagged"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_T = TypeVar("_T")
_Coder = Callable[[Any], Any]

#: Objects that stores keep in tables of their own.
RESERVED: Final = frozenset({"domain", "host", "contact"})


def _no_index(_: Any) -> Iterable[tuple[str, str]]:
    return ()


def _never_due(_: Any) -> datetime | None:
    return None


@dataclass(frozen=True)
class Kind:
    """One kind of record.

    Attributes:
        name: what it is called in the store, for ever.
        cls: its class, a record (`regwire.registry.model.record.record`).
        key: gives a value's key, unique within the kind; None: it is only ever part of something else (poll data).
        index: gives the (index, value) pairs that a value can be looked up by.
        due: gives the next instant at which time alone changes a value, or None; a feature must settle the kind then.
        history: whether every change leaves a row in the history; False for what is only ever added.

    """

    name: str
    cls: type
    key: Callable[[Any], str] | None = None
    index: Callable[[Any], Iterable[tuple[str, str]]] = _no_index
    due: Callable[[Any], datetime | None] = _never_due
    history: bool = True


_by_name: dict[str, Kind] = {}
_by_class: dict[type, Kind] = {}


def register(kind: Kind) -> Kind:
    """Make a kind known and return it.

    Raises:
        ValueError: its name or class is registered already, or the name is that of a table.

    """
    if kind.name in RESERVED or _by_name.get(kind.name, kind).cls is not kind.cls:
        raise ValueError(f"there is a kind {kind.name} already")
    if _by_class.get(kind.cls, kind).name != kind.name:
        raise ValueError(f"{kind.cls.__name__} is registered as {_by_class[kind.cls].name} already")
    _by_name[kind.name] = _by_class[kind.cls] = kind
    return kind


def kinds() -> Iterable[Kind]:
    """Return every registered kind."""
    return tuple(_by_name.values())


def kind_named(name: str) -> Kind:
    """Return the kind of that name.

    Raises:
        ValueError: there is none, with the cure.

    """
    try:
        return _by_name[name]
    except KeyError:
        raise ValueError(
            f"no kind {name} is registered; install the feature that wrote it, or the version of regwire that has it"
        ) from None


def kind_of(value: object) -> Kind:
    """Return the kind of a value.

    Raises:
        ValueError: its class is not registered.

    """
    try:
        return _by_class[type(value)]
    except KeyError:
        raise ValueError(f"{type(value).__name__} is not registered as a kind") from None


def dump(value: Any) -> dict[str, Any]:
    """Return a record as JSON values, one member a field; fields that have their default are left out."""
    out = _coders(type(value)).out(value)
    assert isinstance(out, dict)
    return out


def load(cls: type[_T], data: Mapping[str, Any]) -> _T:
    """Return the record of class ``cls`` that `dump` wrote, also one of an older version: what is missing is default.

    Raises:
        ValueError: it has a field that the class lacks (it comes from a newer version), or lacks one without default.

    """
    return _coders(cls).back(data)  # type: ignore[no-any-return]


def tagged(value: object) -> list[Any]:
    """Return a record of a registered kind with the name of the kind."""
    return [kind_of(value).name, dump(value)]


def load_tagged(data: list[Any]) -> Any:
    """Return what `tagged` wrote.

    Raises:
        ValueError: its kind is not registered, or as `load`.

    """
    name, value = data
    return load(kind_named(name).cls, value)


# --- from type hints to coders


@dataclass(frozen=True)
class _Pair:
    """How values of one type become JSON values and come back."""

    out: _Coder
    back: _Coder


def _same(value: Any) -> Any:
    return value


_PLAIN: Final = _Pair(_same, _same)
_SIMPLE: Final[Mapping[Any, _Pair]] = {
    str: _PLAIN,
    int: _PLAIN,
    float: _PLAIN,
    bool: _PLAIN,
    Any: _PLAIN,
    datetime: _Pair(lambda value: (value - _EPOCH) // _MS, lambda value: _EPOCH + timedelta(milliseconds=value)),
    date: _Pair(date.isoformat, date.fromisoformat),
    timedelta: _Pair(lambda value: value // _MS, lambda value: timedelta(milliseconds=value)),
    Decimal: _Pair(str, Decimal),
    bytes: _Pair(bytes.hex, bytes.fromhex),
    # Whatever kind it is of, it says so itself.
    object: _Pair(tagged, load_tagged),
}


_made: dict[type, _Pair] = {}


def _coders(cls: type) -> _Pair:
    """Return the coders of a record class, made when they are first needed."""
    made = _made.get(cls)
    if made is None:
        made = _made[cls] = _make_coders(cls)
    return made


def _make_coders(cls: Any) -> _Pair:
    hints = typing.get_type_hints(cls)
    items = [(item.name, item.default, item.default_factory, _pair(hints[item.name], cls)) for item in fields(cls)]
    known = {name: pair.back for name, _, _, pair in items}
    required = {name for name, default, factory, _ in items if default is MISSING and factory is MISSING}

    def out(value: Any) -> dict[str, Any]:
        found = {}
        for name, default, factory, pair in items:
            part = getattr(value, name)
            # Not compared by value alone: 0 and False are equal.
            if part is default or (part == () and default == ()) or (factory is not MISSING and part == factory()):
                continue
            found[name] = pair.out(part)
        return found

    def back(data: Mapping[str, Any]) -> Any:
        unknown = data.keys() - known.keys()
        if unknown:
            names = ", ".join(sorted(unknown))
            raise ValueError(f"{cls.__name__} has no {names}: written by a newer version; upgrade regwire")
        missing = required - data.keys()
        if missing:
            raise ValueError(f"{cls.__name__} without {', '.join(sorted(missing))}: not written by regwire")
        return cls(**{name: known[name](part) for name, part in data.items()})

    return _Pair(out, back)


def _pair(hint: Any, owner: type) -> _Pair:
    simple = _SIMPLE.get(hint)
    if simple is not None:
        return simple
    origin, args = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _optional([arg for arg in args if arg is not types.NoneType], owner)
    if origin is tuple:
        return _tuple(args, owner)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(args, owner)
    if origin is Literal:
        return _PLAIN
    if isinstance(hint, type) and is_dataclass(hint):
        # Looked up when it is needed, so that a class may contain itself.
        return _Pair(lambda value: _coders(hint).out(value), lambda data: _coders(hint).back(data))
    raise TypeError(f"{owner.__name__}: {hint} has no JSON form; see regwire.registry.model.kinds for those that do")


def _optional(args: list[Any], owner: type) -> _Pair:
    if len(args) == 1:
        inner = _pair(args[0], owner)
    elif all(_SIMPLE.get(arg) is _PLAIN for arg in args):
        return _PLAIN
    else:
        # Records of several classes: each says which it is.
        inner = _SIMPLE[object]
    return _Pair(
        lambda value: None if value is None else inner.out(value),
        lambda data: None if data is None else inner.back(data),
    )


def _tuple(args: tuple[Any, ...], owner: type) -> _Pair:
    if len(args) == 2 and args[1] is Ellipsis:
        inner = _pair(args[0], owner)
        if inner is _PLAIN:
            return _Pair(list, tuple)
        return _Pair(
            lambda value: [inner.out(item) for item in value], lambda data: tuple([inner.back(item) for item in data])
        )
    inners = [_pair(arg, owner) for arg in args]
    return _Pair(
        lambda value: [inner.out(item) for inner, item in zip(inners, value, strict=True)],
        lambda data: tuple([inner.back(item) for inner, item in zip(inners, data, strict=True)]),
    )


def _mapping(args: tuple[Any, ...], owner: type) -> _Pair:
    if args[0] is not str:
        raise TypeError(f"{owner.__name__}: a mapping of JSON has strings for keys")
    inner = _pair(args[1], owner)
    return _Pair(
        lambda value: {key: inner.out(item) for key, item in value.items()},
        lambda data: {key: inner.back(item) for key, item in data.items()},
    )
