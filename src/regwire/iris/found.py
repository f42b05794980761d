"""What handlers give, as result sets; error elements as exceptions and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from regwire import errors
from regwire.errors import IrisError, NameNotFound
from regwire.iris.messages import core, dreg, ereg
from regwire.iris.messages.common import EREG, Text
from regwire.iris.messages.core import (
    Answer,
    Bag,
    Code,
    Entity,
    LookupEntity,
    Response,
    Result,
    ResultSet,
    SearchContinuation,
)

__all__ = ["Part", "error_of", "part_of", "raise_for", "refused"]


@dataclass(frozen=True, slots=True)
class Part:
    """The result set of one search set, and bags that it refers to."""

    result_set: ResultSet
    bags: tuple[Bag, ...] = ()


# The modules whose generic codes differ from dreg's; ereg has its own of the same names (RFC 4414 section 3.3).
_GENERIC: dict[str, Any] = {EREG.uri: ereg}

_CORE: dict[str, type[Code]] = {
    cls.__tag__: cls
    for cls in (
        core.InsufficientResources,
        core.InvalidName,
        core.InvalidSearch,
        core.QueryNotSupported,
        core.LimitExceeded,
        core.NameNotFound,
        core.PermissionDenied,
        core.BagUnrecognized,
        core.BagUnacceptable,
        core.BagRefused,
    )
    if cls.__tag__ is not None
}


def part_of(found: Any, query: Any) -> Part:
    """The part that a handler's return value makes. Raises TypeError for what handlers may not return."""
    if isinstance(found, Result):
        return Part(ResultSet(Answer((found,))))
    if isinstance(found, Answer):
        return Part(ResultSet(found))
    if isinstance(found, ResultSet):
        return Part(found)
    if found is None:
        if isinstance(query, LookupEntity):
            raise NameNotFound
        return Part(ResultSet(Answer()))
    if isinstance(found, Response):
        if len(found.result_sets) != 1:
            raise TypeError(f"a response of {len(found.result_sets)} result sets for one search set")
        return Part(found.result_sets[0], found.bags)
    if isinstance(found, Code):
        return Part(ResultSet(Answer(), error=found))  # type: ignore[arg-type]
    if isinstance(found, Entity | SearchContinuation):
        return Part(ResultSet(_answer((found,))))
    if isinstance(found, Iterable) and not isinstance(found, str | bytes):
        return Part(ResultSet(_answer(tuple(found))))
    raise TypeError(f"a handler may not return {type(found).__name__}")


def _answer(items: tuple[Any, ...]) -> Answer:
    odd = [item for item in items if not isinstance(item, Result | Entity | SearchContinuation)]
    if odd:
        raise TypeError(f"no result, entity or search continuation: {type(odd[0]).__name__}")
    return Answer(
        tuple([item for item in items if isinstance(item, Result)]),
        tuple([item for item in items if isinstance(item, Entity)]),
        tuple([item for item in items if isinstance(item, SearchContinuation)]),
    )


def refused(error: IrisError, query: Any) -> Part:
    """The result set of an error that a handler raised."""
    return Part(ResultSet(Answer(), error=_code_of(error, query)))  # type: ignore[arg-type]


def _code_of(error: IrisError, query: Any) -> Code:
    texts = [Text(error.explanation, language=error.language)] if error.explanation else []
    texts += [Text(text, language=language) for text, language in error.others]
    explanations = tuple(texts)
    if isinstance(error.code, Code):
        return error.code
    if isinstance(error, errors.GenericCode) and (generic := _generic(error, query, explanations)) is not None:
        return generic
    return _CORE.get(error.element, core.InsufficientResources)(explanations)


def _generic(error: errors.GenericCode, query: Any, explanations: tuple[Text, ...]) -> Code | None:
    """The element by which the query's registry type says so; dreg's where it has none of its own."""
    module = _GENERIC.get(getattr(getattr(query, "__ns__", None), "uri", ""), dreg)
    if isinstance(error, errors.SearchTooWide):
        return module.SearchTooWide(explanations)  # type: ignore[no-any-return]
    if isinstance(error, errors.LanguageNotSupported) and error.languages:
        return module.LanguageNotSupported(  # type: ignore[no-any-return]
            explanations, unsupported_languages=error.languages
        )
    return None


def error_of(result_set: ResultSet) -> IrisError | None:
    """The error of a result set as an exception; None when it has none."""
    code = result_set.error
    if code is None:
        return None
    cls = IrisError.by_element.get(getattr(code, "__tag__", ""), errors.GenericCode)
    texts = code.explanations
    first = texts[0] if texts else None
    languages = getattr(code, "unsupported_languages", ())
    extra: dict[str, Any] = {"languages": languages} if issubclass(cls, errors.LanguageNotSupported) else {}
    return cls(
        first.text if first else "",
        first.language if first else "en",
        others=tuple([(text.text, text.language) for text in texts[1:]]),
        code=code,
        **extra,
    )


def raise_for(result_set: ResultSet) -> ResultSet:
    """Return the result set, or raise its error. One may have both an error and results: look into `answer` then."""
    error = error_of(result_set)
    if error is not None:
        raise error
    return result_set
