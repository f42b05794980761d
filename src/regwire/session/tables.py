"""Where handlers keep what they look up: the dictionaries that the hot loop looks ahead in.

A registry's dict is larger than a core's cache, and a look-up waits for memory three times. The names of the commands
that were decoded together are known before the first handler is called, so the loop asks for the memory of all their
look-ups at once (`regwire_native.Foresight`), if it knows the dict. Nothing is looked up, and nothing is decided: a
handler that uses another dict, or none, only waits as it would have waited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType
from typing import Any, Final, TypeAlias

__all__ = ["MOST_TABLES", "Source", "sources_of"]

MOST_TABLES: Final = 8
"""Dicts looked ahead in; a back end with more of them is hardly one that keeps its objects there."""

Source: TypeAlias = tuple[dict[str, Any], str] | tuple[CellType, None]
"""Where a dict is bound: a name of a module or an object, or a variable of a function. It may be another one later."""


def sources_of(functions: Iterable[Callable[..., Any] | None]) -> tuple[Source, ...]:
    """Where these handlers find dictionaries: bound to what they are methods of, to their variables and globals.

    Only what is a plain dict now, at most `MOST_TABLES`. Attributes are read out of objects' dictionaries, so that no
    code of theirs runs.
    """
    found: dict[int, Source] = {}
    for function in functions:
        for source, table in _of_function(function):
            found.setdefault(id(table), source)
    return tuple(found.values())[:MOST_TABLES]


def _of_function(function: Any) -> Iterator[tuple[Source, Any]]:
    while isinstance(function, MethodType | partial):
        if isinstance(function, MethodType):
            yield from _of_object(function.__self__)
            function = function.__func__
        else:
            function = function.func
    if not isinstance(function, FunctionType):
        return
    for cell in function.__closure__ or ():
        try:
            content = cell.cell_contents
        except ValueError:  # a variable that is not bound yet
            continue
        yield from _of_value((cell, None), content)
    names = function.__globals__
    for name in function.__code__.co_names:
        if name in names:
            yield from _of_value((names, name), names[name])


def _of_value(source: Source, value: Any) -> Iterator[tuple[Source, Any]]:
    if type(value) is dict:
        yield source, value
    elif not isinstance(value, type | ModuleType | FunctionType | BuiltinFunctionType):
        yield from _of_object(value)


def _of_object(value: Any) -> Iterator[tuple[Source, Any]]:
    try:
        names = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return
    if type(names) is dict:
        for name, attribute in names.items():
            if type(attribute) is dict:
                yield (names, name), attribute
