"""The reference: one page a public module, from the docstrings of the installed package.

Docstrings are Markdown, as the rest of the documentation; Sphinx's own autodoc reads them as reStructuredText, so the
pages are written here: `reference/api/<module>.md`, made anew at each build and in no commit.
"""

import dataclasses
import enum
import importlib
import inspect
import pkgutil
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import regwire

# Modules whose names do not start with an underscore but that are no library interface.
HIDDEN = ("regwire.cli", "regwire.bench", "regwire.testing.pytest_plugin")


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_pages(app: Any) -> None:
    """Write every generated page below `reference/api`."""
    folder = Path(app.srcdir) / "reference" / "api"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    modules = list(public_modules())
    names = {module.__name__ for module in modules}
    for module in modules:
        (folder / f"{module.__name__}.md").write_text("\n".join(module_page(module, names)) + "\n", encoding="utf-8")


def public_modules() -> Iterator[ModuleType]:
    """Every module of the package that users may import, in alphabetical order."""
    yield regwire
    found = sorted(info.name for info in pkgutil.walk_packages(regwire.__path__, "regwire."))
    for name in found:
        if any(part.startswith("_") for part in name.split(".")) or name.startswith(HIDDEN):
            continue
        yield importlib.import_module(name)


def module_page(module: ModuleType, documented: set[str]) -> Iterator[str]:
    """The page of one module."""
    yield from (f"# {module.__name__}", "", f"```{{py:module}} {module.__name__}", "```", "")
    yield from (markdown(module.__doc__), "")
    for name, value in public_names(module):
        home = getattr(value, "__module__", None)
        if isinstance(value, ModuleType):
            continue
        if isinstance(home, str) and home != module.__name__ and home in documented and hasattr(value, "__qualname__"):
            yield from (f"- {{py:obj}}`{name} <{home}.{name}>` is documented with {{py:mod}}`{home}`.", "")
        elif inspect.isclass(value):
            yield from class_entry(name, value)
        elif callable(value) and hasattr(value, "__name__"):
            yield from entry("function", name + signature(value), markdown(inspect.getdoc(value)))
        else:
            yield from entry("data", name, f"`{shorten(repr(value))}`")


def public_names(module: ModuleType) -> list[tuple[str, Any]]:
    """What `__all__` lists; without it, the public names that the module itself defines."""
    if hasattr(module, "__all__"):
        return [(name, getattr(module, name)) for name in module.__all__]
    return [
        (name, value)
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]


def class_entry(name: str, cls: type) -> Iterator[str]:
    """A class, its fields and its public methods."""
    bases = ", ".join(base.__name__ for base in cls.__bases__ if base is not object)
    lines = [f"Bases: {bases}", ""] if bases else []
    lines += [markdown(inspect.getdoc(cls) if cls.__doc__ else ""), ""]
    for field, text in fields(cls):
        lines += list(entry("attribute", f"{field}: {text}", "", fence=4))
    for member, value in vars(cls).items():
        if member.startswith("_"):
            continue
        function = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
        if isinstance(value, property) or inspect.isgetsetdescriptor(value):
            if inspect.getdoc(value):
                lines += list(entry("property", member, markdown(inspect.getdoc(value)), fence=4))
        elif callable(function) and not inspect.isclass(function):
            lines += list(entry("method", member + signature(function), markdown(inspect.getdoc(value)), fence=4))
    yield from entry("class", name + ("" if issubclass(cls, enum.Enum) else signature(cls)), "\n".join(lines), fence=6)


def fields(cls: type) -> list[tuple[str, str]]:
    """The annotated public fields of a data class or message, with their types as text; members of an enumeration."""
    if issubclass(cls, enum.Enum):
        return [(member.name, f"{member.value!r}") for member in cls]
    if dataclasses.is_dataclass(cls) and cls.__doc__ is None:
        return []
    found = inspect.get_annotations(cls)
    return [(name, type_text(value)) for name, value in found.items() if not name.startswith("_")]


def type_text(value: Any) -> str:
    """An annotation as a reader would write it."""
    text = value if isinstance(value, str) else inspect.formatannotation(value)
    return shorten(re.sub(r"\b(?:regwire|typing|collections\.abc)(?:\.\w+)*\.(\w+)", r"\1", text))


def signature(value: Any) -> str:
    """The parameters of a callable; nothing when it does not tell them."""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return "(...)"
    return re.sub(r"\b(?:regwire|typing|collections\.abc)(?:\.\w+)*\.(\w+)", r"\1", str(found)).replace("\n", " ")


def entry(kind: str, title: str, text: str, *, fence: int = 5) -> Iterator[str]:
    """One object in Sphinx's Python domain, so that it is indexed and can be linked."""
    marks = ":" * fence
    yield from (f"{marks}{{py:{kind}}} {title}", "", text, marks, "")


def shorten(text: str, limit: int = 160) -> str:
    """Cut a long text and show that it was cut."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def markdown(text: str | None) -> str:
    """A docstring as Markdown that cannot be mistaken for HTML, links or headings."""
    lines = inspect.cleandoc(text or "").splitlines()
    return "\n".join(escape(line) for line in sections(lines))


def sections(lines: list[str]) -> Iterator[str]:
    """Turn `Args:`, `Raises:` and their like into lists: an entry a line, its continuation indented."""
    inside = False
    for index, line in enumerate(lines):
        if SECTION.fullmatch(line) and index + 1 < len(lines) and lines[index + 1].startswith("    "):
            inside = True
            yield from ("", f"**{line.rstrip(':')}**", "")
        elif inside and line.startswith("    ") and not line.startswith("     "):
            yield "- " + re.sub(r"^(\*{0,2}\w+)(?: \([^)]*\))?:", r"`\1`:", line.strip())
        elif inside and line.startswith("     "):
            yield "  " + line.strip()
        else:
            inside = inside and not line
            yield "" if line.strip() == "::" else line


SECTION = re.compile(r"(Args|Arguments|Attributes|Parameters|Raises|Returns|Yields|Note|Notes|Example|Examples):")


def escape(line: str) -> str:
    """Escape `<` outside of code (`<domain:create>` would read as a link) and what would read as a heading."""
    if line.startswith("    "):
        return line
    if re.fullmatch(r"\s*(-{3,}|={3,})\s*", line):
        return "\\" + line.strip()
    line = re.sub(r":(?:py:)?(?:mod|class|func|meth|exc|attr|data|obj):(?=`)", "", line)
    parts = re.split(r"(`+[^`]*`+)", line)
    text = "".join(part if part.startswith("`") else part.replace("<", "\\<") for part in parts)
    return re.sub(r"^(\s*)#", r"\1\\#", text)
