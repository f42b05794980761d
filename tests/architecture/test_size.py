"""Files that fit a reader's head: bounds against growth, not a target."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON_FILE_LINES = 700
#: A stub lists everything of one compiled module, in the order of a reference: it is looked things up in, not read.
STUB_FILE_LINES = 1100
PYTHON_FUNCTION_LINES = 70
RUST_FILE_LINES = 900
RUST_FUNCTION_LINES = 100
_FN = re.compile(
    r"^(\s*)(?:pub(?:\([\w:]+\))?\s+)?(?:const\s+)?(?:async\s+)?(?:unsafe\s+)?(?:extern\s+\"C\"\s+)?fn\s+(\w+)"
)


def python_files() -> list[Path]:
    return [
        path
        for folder in ("src", "bench", "scripts", "native/python")
        for suffix in ("*.py", "*.pyx", "*.pxi", "*.pyi")
        for path in sorted((ROOT / folder).rglob(suffix))
        if "target" not in path.parts
    ]


def rust_files() -> list[Path]:
    """Sources; tests of a crate are tables of documents, as long as there are cases."""
    return [
        path
        for folder in ("native/crates", "bench/loadgen", "bench/peers")
        for path in sorted((ROOT / folder).rglob("*.rs"))
        if not {"target", "tests"} & set(path.parts)
    ]


def long_python_functions(text: str, limit: int) -> list[str]:
    """Functions longer than `limit` lines, docstrings not counted."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if ast.get_docstring(node, clean=False) is not None:
                docstring = node.body[0]
                length -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
            if length > limit:
                found.append(f"{node.name}: {length} lines")
    return found


def rust_functions(text: str) -> Iterator[tuple[str, int]]:
    """Names and lengths; a function ends, formatted, at the first closing brace at its own indentation."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        match = _FN.match(line)
        if match is None or line.rstrip().endswith((";", "}")):
            continue
        indent = match.group(1)
        end = next((at for at in range(number + 1, len(lines)) if lines[at] in (indent + "}", indent + ");")), number)
        yield match.group(2), end - number + 1


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_python_sizes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= (STUB_FILE_LINES if path.suffix == ".pyi" else PYTHON_FILE_LINES)
    if path.suffix == ".py":
        assert not long_python_functions(text, PYTHON_FUNCTION_LINES)


@pytest.mark.parametrize("path", rust_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_rust_sizes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= RUST_FILE_LINES
    assert not [f"{name}: {length} lines" for name, length in rust_functions(text) if length > RUST_FUNCTION_LINES]


def test_checker_sees_long_functions() -> None:
    python = "def f():\n    '''Doc.\n\n    More.\n    '''\n" + "    x = 1\n" * 5
    assert long_python_functions(python, 6) == []
    assert long_python_functions(python, 5) == ["f: 6 lines"]
    rust = "impl X {\n    pub(crate) fn f(&self) {\n        g();\n    }\n}\nfn g() {}\n"
    assert list(rust_functions(rust)) == [("f", 3)]
