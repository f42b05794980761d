"""The suites by name, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable

from harness.items import Item
from suites import codec, whole_path
from suites.context import Context

SUITES: dict[str, Callable[[Context], list[Item]]] = {
    "whole-path": whole_path.run,
    "codec": codec.run,
}
