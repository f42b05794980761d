"""The pytest plugin of regwire, loaded wherever regwire and pytest are installed.

Fixtures:

- `epp_registry`: a fresh `FakeRegistry`.
- `epp_memory`: `memory_server` over `epp_registry`: `async with epp_memory() as server`.
- `epp_server`: a `ServerThread` over `epp_registry`, on a real port, for blocking code.
- `regwire_clock`: time that jumps when every task waits, for `trio.testing.trio_test` and `trio.run`.

Nothing of regwire is imported before a test asks for one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    import trio.testing

    from regwire.testing.epp import MemoryServer
    from regwire.testing.registry import FakeRegistry
    from regwire.testing.server import ServerThread


@pytest.fixture
def epp_registry() -> FakeRegistry:
    """A registry in dictionaries, empty."""
    from regwire.testing.registry import FakeRegistry  # noqa: PLC0415 - not at the start of every pytest

    return FakeRegistry()


@pytest.fixture
def epp_memory(epp_registry: FakeRegistry) -> Callable[..., AbstractAsyncContextManager[MemoryServer]]:
    """Serve the registry in memory."""
    from regwire.testing.epp import memory_server  # noqa: PLC0415 - as above

    def make(**options: Any) -> AbstractAsyncContextManager[MemoryServer]:
        return memory_server(epp_registry.handlers(), **options)

    return make


@pytest.fixture
def epp_server(epp_registry: FakeRegistry) -> Iterator[ServerThread]:
    """The registry served on a real port (`host`, `port`, `password`; clients reg-a and reg-b)."""
    from regwire.testing.server import ServerThread  # noqa: PLC0415 - as above

    with ServerThread(epp_registry) as server:
        yield server


@pytest.fixture
def regwire_clock() -> trio.testing.MockClock:
    """A clock that jumps to the next deadline when every task waits."""
    from regwire.testing.clock import autojump_clock  # noqa: PLC0415 - as above

    return autojump_clock()
