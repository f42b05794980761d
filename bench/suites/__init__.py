"""The suites by name, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable

from harness.items import Item
from suites import checks, client, codec, echo, growth, idle, lwz, registry, whole_path, xpc
from suites.context import Context

SUITES: dict[str, Callable[[Context], list[Item]]] = {
    "whole-path": whole_path.run,
    "growth": growth.run,
    "codec": codec.run,
    "checks": checks.run,
    "echo": echo.run,
    "client": client.run,
    "idle": idle.run,
    "registry": registry.run,
    "lwz": lwz.run,
    "xpc": xpc.run,
}
