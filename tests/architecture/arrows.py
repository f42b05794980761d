"""The arrows between packages and crates, as the architecture draws them, and how to find those that go back."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# From the top down. Packages of one layer do not import each other unless SIDEWAYS says so.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"cli"}),
    frozenset({"catch", "bench"}),
    frozenset({"testing"}),
    frozenset({"registry"}),
    frozenset({"trio", "blocking"}),
    frozenset({"epp", "iris", "rrp", "whois", "whoispp", "rwhois", "rdap"}),
    frozenset({"beep"}),
    frozenset({"session", "sasl"}),
    frozenset({"schema"}),
    frozenset({"errors"}),
)
# The clients for blocking code run on trio's; a session authenticates by a mechanism.
SIDEWAYS = frozenset({("blocking", "trio"), ("session", "sasl")})
# BEEP's channels serve one protocol only; its driver and what tests it may know them too.
ONLY_FOR = {"beep": frozenset({"iris", "trio", "testing"})}
TRIO_FROM = frozenset({"trio", "blocking", "registry", "testing", "catch", "bench", "cli"})
# Whoever imports any module runs these first.
ROOT_MAY_IMPORT = frozenset({"errors"})

RUST_ARROWS = {
    "python": frozenset({"reactor", "tls", "framing", "sys", "plan", "xml"}),
    "reactor": frozenset({"tls", "framing", "sys"}),
    "plan": frozenset({"xml"}),
    "tls": frozenset(),
    "framing": frozenset(),
    "sys": frozenset(),
    "xml": frozenset(),
}
UNSAFE_IN = frozenset({"python", "sys"})

_CYTHON = re.compile(r"^\s*(?:from\s+([\w.]+)\s+c?import|c?import\s+([\w.]+))", re.MULTILINE)


@dataclass(frozen=True)
class Import:
    """One import: where it stands, in which package, and what it names in full."""

    path: Path
    line: int
    package: str
    target: str


def _absolute(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    keep = len(parts) - node.level + (1 if is_package else 0)
    return ".".join([*parts[:keep], *([node.module] if node.module else [])])


def _python_targets(path: Path, module: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, module, path.stem == "__init__")
            # `from regwire import epp` names a package by its alias.
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _is_import_module(node):
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield node.lineno, name.value


def _is_import_module(node: ast.Call) -> bool:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"import_module", "__import__"} and bool(node.args)


def _cython_targets(path: Path) -> Iterator[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    for match in _CYTHON.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1) or match.group(2)


def imports(source: Path) -> Iterator[Import]:
    """Every import below `source` (the folder that holds the package regwire), also those inside functions."""
    for path in sorted(source.rglob("*")):
        if path.suffix not in {".py", ".pyi", ".pyx", ".pxd", ".pxi"}:
            continue
        parts = path.relative_to(source).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        package = "" if module == "regwire" else parts[1]
        targets = _cython_targets(path) if path.suffix in {".pyx", ".pxd", ".pxi"} else _python_targets(path, module)
        for line, target in targets:
            yield Import(path, line, package, target)


def _layer(package: str) -> int | None:
    return next((index for index, layer in enumerate(LAYERS) if package in layer), None)


def fault_of(found: Import) -> str | None:
    """Why this import may not be, or None."""
    root, _, rest = found.target.partition(".")
    if root == "trio":
        return None if found.package in TRIO_FROM else "nothing at or below a protocol package imports trio"
    if root == "regwire_native":
        return None if found.package not in {"errors"} else "errors stands alone"
    if root != "regwire":
        return None
    to = rest.partition(".")[0]
    if found.package == "":
        unknown = _layer(to) is None
        return None if unknown or to in ROOT_MAY_IMPORT else "importing regwire must not load its packages"
    return _arrow_fault(found.package, to)


def _arrow_fault(package: str, to: str) -> str | None:
    start, end = _layer(package), _layer(to)
    if start is None:
        return f"the architecture knows no package {package}"
    if end is None or to == package:
        return None
    if to in ONLY_FOR and package not in ONLY_FOR[to]:
        return f"{to} is imported by {', '.join(sorted(ONLY_FOR[to]))} only"
    if end > start or (package, to) in SIDEWAYS:
        return None
    return "packages of one layer do not import each other" if end == start else "the arrow goes back"


def crate_dependencies(manifest: Path) -> frozenset[str]:
    """All packages that a Cargo manifest names, for whatever target or purpose."""
    with manifest.open("rb") as file:
        data = tomllib.load(file)
    tables = [data, *data.get("target", {}).values()]
    names: set[str] = set()
    for table in tables:
        for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
            names.update(
                value.get("package", name) if isinstance(value, dict) else name
                for name, value in table.get(kind, {}).items()
            )
    return frozenset(names)


def crate_faults(name: str, dependencies: frozenset[str]) -> list[str]:
    """What a crate of this name may not depend on."""
    if name not in RUST_ARROWS:
        return [f"the architecture knows no crate {name}"]
    faults = [
        f"{name} must not depend on {dependency}"
        for dependency in sorted(dependencies)
        if dependency.startswith("regwire-") and dependency.removeprefix("regwire-") not in RUST_ARROWS[name]
    ]
    if name != "python" and "pyo3" in dependencies:
        faults.append(f"{name} must not know PyO3")
    return faults
