"""The README: its Python compiles and what it imports exists, its links lead somewhere, its make targets are there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Without docs/reference/api: a build generates it.
WRITTEN = [path for path in sorted((ROOT / "docs").rglob("*.md")) if "api" not in path.parts]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *WRITTEN]


def test_the_two_commands_come_first():
    first = re.search(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert first is not None
    assert re.findall(r"^\$ (make \w+)", first[1], re.MULTILINE) == ["make run", "make test"]


def test_python_imports_exist():
    blocks = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        tree = ast.parse(block)
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(imports, []), "README.md", "exec"), {})


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"`make ([\w-]+)`", README))
    assert targets >= {"build", "test", "lint", "bench", "fuzz", "docs"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
