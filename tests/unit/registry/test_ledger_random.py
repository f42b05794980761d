"""Random commands of two registrars who have little money: the ledger balances, and replies tell the truth."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from registry_world import PASSWORD, A, B, World

from regwire.registry.config import parse_config
from regwire.registry.model import requests as r
from regwire.registry.model.fees import FeeCharged
from regwire.registry.model.money import Deposit, ReadBalances, ReadEntries, SetCreditLimit
from regwire.registry.model.tokens import AddTokens, GivenToken, Token, digest_of
from regwire.registry.rules import ledger

SETTINGS = """
[registry]
zones = ["example"]
[policy]
restore_report = 3
[policy.allocation_token]
enabled = true
[policy.fee]
currency = "EUR"
create = "10.00"
renew = "7.00"
transfer = "5.00"
restore = "20.00"
"""
NAMES = tuple(f"n{i}.example" for i in range(5))
#: What a refund gives back, and only that.
PAID = {f"refund {reason}": reason for reason in ("create", "renew", "transfer", "autoRenew")}


class Play:
    """One random game."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = World(config=parse_config(SETTINGS, Path("registry.toml")))
        self.codes: Counter[int] = Counter()
        for account, limit in ((A, "0"), (B, "25")):
            self.world.must("-", Deposit(account, "EUR", Decimal(60)))
            self.world.must("-", SetCreditLimit(account, "EUR", Decimal(limit)))
        self.world.must(
            "-", AddTokens((Token(digest_of("half"), uses=None, discount=50, commands=("create", "transfer")),))
        )

    def balances(self) -> dict[str, int]:
        return {have.account: have.amount for have in self.world.must("-", ReadBalances())}

    def request(self) -> r.Request:
        pick, name = self.random.choice, self.random.choice(NAMES)
        token = (GivenToken("half"),) if self.random.random() < 0.2 else ()
        info = self.world.ask(A, r.InfoDomain(name))
        expires = info.data.domain.expires.date() if info.code == 1000 else self.world.clock.now().date()  # type: ignore[attr-defined]
        return pick(
            [
                r.CreateDomain(name, r.Period(pick((1, 2))), auth=PASSWORD, extensions=token),
                r.DeleteDomain(name),
                r.RenewDomain(name, expires, r.Period(pick((1, 1, 3)))),
                r.TransferDomain("request", name, r.Period(1), r.AuthInfo(PASSWORD), extensions=token),
                r.TransferDomain(pick(("approve", "reject", "cancel")), name),
                r.RestoreDomain(name, "request"),
                r.UpdateDomain(name, auth=PASSWORD),
            ]
        )

    def step(self) -> None:
        roll = self.random.random()
        if roll < 0.15:
            self.world.clock.advance(timedelta(days=self.random.choice((1, 4, 6, 40, 200))))
            # What time made due is written down by the next group.
            self.world.ask(A, r.UpdateDomain("nothing.example", auth=""))
            return
        if roll < 0.2:
            amount = Decimal(self.random.randint(-30, 40))
            self.codes[self.world.code("-", Deposit(self.random.choice((A, B)), "EUR", amount))] += 1
            return
        account, request = self.random.choice((A, B)), self.request()
        before = self.balances()
        outcome = self.world.ask(account, request)
        self.codes[outcome.code] += 1
        after = self.balances()
        told = [found for found in outcome.extensions if isinstance(found, FeeCharged)]
        if outcome.code >= 2000:
            assert after == before, (request, outcome)
        elif told:
            (charged,) = told
            assert charged.balance is not None
            assert charged.balance * 100 == after[account], request
            assert (after[account] - before[account]) == -100 * sum(line.amount for line in charged.lines), request


@pytest.mark.parametrize("seed", range(12))
def test_random_commands_keep_the_ledger_balanced(seed: int) -> None:
    play = Play(seed)
    for number in range(150):
        play.step()
        if number % 10 == 0:
            with play.world.store.read() as view:
                assert ledger.problems(view) == [], (seed, number)
    with play.world.store.read() as view:
        assert ledger.problems(view) == []
    check_refunds(play.world.must("-", ReadEntries(limit=10_000)))


def check_refunds(entries: list[Any]) -> None:
    """Nothing is given back that was not taken, and nothing twice."""
    taken: Counter[tuple[str, str, str, int]] = Counter()
    for entry in entries:
        if entry.reason in PAID:
            key = (entry.credit, entry.name, PAID[entry.reason], entry.amount)
            taken[key] -= 1
            assert taken[key] >= 0, entry
        elif entry.name:
            taken[entry.debit, entry.name, entry.reason, entry.amount] += 1


def test_the_games_reach_what_they_are_for() -> None:
    codes: Counter[int] = Counter()
    reasons: Counter[str] = Counter()
    for seed in range(12):
        play = Play(seed)
        for _ in range(150):
            play.step()
        codes += play.codes
        reasons += Counter(entry.reason for entry in play.world.must("-", ReadEntries(limit=10_000)))
    assert codes[2104] > 20, codes
    assert {*PAID, *PAID.values(), "restore", "payment", "payout"} <= set(reasons), reasons
