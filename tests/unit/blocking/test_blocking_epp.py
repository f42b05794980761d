"""Blocking clients over the background thread: from several threads, closed, interrupted servers."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from regwire import epp
from regwire.blocking.epp import Pool, connect
from regwire.errors import (
    AuthenticationError,
    ConnectFailed,
    NotSent,
    ObjectDoesNotExist,
    ObjectExists,
    OutcomeUnknown,
)
from regwire.testing.server import ServerThread


def background() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "regwire"]


def test_typed_methods(epp_server: ServerThread) -> None:
    with epp_server.connect() as client:
        assert client.check_domain("a.example").items[0].name.avail
        client.create_domain("a.example", auth_info="2fooBAR")
        with pytest.raises(ObjectExists):
            client.create_domain("a.example", auth_info="2fooBAR")
        assert client.info_domain("a.example").cl_id == "reg-a"
        assert client.greeting.sv_id == "regwire"
        assert client.hello().sv_id == "regwire"
        assert client.poll() is None
        response = client.send(epp.command(epp.DomainInfo(epp.DomainInfoName("b.example"))))
        assert response.results[0].code == 2303
        client.delete_domain("a.example")
        with pytest.raises(ObjectDoesNotExist):
            client.info_domain("a.example")


def test_the_thread_ends_with_its_last_client(epp_server: ServerThread) -> None:
    assert background() == []
    with epp_server.connect() as first:
        second = epp_server.connect("reg-b")
        assert background() == ["regwire"]
        second.close()
        second.close()
        assert background() == ["regwire"]
        first.check_domain("a")
    assert background() == []
    with pytest.raises(NotSent):
        first.check_domain("a")


def test_many_threads_share_a_client_and_never_swap_replies(epp_server: ServerThread) -> None:
    with epp_server.connect() as client, ThreadPoolExecutor(8) as threads:

        def work(number: int) -> bool:
            name = f"n{number}.example"
            return bool(client.check_domain(name).items[0].name.name == name)

        assert all(threads.map(work, range(200)))


def test_pool(epp_server: ServerThread) -> None:
    options: dict[str, Any] = {"client_id": "reg-a", "password": epp_server.password, "tls": None}
    with (
        Pool(epp_server.host, epp_server.port, size=3, **options) as pool,
        ThreadPoolExecutor(6) as threads,
    ):
        assert 1 <= pool.ready <= 3
        names = [f"n{i}.example" for i in range(60)]
        assert [d.items[0].name.name for d in threads.map(pool.check_domain, names)] == names
        results = pool.send_many(epp.command(epp.DomainCheck((name,))) for name in names)
        assert [result.results[0].code for result in results if isinstance(result, epp.Response)] == [1000] * 60
        answers = pool.ask_many(epp.command(epp.DomainCheck((name,))) for name in names)
        assert [data.items[0].name.name for data in answers if isinstance(data, epp.DomainCheckData)] == names
    assert background() == []


def test_a_pool_that_is_open_is_not_opened_again(epp_server: ServerThread) -> None:
    pool = Pool(epp_server.host, epp_server.port, client_id="reg-a", password=epp_server.password, tls=None)
    for _ in range(2):
        with pool.open() as same:
            assert same is pool
            assert pool.open() is pool
            pool.check_domain("a.example")
        assert background() == []


def test_a_call_that_meets_the_end_of_the_last_client_was_not_sent(epp_server: ServerThread) -> None:
    """As when one thread closes it while another one is about to send."""
    client = epp_server.connect()
    portal, inner = client._running()
    client.close()
    with pytest.raises(NotSent, match="the client is closed"):
        portal.call(inner.send, epp.command(epp.DomainCheck(("a.example",))))


def test_what_cannot_be_opened_leaves_nothing_behind(epp_server: ServerThread) -> None:
    with pytest.raises(AuthenticationError):
        connect(epp_server.host, epp_server.port, client_id="reg-a", password="wrong-1", tls=None)
    assert background() == []
    with pytest.raises(ConnectFailed):
        connect("127.0.0.1", 1, client_id="reg-a", password="wrong-1", tls=None)
    with pytest.raises(AuthenticationError):
        Pool(epp_server.host, epp_server.port, client_id="reg-a", password="wrong-1", tls=None).open()
    assert background() == []


def test_a_server_that_goes_away() -> None:
    server = ServerThread()
    with server:
        client = server.connect()
        client.check_domain("a")
    with pytest.raises((NotSent, OutcomeUnknown)):
        client.check_domain("a")
    client.close()
    assert background() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_must_open_its_own(epp_server: ServerThread) -> None:
    with epp_server.connect() as client:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                client.check_domain("a")
                os.write(write, b"sent")
            except NotSent:
                os.write(write, b"refused")
            finally:
                os._exit(0)
        os.close(write)
        os.waitpid(child, 0)
        with os.fdopen(read, "rb") as answer:
            assert answer.read() == b"refused"
        assert client.check_domain("a").items[0].name.avail
