"""A registry under load in a process of its own, to be killed: ``python registry_load.py FOLDER ROUND``.

Eight tasks create names, ask for transfers of them and acknowledge poll messages, all of it billed; every acknowledged
outcome is told on standard output, one line each, after its commit.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import trio

from regwire.registry.config import Config, PolicySettings
from regwire.registry.engine import Registry, open_registry
from regwire.registry.model.money import Deposit
from regwire.registry.model.requests import (
    AuthInfo,
    CreateDomain,
    PollAck,
    PollRequest,
    TransferDomain,
)
from regwire.registry.rules.prices import FeeSettings

PASSWORD = "a-password-of-20-chars"
CREATE, TRANSFER = Decimal("1.00"), Decimal("0.70")


def configured(folder: Path) -> Config:
    """Return the settings of the registry under load."""
    fees = FeeSettings(currency="EUR", create=CREATE, transfer=TRANSFER)
    return Config(directory=folder, policy=PolicySettings(add_grace=0, transfer_grace=0), features={"fee": fees})


async def load(registry: Registry, task: int, round: str) -> None:
    """Create, request, acknowledge, for ever."""
    number = 0
    while True:
        name = f"r{round}-t{task}-{number}.example"
        number += 1
        calls = [
            registry.call("reg-a", CreateDomain(name, auth=PASSWORD)),
            registry.call("reg-b", TransferDomain("request", name, auth=AuthInfo(PASSWORD))),
            registry.call("reg-a", TransferDomain("approve", name)),
        ]
        codes = [outcome.code for outcome in await registry.submit(calls)]
        assert codes == [1000, 1001, 1000], codes
        told = [f"domain {name}"]
        if task == 0:
            # One task only, or two would acknowledge the same message.
            with registry.reading() as reading:
                polled = reading.decide("reg-a", PollRequest()).data
            acked = str(polled.message.id)  # type: ignore[attr-defined]
            outcome = (await registry.submit([registry.call("reg-a", PollAck(acked))]))[0]
            assert outcome.code == 1000, outcome
            told.append(f"acked {acked}")
        sys.stdout.write("".join(line + "\n" for line in told))
        sys.stdout.flush()


async def main() -> None:
    """Run until killed."""
    async with open_registry(configured(Path(sys.argv[1]))) as registry, trio.open_nursery() as nursery:
        deposits = [Deposit(account, "EUR", Decimal(1_000_000)) for account in ("reg-a", "reg-b")]
        outcomes = await registry.submit([registry.call("-", deposit) for deposit in deposits])
        assert all(outcome.code == 1000 for outcome in outcomes), outcomes
        for task in range(8):
            nursery.start_soon(load, registry, task, sys.argv[2])


if __name__ == "__main__":
    trio.run(main)
