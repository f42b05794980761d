"""Every command and every file of the guides and how-tos works, and prints what the page says."""

from pathlib import Path

import pytest
from pages import Step, compare, read_console, read_page, run_page, uses

ROOT = Path(__file__).parent.parent.parent
# The page about messages is one program without commands: tests/unit/epp/test_how_to.py runs it.
PAGES = [
    path
    for path in sorted([*(ROOT / "docs/guide").glob("*.md"), *(ROOT / "docs/how-to").glob("*.md")])
    if path.stem != "messages"
]


def test_there_are_pages():
    assert {path.stem for path in PAGES} >= {"first-registration", "own-back-end", "private-extension"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page_works(path, tmp_path):
    page = read_page(path)
    assert page.loose == [], "a Python block that is no file is never run"
    assert [name for name in page.files if not uses(page, name)] == []
    assert page.steps, "a page that runs nothing shows nothing"
    assert run_page(page, tmp_path) == ""


def test_the_back_end_is_short():
    files = read_page(ROOT / "docs/guide/own-back-end.md").files
    assert len(files["backend.py"].splitlines()) <= 50
    files = read_page(ROOT / "docs/how-to/iris-back-end.md").files
    assert len(files["service.py"].splitlines()) <= 50


def test_comparison_finds_what_is_missing():
    steps = [Step("a", ["x … z", "lost"]), Step("b", ["x"])]
    problems = compare(steps, "@@@ 0\nx   y z\n@@@ 1\nx\n", "1")
    assert "should print 'lost'" in problems
    assert "x … z" not in problems
    assert "$ b" not in problems


def test_console_blocks_continue_over_lines():
    steps = read_console("$ one \\\n    two\nout\n$ three &\n")
    assert [(step.command, step.output) for step in steps] == [("one two", ["out"]), ("three &", [])]


def test_a_command_that_fails_is_a_problem(tmp_path):
    page = read_page(ROOT / "docs/guide/first-registration.md")
    page.steps = [Step("false")]
    assert "failed 0 1" in run_page(page, tmp_path)
