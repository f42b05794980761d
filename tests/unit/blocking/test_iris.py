"""The blocking IRIS client against a server in another thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import trio
from iris_rig import port_of, running
from iris_world import lookup

from regwire import errors
from regwire.blocking.iris import SaslClient, connect
from regwire.trio.iris import LwzListener, XpcListener


@pytest.fixture
def server() -> Iterator[Any]:
    """A running server; its object."""
    found: list[Any] = []
    ready, stop = threading.Event(), trio.Event()
    tokens: list[Any] = []

    async def main() -> None:
        tokens.append(trio.lowlevel.current_trio_token())
        async with running(listeners=(XpcListener(port=0), LwzListener(port=0))) as running_server:
            found.append(running_server)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=trio.run, args=(main,))
    thread.start()
    assert ready.wait(10)
    yield found[0]
    trio.from_thread.run_sync(stop.set, trio_token=tokens[0])
    thread.join(10)
    assert not thread.is_alive()


def names(response: Any) -> list[str]:
    return [result.entity_name for part in response.result_sets for result in part.answer.results]


def test_ask_from_many_threads(server: Any) -> None:
    with connect("127.0.0.1", port_of(server), sasl=SaslClient(user="bob", password="kEw1")) as client:
        assert (client.transport, client.identity, client.closed) == ("xpc", "bob", False)
        assert client.versions == client.ask_versions() or client.versions is not None
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda n: names(client.ask(lookup(f"d{n}"))), range(40)))
        assert answers == [[f"d{n}"] for n in range(40)]
        with pytest.raises(errors.AuthorityNotServed):
            client.ask(lookup("a"), authority="example.org")
    assert client.closed
    with pytest.raises(errors.NotSent, match="closed"):
        client.ask(lookup("a"))


def test_datagrams(server: Any) -> None:
    with connect("127.0.0.1", port_of(server, "lwz"), transport="lwz") as client:
        assert names(client.ask(lookup("transport"), authority="example.com")) == ["lwz-clear"]


def test_nobody_there() -> None:
    with pytest.raises(errors.ConnectFailed):
        connect("127.0.0.1", 1)
