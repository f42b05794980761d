"""Registrars that keep a registry in another process busy, and remember what it acknowledged."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from regwire.epp import auth_info, command
from regwire.epp.messages import domain as d
from regwire.epp.messages.core import Command, Poll, Response
from regwire.errors import RegwireError
from regwire.trio.epp import Client, ClientTls, connect

PASSWORD = "a-password-of-20-chars"


@dataclass
class Told:
    """What was acknowledged: server transaction identifiers by what they did, and the names and messages concerned."""

    transactions: set[str] = field(default_factory=set)
    created: set[str] = field(default_factory=set)
    renewed: set[str] = field(default_factory=set)
    transferred: set[str] = field(default_factory=set)
    acked: set[int] = field(default_factory=set)


class Load:
    """Several sessions of two registrars; `run` until the server dies or it is cancelled.

    Args:
        folder: of the registry, for certificates.
        passwords: by account.
        port: of the server.
        prefix: of the names, never used before.

    """

    def __init__(self, folder: Path, passwords: dict[str, str], port: int, prefix: str) -> None:
        self._folder = folder
        self._passwords = passwords
        self._port = port
        self._prefix = prefix
        self.told = Told()
        self.ready = trio.Event()

    async def run(self, sessions: int) -> None:
        """Work for ever in ``sessions`` sessions a registrar and one that polls; a lost connection ends quietly."""
        asked, offered = trio.open_memory_channel[str](100)
        async with trio.open_nursery() as nursery:
            for number in range(sessions):
                nursery.start_soon(self._quietly, "reg-a", self._registers, number, asked)
                nursery.start_soon(self._quietly, "reg-b", self._takes, offered)
            nursery.start_soon(self._quietly, "reg-a", self._polls)

    async def _quietly(self, account: str, work: Any, *arguments: Any) -> None:
        pki = self._folder / "pki"
        tls = ClientTls(
            ca=str(pki / "ca.pem"), certificate=str(pki / f"{account}.pem"), key=str(pki / f"{account}.key")
        )
        try:
            async with connect(
                "localhost", self._port, client_id=account, password=self._passwords[account], tls=tls
            ) as client:
                self.ready.set()
                await work(client, *arguments)
        except* (RegwireError, OSError):
            pass

    async def _do(self, client: Client, message: Command, code: int) -> Response:
        response = await client.send(message)
        assert response.results[0].code == code, response
        self.told.transactions.add(response.tr_id.sv_trid)
        return response

    async def _registers(self, client: Client, number: int, asked: trio.MemorySendChannel[str]) -> None:
        told = self.told
        count = 0
        while True:
            name = f"{self._prefix}-{number}-{count}.example"
            count += 1
            created = await self._do(client, command(d.DomainCreate(name, auth_info=auth_info(PASSWORD))), 1000)
            told.created.add(name)
            data: Any = created.res_data[0]
            await self._do(client, command(d.DomainRenew(name, data.ex_date.date())), 1000)
            told.renewed.add(name)
            # Asked for by somebody else; approved by time, one day.
            await asked.send(name)

    async def _takes(self, client: Client, offered: trio.MemoryReceiveChannel[str]) -> None:
        async for name in offered:
            await self._do(client, command(d.DomainTransfer(name, auth_info=auth_info(PASSWORD)), op="request"), 1001)
            self.told.transferred.add(name)

    async def _polls(self, client: Client) -> None:
        while True:
            head = await client.send(command(Poll("req")))
            if head.msg_q is None:
                await trio.sleep(0.01)
                continue
            assert head.msg_q.id is not None
            await self._do(client, command(Poll("ack", head.msg_q.id)), 1000)
            self.told.acked.add(int(head.msg_q.id))
