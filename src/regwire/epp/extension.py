"""What makes an extension: its namespace, and which of its elements go with which commands and responses."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module, metadata
from pkgutil import iter_modules
from typing import Any

from regwire.schema import Element, Namespace

__all__ = ["ENTRY_POINTS", "Extension", "discover", "table"]

ENTRY_POINTS = "regwire.epp.extensions"
"""The entry point group; an entry point of it names an `Extension`, or a module that has one as ``EXTENSION``."""

Elements = Mapping[type[Element], tuple[type[Element], ...]]


@dataclass(frozen=True, kw_only=True)
class Extension:
    """One extension or further object mapping of EPP.

    ``commands`` maps each element that extends commands to the command elements it goes with (an object command such
    as `DomainUpdate`, or `Login`); ``responses`` maps each element that extends responses to what it comes with (a
    resData element, or the command where the response has no data). ``objects`` are the elements of an object mapping,
    commands and data alike: its namespace is then announced as an objURI. ``elements`` are global elements besides
    these, which occur inside others.
    """

    namespace: Namespace = field(kw_only=False)
    title: str
    reference: str = ""
    commands: Elements = field(default_factory=dict)
    responses: Elements = field(default_factory=dict)
    objects: tuple[type[Element], ...] = ()
    elements: tuple[type[Element], ...] = ()

    @property
    def is_object(self) -> bool:
        """Whether this is an object mapping (announced as objURI) and not an extension (extURI)."""
        return bool(self.objects)

    def all_elements(self) -> tuple[type[Element], ...]:
        """Return every global element that this extension adds to a Schema, each once."""
        return tuple(dict.fromkeys((*self.commands, *self.responses, *self.objects, *self.elements)))


def discover() -> tuple[Extension, ...]:
    """Return the extensions of `regwire.epp.ext` and those of installed distributions, by namespace, ours first.

    An installed one replaces ours of the same namespace; two installed ones of the same namespace are an error
    (`ValueError` naming both), as is an entry point that names something else (`TypeError`).
    """
    found = {extension.namespace.uri: extension for extension in _packaged()}
    origins: dict[str, str] = {}
    for point in sorted(metadata.entry_points(group=ENTRY_POINTS), key=lambda point: point.name):
        extension = _record(point.load(), f"entry point {point.value}")
        uri = extension.namespace.uri
        if uri in origins:
            raise ValueError(f"{origins[uri]} and {point.value} both declare {uri}: uninstall one of them")
        origins[uri] = point.value
        found[uri] = extension
    return tuple(found.values())


def _packaged() -> Iterable[Extension]:
    for package in ("regwire.epp.ext", "regwire.epp.ext.vendor"):
        for module in sorted(iter_modules(import_module(package).__path__), key=lambda module: module.name):
            if not module.ispkg and not module.name.startswith("_"):
                name = f"{package}.{module.name}"
                yield _record(import_module(name), name)


def _record(found: Any, origin: str) -> Extension:
    record = getattr(found, "EXTENSION", found)
    if not isinstance(record, Extension):
        raise TypeError(f"{origin} has no EXTENSION record (regwire.epp.Extension)")
    return record


def table(extensions: Iterable[Extension], served: Callable[[Extension], str] | None = None) -> str:
    """Return a Markdown table of extensions: what each is, its namespace, its document, what it extends.

    ``served`` adds what this library does with each: clients speak all that is declared, and it says in words whether
    and where the registry lives by it.
    """
    header = ["Extension", "Namespace", "Document", "Extends"]
    if served is not None:
        header += ["Client", "Registry"]
    rows = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    for record in extensions:
        cells = [record.title, f"`{record.namespace.uri}`", record.reference, _extended(record)]
        if served is not None:
            cells += ["yes", served(record)]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _extended(record: Extension) -> str:
    if record.is_object:
        return "objects of its own: " + ", ".join(sorted({_tag(cls) for cls in record.objects}))
    extended = (*record.commands.values(), *record.responses.values())
    targets = dict.fromkeys(_tag(target) for targets in extended for target in targets)
    if targets:
        return ", ".join(targets)
    return "nothing: it stands inside others" if record.elements else "nothing: it is announced only"


def _tag(cls: type[Element]) -> str:
    prefix = cls.__ns__ and cls.__ns__.prefix
    return f"`{prefix}:{cls.__tag__}`" if prefix else f"`{cls.__tag__}`"
