"""What `help()` and `inspect.signature()` say about message classes."""

from __future__ import annotations

import functools
import inspect
import operator
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from regwire.schema._fields import INHERIT, MISSING, Namespace, Spec

if TYPE_CHECKING:
    from regwire.schema._message import FieldInfo

__all__ = ["constructor_signature", "field_texts"]

_NAMES = {"content": "the text", "wildcard": "elements of other namespaces"}


def field_texts(ns: Namespace | None, names: Mapping[str, str], specs: Mapping[str, Spec]) -> dict[str, str]:
    """Return one line for each field: what of the element it is. `names` are those in XML."""
    return {field: _text(ns, names[field], spec) for field, spec in specs.items()}


def _text(ns: Namespace | None, name: str, spec: Spec) -> str:
    if spec.kind == "attribute":
        return f"the attribute {name}"
    if spec.kind in _NAMES:
        return _NAMES[spec.kind]
    own = ns if spec.ns is INHERIT else spec.ns
    prefix = getattr(own, "prefix", "")
    element = f"<{prefix}:{name}>" if prefix else f"<{name}>"
    return f"whether there is {element}" if spec.kind == "flag" else element


def constructor_signature(fields: tuple[FieldInfo, ...], hints: Mapping[str, Any]) -> inspect.Signature:
    """Return the parameters of a class's constructor: required fields behind optional ones are given by keyword."""
    kind: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
    found = []
    optional = False
    for info in fields:
        default = inspect.Parameter.empty if info.default is MISSING else info.default
        optional = optional or default is not inspect.Parameter.empty
        if optional and default is inspect.Parameter.empty:
            kind = inspect.Parameter.KEYWORD_ONLY
        hint = _plain(hints[info.name]) if info.name in hints else inspect.Parameter.empty
        found.append(inspect.Parameter(info.name, kind, default=default, annotation=hint))
    return inspect.Signature(found)


def _plain(hint: Any) -> Any:
    """Return an annotation without its facets."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _plain(inner[0])
    if origin is None or origin is typing.Literal or not inner:
        return hint
    plain = tuple(_plain(part) for part in inner)
    if plain == inner:
        return hint
    if origin is tuple:
        return tuple.__class_getitem__(plain)
    try:
        return functools.reduce(operator.or_, plain)
    except TypeError:  # a name that is only known later
        return hint
