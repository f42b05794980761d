"""What tests of registry software need.

- `memory_server(handlers)`: a server in memory, with clients and scripted peers; moves with a test's clock.
- `iris_memory_server(handlers)`: the same for IRIS over XPC.
- `ScriptedPeer`: one end of a connection that splits, stalls, cuts and corrupts.
- `FakeRegistry`: a registry in dictionaries, with a clock that moves and faults on demand.
- `autojump_clock()`: time that jumps to the next deadline when every task waits.
- `regwire.testing.pytest_plugin`: fixtures, found by pytest when regwire is installed.

A test::

    @trio.testing.trio_test
    async def test_transfer(regwire_clock, epp_registry):
        async with memory_server(epp_registry.handlers()) as server, server.client("reg-a") as client:
            await client.create_domain("a.example", auth_info="2fooBAR")
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regwire.testing._memory import MemoryPeer, MemoryReactor, MemoryStream
    from regwire.testing.clock import autojump_clock
    from regwire.testing.epp import MemoryServer, accept_everybody, login_command, memory_server
    from regwire.testing.iris import IrisMemoryServer, MemoryXpcReactor, iris_memory_server
    from regwire.testing.peer import ScriptedPeer, frame, stream_pair
    from regwire.testing.registry import FakeRegistry

__all__ = [
    "FakeRegistry",
    "IrisMemoryServer",
    "MemoryPeer",
    "MemoryReactor",
    "MemoryServer",
    "MemoryStream",
    "MemoryXpcReactor",
    "ScriptedPeer",
    "accept_everybody",
    "autojump_clock",
    "frame",
    "iris_memory_server",
    "login_command",
    "memory_server",
    "stream_pair",
]

_HOMES = {
    "FakeRegistry": "registry",
    "IrisMemoryServer": "iris",
    "MemoryPeer": "_memory",
    "MemoryReactor": "_memory",
    "MemoryServer": "epp",
    "MemoryStream": "_memory",
    "MemoryXpcReactor": "iris",
    "ScriptedPeer": "peer",
    "accept_everybody": "epp",
    "autojump_clock": "clock",
    "frame": "peer",
    "iris_memory_server": "iris",
    "login_command": "epp",
    "memory_server": "epp",
    "stream_pair": "peer",
}


def __getattr__(name: str) -> Any:
    # pytest imports this package to load the plugin, in every project of the environment: nothing is imported before
    # it is used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
