"""The questions of resolution, asked of a DNS server on loopback."""

from __future__ import annotations

from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
import trio

from regwire.errors import ConnectFailed
from regwire.iris.resolve import Naptr, Question, Srv
from regwire.trio._iris_dns import Dns
from regwire.trio.iris import LookupConfig, lookup

RECORDS = {
    ("a.example.", "NAPTR"): [
        '100 10 "S" "DREG1:iris.xpc:iris.lwz" "" _IRIS._tcp.A.example.',
        '100 20 "" "DCHK1:iris.xpc" "!x!y!" .',
    ],
    ("_iris._tcp.a.example.", "SRV"): ["10 60 7130 Server.example."],
}


def reply(octets: bytes) -> bytes:
    query = dns.message.from_wire(octets)
    answer = dns.message.make_response(query)
    (question,) = query.question
    name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
    found = RECORDS.get((name, kind))
    if name == "broken.example.":
        answer.set_rcode(dns.rcode.SERVFAIL)
    elif found is None:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    else:
        answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
    return bytes(answer.to_wire())


async def serve(task_status: Any) -> None:
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as sock:
        await sock.bind(("127.0.0.1", 0))
        task_status.started(sock.getsockname()[1])
        while True:
            octets, peer = await sock.recvfrom(4096)
            await sock.sendto(reply(octets), peer)


def run(test: Any) -> None:
    async def bounded() -> None:
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                port = await nursery.start(serve)
                await test(Dns(nameservers=["127.0.0.1"], port=port, seconds=10.0))
                nursery.cancel_scope.cancel()

    trio.run(bounded)


def test_records() -> None:
    async def test(ask: Dns) -> None:
        found: Any = await ask(Question("a.example", "NAPTR"))
        assert sorted(found, key=lambda record: record.preference) == [
            Naptr(100, 10, "S", "DREG1:iris.xpc:iris.lwz", "", "_iris._tcp.a.example"),
            Naptr(100, 20, "", "DCHK1:iris.xpc", "!x!y!", "."),
        ]
        assert await ask(Question("_iris._tcp.a.example", "SRV")) == [Srv(10, 60, 7130, "server.example")]

    run(test)


def test_no_records_are_no_problem() -> None:
    async def test(ask: Dns) -> None:
        assert await ask(Question("none.example", "NAPTR")) == ()
        assert ask.problem == ""

    run(test)


def test_a_server_that_fails_is_named() -> None:
    async def test(ask: Dns) -> None:
        assert await ask(Question("broken.example", "SRV")) == ()
        assert ask.problem.startswith("broken.example SRV: ")

    run(test)


def test_addresses() -> None:
    async def test(ask: Dns) -> None:
        assert "127.0.0.1" in (await ask(Question("localhost", "ADDRESS")) or ())
        assert await ask(Question("127.0.0.1", "ADDRESS")) == ("127.0.0.1",)

    run(test)


def test_a_lookup_says_why_nobody_was_found() -> None:
    async def test(ask: Dns) -> None:
        async def no_addresses(question: Question) -> Any:
            return () if question.kind == "ADDRESS" else await ask(question)

        with pytest.raises(ConnectFailed, match=r"a\.example: no server found for dreg1"):
            await lookup("iris:dreg1//a.example", config=LookupConfig(dns=no_addresses))

    run(test)
