"""The blocking methods are those of the asynchronous clients: written by a script, and not touched since."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "blocking_commands.py"


def script() -> ModuleType:
    if not SCRIPT.exists():
        pytest.skip("no scripts beside the tests")
    spec = importlib.util.spec_from_file_location("blocking_commands", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_there_is_what_the_script_writes() -> None:
    module = script()
    source, target = (path.read_text(encoding="utf-8") for path in (module.SOURCE, module.TARGET))
    assert module.same(source, target), "run scripts/blocking_commands.py"


def test_a_change_on_either_side_is_seen() -> None:
    module = script()
    source, target = (path.read_text(encoding="utf-8") for path in (module.SOURCE, module.TARGET))
    assert not module.same(source, target.replace("def poll(", "def polls("))
    assert not module.same(source.replace("def delete_host(", "def remove_host("), target)
