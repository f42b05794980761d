"""The blocking BEEP client against a server in another thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import trio

from regwire.blocking.beep import BeepError, SaslClient, connect
from regwire.errors import ConnectFailed, NotSent, OutcomeUnknown
from regwire.sasl import Credentials, SaslServer
from regwire.trio.beep import Listener, Message, Profiles, Request, serve

ECHO = "http://example.com/beep/echo"
COUNT = "http://example.com/beep/count"


def _profiles() -> Profiles:
    profiles = Profiles()

    @profiles.profile(ECHO)
    def echo(request: Request) -> Message:
        if request.message.body == b"refuse":
            raise BeepError(550, "not today")
        return request.message

    @profiles.profile(COUNT)
    def count(request: Request) -> Iterator[bytes]:
        return (str(number).encode() for number in range(int(request.message.body)))

    return profiles


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a running server."""
    found: list[Any] = []
    ready = threading.Event()
    credentials = Credentials()
    credentials.add("bob", "kEw1")

    async def main() -> None:
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:

                async def start(task_status: trio.TaskStatus[Any]) -> None:
                    await serve(
                        _profiles(), listeners=[Listener(port=0)], sasl=SaslServer(credentials), task_status=task_status
                    )

                server = await nursery.start(start)
                found.extend((server.listeners[0].port, trio.lowlevel.current_trio_token(), scope))
                ready.set()

    thread = threading.Thread(target=trio.run, args=(main,))
    thread.start()
    assert ready.wait(10)
    yield found[0]
    found[1].run_sync_soon(found[2].cancel)
    thread.join(20)
    assert not thread.is_alive()


def test_channels_are_asked_from_many_threads(port: int) -> None:
    with connect("127.0.0.1", port) as connection, ThreadPoolExecutor(8) as pool:
        assert {ECHO, COUNT} <= set(connection.profiles)
        channel = connection.start(ECHO)
        assert (channel.uri, connection.closed, connection.peer) == (ECHO, False, None)
        bodies = [str(number).encode() for number in range(100)]
        assert [reply.body for reply in pool.map(channel.ask, bodies)] == bodies
        with pytest.raises(BeepError, match="not today"):
            channel.ask(b"refuse")
        channel.close()
        with pytest.raises((NotSent, OutcomeUnknown, KeyError, ValueError)):
            channel.ask(b"closed")


def test_answers_of_several_are_iterated(port: int) -> None:
    with connect("127.0.0.1", port) as connection:
        channel = connection.start("http://example.com/none", COUNT)
        assert [answer.body for answer in channel.answers(b"3")] == [b"0", b"1", b"2"]
        assert list(channel.answers(b"0")) == []


def test_a_client_authenticates(port: int) -> None:
    with connect("127.0.0.1", port, sasl=SaslClient(user="bob", password="kEw1")) as connection:
        assert connection.identity == "bob"


def test_what_is_closed_or_not_there_says_so(port: int) -> None:
    connection = connect("127.0.0.1", port)
    connection.close()
    connection.close()
    assert connection.closed
    with pytest.raises(NotSent):
        connection.start(ECHO)
    with pytest.raises(ConnectFailed):
        connect("127.0.0.1", 1, timeout=2.0)
