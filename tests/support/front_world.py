"""The EPP front without a network: commands through their octets, a registry in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from registry_world import PASSWORD, START

from regwire.epp import auth_info, command, decode, encode
from regwire.epp.codes import Reply
from regwire.epp.compose import response
from regwire.epp.messages import domain as d
from regwire.epp.messages.core import Command, Response
from regwire.registry.clock import MovableClock
from regwire.registry.config import Config, StoreSettings
from regwire.registry.engine import Registry, open_registry
from regwire.registry.fronts.epp import epp_handlers


class FakeRun:
    """What the front uses of a run."""

    def __init__(self, account: str, commands: list[Command]) -> None:
        self.session = SimpleNamespace(client_id=account, number=1, peer=SimpleNamespace(address=("192.0.2.7", 4711)))
        self.commands = commands
        self.results: dict[int, Any] = {}

    def reply(self, i: int, result: Any) -> None:
        assert i not in self.results
        self.results[i] = result


class Front:
    """A registry in memory behind its EPP front."""

    def __init__(self, registry: Registry, clock: MovableClock) -> None:
        self.clock = clock
        self.registry = registry
        self._batch = epp_handlers(registry).batch_handler

    async def run(self, *runs: tuple[str, list[Any]]) -> list[list[Response]]:
        """Execute runs in one batch; return the responses as a client would decode them."""
        fakes = [FakeRun(account, [as_command(message) for message in messages]) for account, messages in runs]
        await self._execute(fakes)
        return [[as_response(fake.results[i]) for i in range(len(fake.commands))] for fake in fakes]

    async def result(self, account: str, message: Any) -> Any:
        """Execute one command; return what the handler gave."""
        fake = FakeRun(account, [as_command(message)])
        await self._execute([fake])
        return fake.results[0]

    async def _execute(self, runs: list[FakeRun]) -> None:
        assert self._batch is not None
        rest = self._batch(runs)
        if rest is not None:
            await rest

    async def ask(self, account: str, message: Any) -> Response:
        ((answer,),) = await self.run((account, [message]))
        return answer

    async def must(self, account: str, message: Any) -> Any:
        answer = await self.ask(account, message)
        assert code(answer) < 2000, answer
        return answer.res_data[0] if answer.res_data else None


def as_command(message: Any) -> Command:
    """Take the command through its octets, as a server gets it."""
    decoded = decode(encode(message if isinstance(message, Command) else command(message, cl_trid="ABC-1")))
    assert isinstance(decoded, Command)
    return decoded


def as_response(result: Any) -> Response:
    """Take a handler's result through the octets of its response."""
    if isinstance(result, int):
        result = Reply(result)
    elif not isinstance(result, Reply):
        result = Reply(1000, (result,))
    decoded = decode(encode(response(result, "SV-1", "ABC-1")))
    assert isinstance(decoded, Response)
    return decoded


def code(answer: Response) -> int:
    return answer.results[0].code


def value(answer: Response) -> tuple[bytes, str]:
    """The value at fault and the reason."""
    (item,) = answer.results[0].values
    return item.value.element.xml, item.reason.text  # type: ignore[union-attr]


@asynccontextmanager
async def fronted(**settings: Any) -> AsyncIterator[Front]:
    clock = MovableClock(START)
    async with open_registry(Config(store=StoreSettings(kind="memory"), **settings), clock=clock) as registry:
        yield Front(registry, clock)


def create(name: str = "a.example", extension: Any = (), **more: Any) -> Command:
    return command(d.DomainCreate(name, auth_info=auth_info(PASSWORD), **more), extension)
