"""Reference pages drawn from data that the package itself uses: state tables, extensions, settings."""

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from reference import public_modules

__all__ = ["setup"]


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx, after `reference`, which empties the folder."""
    app.connect("builder-inited", write_tables, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_tables(app: Any) -> None:
    """Write the pages into `reference/api`."""
    folder = Path(app.srcdir) / "reference" / "api"
    for name, page in (
        ("extensions", extensions),
        ("iris-types", iris_types),
        ("settings", settings),
        ("states", states),
    ):
        (folder / f"{name}.md").write_text("\n".join(page()) + "\n", encoding="utf-8")


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """A Markdown table."""
    names = list(header)
    yield "| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)
    for row in rows:
        yield "| " + " | ".join(cell(value) for value in row) + " |"
    yield ""


def cell(value: object) -> str:
    """A value that cannot end its cell or read as a tag."""
    return str(value).replace("|", "\\|").replace("<", "\\<").replace("\n", " ")


def code(value: object) -> str:
    """A value as code; nothing for nothing."""
    return f"`{value}`" if value not in {"", None} else ""


def extensions() -> Iterator[str]:
    """Every object mapping and extension that the package declares."""
    epp = importlib.import_module("regwire.epp")
    yield from ("# Extensions", "", "What `regwire.epp.DEFAULT` knows besides EPP itself: found, not listed.", "")
    yield from ("## Object mappings", "")
    yield from table(["Prefix", "Namespace"], ([code(space.prefix), code(space.uri)] for space in epp.OBJECTS))
    yield from ("## Extensions", "")
    rows = (
        [
            found.title,
            found.reference,
            code(found.namespace.uri),
            code(type_names(found.commands)),
            code(type_names(found.responses)),
        ]
        for found in sorted(epp.EXTENSIONS, key=lambda found: found.title.lower())
    )
    yield from table(["Title", "Reference", "Namespace", "In commands", "In responses"], rows)


def iris_types() -> Iterator[str]:
    """What each registry type of IRIS asks and answers."""
    iris = importlib.import_module("regwire.iris")
    methods = importlib.import_module("regwire.iris.resolve").METHODS
    yield from (
        "# Registry types of IRIS",
        "",
        "What `regwire.iris.DEFAULT` knows, by the modules of `regwire.iris`.",
        "",
    )
    for module in (iris.core, iris.dreg, iris.dchk, iris.areg, iris.ereg):
        name = module.__name__.rpartition(".")[2]
        found = [cls for cls in iris.DEFAULT.elements if cls.__module__ == module.__name__]
        title = f"`{name}`: {module.__doc__.splitlines()[0]}"
        yield from (f"## {title}", "")
        if f"{name}1" in methods:
            yield from (f"Resolution: {', '.join(methods[f'{name}1'])}.", "")
        for kind, base in (("Queries", iris.Query), ("Results", iris.Result), ("Errors", iris.GenericCode)):
            rows = [[code(cls.__name__), code(cls.__tag__), fields(cls)] for cls in found if issubclass(cls, base)]
            if rows:
                yield from table([kind, "Element", "Fields"], rows)


def fields(cls: type) -> str:
    """The fields of a class, without those that every result has."""
    common = {"authority", "resolution", "registry_type", "entity_class", "entity_name", "temporary_reference"}
    return ", ".join(code(name) for name in cls.__match_args__ if name not in common)


def type_names(elements: Iterable[type]) -> str:
    """The names of element classes."""
    return ", ".join(element.__name__ for element in elements)


def settings() -> Iterator[str]:
    """Every setting of `registry.toml`."""
    config = importlib.import_module("regwire.registry.config")
    yield from ("# Settings of registry.toml", "", '`[policy]` may be given for one zone, as `[zone."NAME"]`.', "")
    found = list(config.describe())
    for section in dict.fromkeys(setting.section for setting in found):
        yield from (f"## [{section}]", "")
        rows = (
            [code(item.name), code(item.type), item.unit, code(item.default), item.why]
            for item in found
            if item.section == section
        )
        yield from table(["Name", "Type", "Unit", "Default", "Why"], rows)


def states() -> Iterator[str]:
    """Every state table of every protocol, drawn by itself."""
    machinery = importlib.import_module("regwire.session")
    yield from ("# State tables", "", "States by inputs → action; what a table does not hold is a protocol error.", "")
    for module in public_modules():
        if not module.__name__.endswith(".state"):
            continue
        for name, value in vars(module).items():
            if isinstance(value, machinery.Table):
                yield from (f"## {module.__name__}.{name}", "", "```{eval-rst}", value.render(), "```", "")
