"""Dated records: what was measured, on which class of machine, with which versions."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import builds, machine
from harness.items import Item, Skipped

FOLDER = builds.BENCH / "records"


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(command, cwd=builds.ROOT, capture_output=True, text=True, check=False, timeout=20)
    return done.stdout.strip() or "unknown"


def write(items: Sequence[Item | Skipped], selection: str, loads: tuple[str, str], folder: Path = FOLDER) -> Path:
    """Write one record, named by date and selection; the path."""
    now = dt.datetime.now(dt.UTC)
    record: dict[str, Any] = {
        "date": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "selection": selection,
        "commit": _commit(),
        "profile": "release",
        "machine": machine.describe(),
        "load average before and after": list(loads),
        "items": [_plain(item) for item in items],
    }
    folder.mkdir(exist_ok=True)
    path = folder / f"{now:%Y-%m-%d-%H%M}-{selection}.json"
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return path


def _plain(item: Item | Skipped) -> dict[str, Any]:
    data = dataclasses.asdict(item)
    if isinstance(item, Item):
        data["verdict"] = item.verdict
    return data
