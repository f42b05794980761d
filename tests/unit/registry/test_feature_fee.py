"""Fees live in the registry: prices, agreement, the account, refunds; RFC 8748."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from registry_world import PASSWORD, START, A, B, World

from regwire.errors import ConfigError
from regwire.registry.config import parse_config
from regwire.registry.model import requests as r
from regwire.registry.model.fees import (
    FeeAgreed,
    FeeCharged,
    FeeLine,
    FeeQuery,
    FeeWanted,
    NameQuote,
    Premium,
    ReadPremiums,
    RemovePremiums,
    SetPremiums,
)
from regwire.registry.model.launch import (
    ApplicationStatus,
    LaunchCreated,
    LaunchGiven,
    SetApplicationStatus,
)
from regwire.registry.model.launch import Phase as PhaseGiven
from regwire.registry.model.money import Deposit, ReadBalances, ReadEntries, SetCreditLimit
from regwire.registry.model.objects import Address
from regwire.registry.model.outcomes import Refusal
from regwire.registry.rules import ledger
from regwire.registry.rules.quotes import choose_phase
from regwire.registry.store.base import Store
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore

FILE = Path("registry.toml")
SETTINGS = """
[registry]
zones = ["example", "co.test", "free.test"]
[policy.fee]
currency = "EUR"
create = "10.00"
renew = "11.50"
transfer = "9.00"
restore = "40.00"
[[policy.fee.tiers]]
name = "gold"
create = "500.00"
renew = "250.00"
[zone."free.test".fee]
currency = ""
create = 0
renew = 0
transfer = 0
restore = 0
tiers = []
[zone."co.test".fee]
currency = "JPY"
create = 1000
renew = 1000
transfer = 1000
restore = 5000
tiers = []
"""


def d(text: str) -> Decimal:
    return Decimal(text)


class Till(World):
    """A world with money in it."""

    def pay(self, account: str = A, amount: str = "100.00", currency: str = "EUR") -> None:
        self.must("-", Deposit(account, currency, d(amount)))

    def has(self, account: str = A, currency: str = "EUR") -> Decimal:
        for have in self.must("-", ReadBalances(account)):
            if have.currency == currency:
                return Decimal(have.amount) / (100 if currency == "EUR" else 1)
        return Decimal(0)

    def reasons(self, account: str = A) -> list[str]:
        return [entry.reason for entry in self.must("-", ReadEntries(account))]

    def balanced(self) -> None:
        with self.store.read() as view:
            assert ledger.problems(view) == []


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Store]:
    if request.param == "memory":
        return MemoryStore
    return lambda policies, clock: SqliteStore(tmp_path / "registry.sqlite", policies, clock)


@pytest.fixture
def build(make: Callable[..., Store]) -> Iterator[Callable[..., Till]]:
    tills: list[Till] = []

    def build(more: str = "", change: Callable[[str], str] = str) -> Till:
        tills.append(Till(make=make, config=parse_config(change(SETTINGS) + more, FILE)))
        return tills[-1]

    yield build
    for till in tills:
        till.balanced()
        till.store.close()


@pytest.fixture
def till(build: Callable[..., Till]) -> Till:
    till = build()
    till.pay(A)
    till.pay(B)
    return till


def create(name: str = "a.example", years: int = 1, *extensions: Any) -> r.CreateDomain:
    return r.CreateDomain(name, r.Period(years), auth=PASSWORD, extensions=extensions)


def agreed(amount: str, currency: str | None = None) -> FeeAgreed:
    return FeeAgreed(d(amount), currency)


def transfer(name: str = "a.example", *extensions: Any) -> r.TransferDomain:
    return r.TransferDomain("request", name, r.Period(1), r.AuthInfo(PASSWORD), extensions=extensions)


def charged(till: Till, account: str, request: r.Request) -> FeeCharged:
    outcome = till.ask(account, request)
    assert outcome.code < 2000, outcome
    (found,) = [e for e in outcome.extensions if isinstance(e, FeeCharged)]
    return found


# --- the ledger


def test_rfc8748_3_5_a_create_takes_its_price_and_tells_the_balance(till: Till) -> None:
    told = charged(till, A, create(years=3))
    line = FeeLine(d("30.00"), None, True, 5)
    assert told == FeeCharged("create", "EUR", r.Period(3), (line,), d("70.00"), d("0.00"))
    assert till.has() == 70
    assert till.has(B) == 100
    assert till.reasons() == ["payment", "create"]


def test_2104_when_the_balance_does_not_cover_it_and_nothing_changes(till: Till) -> None:
    till.must(A, create("a.example", 10))
    assert till.has() == 0
    outcome = till.ask(A, create("b.example"))
    assert (outcome.code, outcome.changes, outcome.value) == (2104, (), ("domain:name", "b.example"))
    assert till.code(A, r.InfoDomain("b.example")) == 2303
    assert till.code(A, r.RenewDomain("a.example", date(2035, 3, 1))) == 2105, "eligibility is looked at before"


def test_rfc8748_3_6_credit_is_used_to_its_limit_and_not_beyond(till: Till) -> None:
    told = till.must("-", SetCreditLimit(A, "EUR", d("15")))
    assert (told.amount, told.limit) == (10000, 1500)
    till.must(A, create("a.example", 10))
    last = charged(till, A, create("b.example"))
    assert (last.balance, last.credit_limit) == (d("-10.00"), d("15.00"))
    assert till.code(A, create("c.example")) == 2104
    assert till.code("-", SetCreditLimit(A, "EUR", d("5"))) == 2306
    till.must("-", SetCreditLimit(A, "EUR", d("10")))


def test_of_commands_in_one_group_those_are_refused_that_the_balance_does_not_cover(till: Till) -> None:
    outcomes = till.group(*[(A, create(f"n{i}.example", 3)) for i in range(5)])
    assert [outcome.code for outcome in outcomes] == [1000, 1000, 1000, 2104, 2104]
    assert till.has() == 10


def test_payments_are_the_operators_and_a_reference_is_booked_once(till: Till) -> None:
    assert till.code(A, Deposit(A, "EUR", d("5"))) == 2201
    assert till.code(A, SetCreditLimit(A, "EUR", d("5"))) == 2201
    till.must("-", Deposit(A, "EUR", d("5"), "invoice 1"))
    assert till.code("-", Deposit(A, "EUR", d("5"), "invoice 1")) == 2302
    assert till.has() == 105
    assert till.code("-", Deposit(A, "EUR", d("-105.01"))) == 2104
    till.must("-", Deposit(A, "EUR", d("-105")))
    for wrong in (
        Deposit(A, "EUR", d("0.001")),
        Deposit(A, "EUR", d("0")),
        Deposit(A, "euro", d("1")),
        Deposit("-fees", "EUR", d("1")),
        SetCreditLimit(A, "EUR", d("-1")),
    ):
        assert till.code("-", wrong) == 2004, wrong


def test_registrars_read_their_own_accounts_only(till: Till) -> None:
    assert till.must(A, ReadBalances(A))[0].amount == 10000
    assert till.code(A, ReadBalances(B)) == 2201
    assert till.code(A, ReadEntries(B)) == 2201
    assert till.code(A, ReadBalances()) == 2201
    assert [have.account for have in till.must("-", ReadBalances())] == ["-payments", A, B]
    assert [entry.credit for entry in till.must("-", ReadEntries())] == [A, B]


def test_currencies_have_their_own_minor_units(till: Till) -> None:
    till.pay(A, "2500", "JPY")
    told = charged(till, A, create("a.co.test", 2))
    assert (told.currency, told.lines[0].amount, told.balance) == ("JPY", d("2000"), d("500"))
    assert till.has() == 100


def test_the_invariant_finds_what_is_wrong(till: Till) -> None:
    till.must(A, create())
    with till.store.read() as view:
        entries, balances = view.records("entry"), view.records("balance")

    class Broken:
        def records(self, kind: str, *args: Any, after: str = "", **more: Any) -> list[Any]:
            return [] if after else (entries[:-1] if kind == "entry" else balances)

    found = ledger.problems(Broken())  # type: ignore[arg-type]
    assert len(found) == 2
    assert f"{A} has 9000 EUR, its entries make 10000" in found


# --- refunds (RFC 3915 section 3.1, RFC 8748 section 3.4.2)


def test_rfc3915_delete_in_the_add_grace_period_gives_everything_back(till: Till) -> None:
    till.must(A, create(years=2))
    till.must(A, r.RenewDomain("a.example", date(2027, 3, 1)))
    told = charged(till, A, r.DeleteDomain("a.example"))
    assert [line.amount for line in told.lines] == [d("-20.00"), d("-11.50")]
    assert (told.command, told.balance) == ("delete", d("100.00"))
    assert till.reasons() == ["payment", "create", "renew", "refund create", "refund renew"]


def test_rfc3915_after_the_grace_periods_nothing_is_given_back(till: Till) -> None:
    till.must(A, create())
    till.later(days=6)
    assert charged(till, A, r.DeleteDomain("a.example")).lines == ()
    assert till.has() == 90


def test_rfc3915_each_grace_period_gives_back_its_own(till: Till) -> None:
    till.must(A, create())
    till.later(days=4)
    till.must(A, r.RenewDomain("a.example", date(2026, 3, 1)))
    till.later(days=2)
    assert [line.amount for line in charged(till, A, r.DeleteDomain("a.example")).lines] == [d("-11.50")]


def test_rfc3915_renewals_of_one_instant_are_each_given_back(till: Till) -> None:
    renewals = [r.RenewDomain("a.example", date(2026 + n, 3, 1), r.Period(1)) for n in range(3)]
    outcomes = till.group((A, create()), *[(A, renewal) for renewal in renewals])
    assert [outcome.code for outcome in outcomes] == [1000] * 4
    assert [line.amount for line in charged(till, A, r.DeleteDomain("a.example")).lines] == [-10, *[d("-11.50")] * 3]
    assert till.has() == 100


def test_rfc3915_renewal_by_time_is_billed_and_given_back_after_a_delete(till: Till) -> None:
    till.must(A, create())
    till.later(days=370)
    till.must(B, r.CheckDomains(("x.example",)))
    till.must(B, create("b.example"))
    assert till.has() == d("78.50")
    assert till.reasons()[-1] == "autoRenew"
    told = charged(till, A, r.DeleteDomain("a.example"))
    assert [line.amount for line in told.lines] == [d("-11.50")]
    assert till.has() == 90


def test_a_renewal_by_time_that_is_not_covered_lets_the_name_go(till: Till) -> None:
    till.must(A, create("a.example", 1))
    till.must("-", Deposit(A, "EUR", d("-85.00")))
    till.later(days=366)
    till.must(B, create("b.example"))
    assert till.has() == 5
    info = till.must(A, r.InfoDomain("a.example"))
    assert info.rgp == ("redemptionPeriod",)
    assert info.domain.expires.year == 2026
    text = till.must(A, r.PollRequest()).message.text
    assert text == "a.example was not renewed: the balance does not cover it"
    till.later(days=40)
    assert till.code(A, r.InfoDomain("a.example")) == 2303


def test_hosts_in_a_name_that_nobody_paid_are_not_the_next_registrants(till: Till) -> None:
    """RFC 5731 section 3.2.2 forbids the delete while there are hosts; time does not ask."""
    till.must(A, create("a.example", 1))
    glue = (Address("192.0.2.1", "v4"),)
    for name in ("ns1.a.example", "ns2.a.example"):
        till.must(A, r.CreateHost(name, glue))
    till.must(A, r.UpdateDomain("a.example", add_hosts=("ns2.a.example",)))
    till.must(B, r.CreateDomain("user.example", r.Period(5), hosts=("ns1.a.example",)))
    till.must("-", Deposit(A, "EUR", d("-85.00")))
    till.later(days=366)
    assert till.must(A, r.InfoDomain("a.example")).rgp == ("redemptionPeriod",)
    assert till.code(A, r.InfoHost("ns1.a.example")) == 1000
    till.later(days=40)
    assert till.code(A, r.InfoHost("ns2.a.example")) == 2303
    till.must(B, create("a.example"))
    assert till.must(B, r.InfoDomain("a.example", hosts="all")).subordinates == ()
    assert [till.code(A, r.InfoHost(name)) for name in ("ns1.a.example", "ns2.a.example")] == [2303, 2303]
    # Who delegates to one has a dead delegation, not one in the next registrant's hands.
    (name,) = till.must(B, r.InfoDomain("user.example", hosts="all")).host_names
    assert name.endswith(".sacrificial.invalid")
    host = till.must(A, r.InfoHost(name)).host
    assert (host.superordinate, host.addresses, host.sponsor) == (None, (), A)
    till.must(B, r.CreateHost("ns1.a.example", glue))
    till.must(B, r.UpdateDomain("user.example", add_hosts=("ns1.a.example",), remove_hosts=(name,)))
    till.must(A, r.DeleteHost(name))


def test_a_transfer_is_cancelled_when_its_name_goes(till: Till) -> None:
    till.must(A, create())
    till.must("-", Deposit(A, "EUR", d("-90.00")))
    till.later(days=363)
    till.must(B, transfer())
    assert till.has(B) == 91
    till.later(days=3)
    assert till.must(A, r.InfoDomain("a.example")).domain.transfer.status == "serverCancelled"
    till.must(B, create("b.example"))
    assert till.has(B) == 90
    assert till.reasons(B) == ["payment", "transfer", "refund transfer", "create"]


def test_rfc8748_5_2_4_a_transfer_is_taken_at_its_request_and_given_back_when_nothing_comes_of_it(till: Till) -> None:
    till.must(A, create())
    told = charged(till, B, transfer())
    assert told == FeeCharged("transfer", "EUR", r.Period(1), (FeeLine(d("9.00"), None, True, 5),), d("91"), d("0"))
    till.must(A, r.TransferDomain("reject", "a.example"))
    assert till.has(B) == 100
    till.must(B, transfer())
    till.must(B, r.TransferDomain("cancel", "a.example"))
    assert till.has(B) == 100
    till.must(B, transfer())
    till.must(A, r.TransferDomain("approve", "a.example"))
    assert (till.has(A), till.has(B)) == (90, 91)
    assert charged(till, B, r.DeleteDomain("a.example")).lines == (FeeLine(d("-9.00"), "transfer grace period"),)
    assert (till.has(A), till.has(B)) == (90, 100)


def test_rfc3915_a_transfer_gives_the_losing_registrar_the_renewal_by_time_back(till: Till) -> None:
    till.must(A, create())
    till.later(days=370)
    till.must(B, transfer())
    assert till.has(A) == d("78.50")
    query = till.ask(A, r.TransferDomain("query", "a.example"))
    assert query.extensions == (
        FeeCharged("transfer", "EUR", r.Period(1), (FeeLine(d("-11.50"), "autoRenew grace period"),)),
    )
    query = till.ask(B, r.TransferDomain("query", "a.example"))
    assert query.extensions == (FeeCharged("transfer", "EUR", r.Period(1), (FeeLine(d("9.00"), None, True, 5),)),)
    till.later(days=6)
    till.must(B, create("b.example"))
    assert (till.has(A), till.has(B)) == (90, 81)
    assert till.ask(A, r.TransferDomain("query", "a.example")).extensions == ()


def test_rfc8748_5_1_2_others_are_not_told_what_a_transfer_costs(till: Till) -> None:
    till.must(A, create())
    till.must(B, transfer())
    outcome = till.ask("reg-c", r.TransferDomain("query", "a.example", auth=r.AuthInfo(PASSWORD)))
    assert (outcome.code, outcome.extensions) == (1000, ())


def test_rfc3915_restore_is_billed_at_its_request_and_not_given_back(till: Till) -> None:
    till.must(A, create())
    till.later(days=6)
    till.must(A, r.DeleteDomain("a.example"))
    told = charged(till, A, r.RestoreDomain("a.example", "request"))
    assert told == FeeCharged("update", "EUR", None, (FeeLine(d("40.00"), None, False),), d("50.00"), d("0.00"))
    till.must("-", Deposit(A, "EUR", d("-50")))
    till.later(days=8)
    assert till.code(A, r.RestoreDomain("a.example", "request")) == 2104


def test_an_update_costs_nothing_and_tells_the_balance(till: Till) -> None:
    till.must(A, create())
    assert charged(till, A, r.UpdateDomain("a.example", auth="")) == FeeCharged(
        "update", "EUR", None, (), d("90.00"), d("0.00")
    )


def test_balances_are_told_only_if_the_policy_says_so(build: Callable[..., Till]) -> None:
    till = build(change=lambda text: text.replace('currency = "EUR"', 'currency = "EUR"\nbalance = false'))
    till.pay()
    assert charged(till, A, create()).balance is None


# --- what was agreed (RFC 8748 section 4)


def test_rfc8748_4_a_fee_that_is_too_low_or_in_another_currency_is_refused(till: Till) -> None:
    low = till.ask(A, create("a.example", 2, agreed("19.99")))
    assert (low.code, low.reason, low.value) == (2004, "the fee is 20.00 EUR", ("fee:fee", "19.99"))
    wrong = till.ask(A, create("a.example", 2, agreed("100", "USD")))
    assert (wrong.code, wrong.value) == (2004, ("fee:currency", "USD"))
    told = charged(till, A, create("a.example", 2, agreed("99.00", "EUR")))
    assert told.lines[0].amount == d("20.00"), "too high is accepted, and the price is what is taken"
    till.must(A, create("b.example", 1, agreed("10")))
    assert till.code(A, r.UpdateDomain("b.example", auth="", extensions=(agreed("1", "USD"),))) == 2004
    till.must(A, r.UpdateDomain("b.example", auth="", extensions=(agreed("1"),)))
    assert till.code(A, r.TransferDomain("reject", "b.example", extensions=(agreed("1"),))) == 2103


@pytest.mark.parametrize(
    ("agreement", "plain", "gold"), [("premium", 1000, 2003), ("always", 2003, 2003), ("never", 1000, 1000)]
)
def test_rfc8748_4_a_fee_that_must_be_agreed(build: Callable[..., Till], agreement: str, plain: int, gold: int) -> None:
    till = build(change=lambda text: text.replace('currency = "EUR"', f'currency = "EUR"\nagreement = "{agreement}"'))
    till.pay(A, "5000")
    till.must("-", SetPremiums((Premium("gold.example", "gold"),)))
    assert till.code(A, create("plain.example")) == plain
    outcome = till.ask(A, create("gold.example"))
    assert outcome.code == gold
    if gold == 2003:
        assert outcome.value == ("domain:name", "gold.example")
    items = till.must(A, r.CheckDomains(("other.example", "gold2.example"))).items
    assert [avail for _, avail, _ in items] == [plain == 1000] * 2
    till.must("-", SetPremiums((Premium("gold2.example", "gold"),)))
    items = till.must(A, r.CheckDomains(("other.example", "gold2.example"))).items
    assert [avail for _, avail, _ in items] == [plain == 1000, gold == 1000]
    query = FeeQuery((FeeWanted("create"),))
    items = till.must(A, r.CheckDomains(("other.example", "gold2.example"), extensions=(query,))).items
    assert [avail for _, avail, _ in items] == [True, True]


def test_rfc8748_4_every_command_on_a_premium_name_must_agree(till: Till) -> None:
    till.pay(A, "5000")
    till.pay(B, "5000")
    till.must("-", SetPremiums((Premium("gold.example", "gold"),)))
    assert till.code(A, create("gold.example", 1, agreed("499.99"))) == 2004
    assert charged(till, A, create("gold.example", 1, agreed("500"))).lines[0].amount == 500
    renew = r.RenewDomain("gold.example", date(2026, 3, 1))
    assert till.code(A, renew) == 2003
    renewed = charged(till, A, r.RenewDomain("gold.example", date(2026, 3, 1), extensions=(agreed("250"),)))
    assert renewed.lines[0].amount == 250
    assert till.code(B, transfer("gold.example")) == 2003
    assert charged(till, B, transfer("gold.example", agreed("9"))).lines[0].amount == 9


# --- premium names


def test_premium_names_have_a_tier_or_prices_of_their_own(till: Till) -> None:
    till.must("-", SetPremiums((Premium("b.example", "", d("77"), restore=d("0")), Premium("c.example", "gold"))))
    assert [value.name for value in till.must("-", ReadPremiums())] == ["b.example", "c.example"]
    told = charged(till, A, create("b.example", 1, agreed("77")))
    assert told.lines[0].amount == 77
    till.later(days=370)
    till.must(B, create("x.example"))
    assert till.has() == d("11.50"), "renewed at the zone's price"
    till.must("-", RemovePremiums(("b.example",)))
    assert till.code("-", RemovePremiums(("b.example",))) == 2303
    for wrong, code in [
        (Premium("d.example"), 2306),
        (Premium("d.example", "silver"), 2306),
        (Premium("d.example", "gold", d("1")), 2306),
        (Premium("d.example", "", d("0.001")), 2004),
        (Premium("d.example", "", d("-1")), 2004),
        (Premium("d.free.test", "", d("1")), 2306),
        (Premium("d.nowhere", "", d("1")), 2306),
    ]:
        assert till.code("-", SetPremiums((Premium("ok.example", "gold"), wrong))) == code, wrong
    assert [value.name for value in till.must("-", ReadPremiums())] == ["c.example"], "all of them or none"
    for request in (SetPremiums(()), RemovePremiums(()), ReadPremiums()):
        assert till.code(A, request) == 2201


# --- fee checks (RFC 8748 section 5.1.1)


def quotes(till: Till, names: tuple[str, ...], *commands: FeeWanted, currency: str | None = None) -> Any:
    outcome = till.ask(A, r.CheckDomains(names, extensions=(FeeQuery(commands, currency),)))
    assert outcome.code == 1000, outcome
    (found,) = outcome.extensions
    return found


def test_rfc8748_5_1_1_every_command_and_period(till: Till) -> None:
    till.must("-", SetPremiums((Premium("gold.example", "gold"),)))
    wanted = [
        FeeWanted("create", r.Period(2)),
        FeeWanted("renew"),
        FeeWanted("transfer"),
        FeeWanted("restore"),
        FeeWanted("delete"),
        FeeWanted("update"),
    ]
    found = quotes(till, ("plain.example", "gold.example"), *wanted)
    assert found.currency == "EUR"
    plain, gold = found.names
    assert (plain.tier, gold.tier, plain.reason, gold.reason) == ("standard", "gold", None, None)
    amounts = [[line.amount for line in quote.lines] for quote in plain.quotes]
    assert amounts == [[20], [d("11.50")], [9], [40], [], []]
    assert [quote.period for quote in plain.quotes] == [
        r.Period(2),
        r.Period(1),
        r.Period(1),
        None,
        r.Period(1),
        r.Period(1),
    ]
    assert [quote.lines[0].grace_days for quote in plain.quotes[:4]] == [5, 5, 5, 0]
    assert [quote.standard for quote in gold.quotes] == [False, False, True, True, True, True]
    assert [[line.amount for line in quote.lines] for quote in gold.quotes[:3]] == [[1000], [250], [9]]


def test_rfc8748_3_9_what_cannot_be_told_has_its_reason(till: Till) -> None:
    found = quotes(
        till, ("a.example", "-.example", "a.free.test", "a.nowhere"),
        FeeWanted("create", r.Period(11)), FeeWanted("renew", r.Period(6, "m")), FeeWanted("restore"),
        FeeWanted("custom", custom="paint"),
    )  # fmt: skip
    first, *others = found.names
    assert first.reason is not None
    assert [quote.reason for quote in first.quotes] == [
        "1 to 10 years.", "Periods in whole years only.", None, "There is no such command.",
    ]  # fmt: skip
    assert [name.reason for name in others] == [
        "There are no fees: not letters, digits, hyphens.",
        "There are no fees for this name.",
        "There are no fees for this name.",
    ]


@pytest.mark.parametrize(
    ("wanted", "currency", "code"),
    [
        (FeeWanted("create", phase="sunrise"), None, 2004),
        (FeeWanted("create", phase="open", subphase="early"), None, 2004),
        (FeeWanted("create", subphase="early"), None, 2003),
        (FeeWanted("create"), "USD", 2004),
        (FeeWanted("custom"), None, 2003),
        (FeeWanted("create", phase="open"), "EUR", 1000),
    ],
)
def test_rfc8748_3_8_phases_and_currencies(till: Till, wanted: FeeWanted, currency: str | None, code: int) -> None:
    assert till.code(A, r.CheckDomains(("a.example",), extensions=(FeeQuery((wanted,), currency),))) == code


@dataclass
class Phase:
    """A launch phase, as the rules see one."""

    phase: str
    name: str | None = None
    running: bool = True

    def active(self, now: datetime) -> bool:
        assert now == START
        return self.running


SUNRISE, LANDRUSH, EARLY = Phase("sunrise"), Phase("landrush"), Phase("custom", "early")
LATER, LATE, OPEN = (
    Phase("landrush", running=False),
    Phase("custom", "late", running=False),
    Phase("open", running=False),
)


@pytest.mark.parametrize(
    ("wanted", "declared", "expected"),
    [
        ((None, None), (), (None, None)),
        (("open", None), (), ("open", None)),
        (("sunrise", None), (), 2004),
        ((None, None), (SUNRISE, LATER), ("sunrise", None)),
        ((None, None), (EARLY, LATE), ("custom", "early")),
        ((None, None), (SUNRISE, LANDRUSH), 2003),
        ((None, None), (LATER, LATE), ("open", None)),
        (("custom", None), (EARLY, LATE), ("custom", "early")),
        (("custom", None), (EARLY, Phase("custom", "other")), 2003),
        (("custom", "late"), (EARLY, LATE), ("custom", "late")),
        (("custom", "never"), (EARLY, LATE), 2004),
        (("claims", None), (SUNRISE, LATER), 2004),
        (("landrush", None), (SUNRISE, LATER), ("landrush", None)),
        (("nonsense", None), (SUNRISE,), 2004),
        (("open", None), (SUNRISE, OPEN), ("open", None)),
    ],
)
def test_rfc8748_3_8_which_phase_an_answer_is_about(wanted: Any, declared: Any, expected: Any) -> None:
    asked = FeeWanted("create", phase=wanted[0], subphase=wanted[1])
    if isinstance(expected, tuple):
        assert choose_phase(asked, declared, START) == expected
    else:
        with pytest.raises(Refusal) as refused:
            choose_phase(asked, declared, START)
        assert refused.value.code == expected


def test_rfc8748_4_a_check_over_zones_of_two_currencies_must_say_which(till: Till) -> None:
    names = ("a.example", "a.co.test")
    outcome = till.ask(A, r.CheckDomains(names, extensions=(FeeQuery((FeeWanted("create"),)),)))
    assert (outcome.code, outcome.reason) == (2003, "which currency: EUR or JPY")
    found = quotes(till, names, FeeWanted("create"), currency="JPY")
    assert found.names[0].reason == "Fees of this name are in EUR."
    assert found.names[1].quotes[0].lines[0].amount == 1000


def test_a_zone_that_bills_nothing_refuses_fees(till: Till) -> None:
    till.must(A, create("a.free.test"))
    assert till.code(A, create("b.free.test", 1, agreed("1"))) == 2103
    assert till.has() == 100


def test_rfc8748_4_a_name_without_fees_is_told_so_whatever_else_the_check_asks_about(till: Till) -> None:
    for name in ("b.free.test", "b.nobodys"):
        found = quotes(till, (name,), FeeWanted("create"), currency="JPY")
        assert (found.currency, found.names) == ("JPY", (NameQuote(name, reason="There are no fees for this name."),))
    refused = till.ask(A, r.CheckDomains(("b.nobodys",), extensions=(FeeQuery((FeeWanted("create"),), "CHF"),)))
    assert (refused.code, refused.reason) == (2004, "fees are in EUR or JPY")


def test_months_are_billed_by_their_part_of_a_year(build: Callable[..., Till]) -> None:
    till = build(change=lambda text: text.replace("[policy.fee]", "[policy]\nmonths = true\n[policy.fee]"))
    till.pay()
    told = charged(till, A, r.CreateDomain("a.example", r.Period(17, "m"), auth=PASSWORD))
    assert (told.lines[0].amount, told.period) == (d("14.17"), r.Period(17, "m"))


# --- settings


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('currency = "EUR"', 'currency = "eur"'), r'registry\.toml:5: policy\.fee\.currency is "eur"; write three'),
        (('currency = "EUR"', ""), r"registry\.toml:6: policy\.fee\.create is a price without a currency; add"),
        (("10.00", "10.001"), r"registry\.toml:6: policy\.fee\.create has a create price that cannot be paid"),
        (("500.00", "0.001"), r"registry\.toml:\d+: policy\.fee\.tiers has a create price"),
        (("gold", "standard"), r'policy\.fee\.tiers "standard" is there twice or is "standard"; rename'),
        (("10.00", "-1"), r"registry\.toml:6: policy\.fee\.create is -1; it must be at least 0"),
        (('name = "gold"', ""), r"name is missing; add"),
    ],
)
def test_errors_of_the_settings_name_line_and_cure(change: tuple[str, str], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        parse_config(SETTINGS.replace(*change), FILE)


# --- prices of launch phases

LAUNCHED = """
[[policy.launch.phases]]
phase = "landrush"
mode = "application"
end = 2025-04-01T00:00:00Z
[[policy.launch.phases]]
phase = "custom"
name = "early-1"
start = 2025-04-01T00:00:00Z
end = 2025-04-08T00:00:00Z
[[policy.launch.phases]]
phase = "custom"
name = "early-2"
start = 2025-04-08T00:00:00Z
end = 2025-04-15T00:00:00Z
[[policy.launch.phases]]
phase = "open"
start = 2025-04-15T00:00:00Z
[[zone."example".fee.phases]]
phase = "landrush"
create = "60.00"
[[zone."example".fee.phases]]
phase = "custom"
surcharge = "200.00"
[[zone."example".fee.phases]]
phase = "custom"
name = "early-2"
create = "20.00"
surcharge = "100.00"
"""
LANDRUSH = PhaseGiven("landrush")


def create_quote(till: Till, wanted: FeeWanted, name: str = "a.example") -> list[Decimal]:
    (quoted,) = till.ask(A, r.CheckDomains((name,), extensions=(FeeQuery((wanted,)),))).extensions
    (quote,) = quoted.names[0].quotes
    return [line.amount for line in quote.lines]


def test_rfc8748_3_8_each_phase_has_its_prices(build: Callable[..., Till]) -> None:
    till = build(LAUNCHED)
    assert create_quote(till, FeeWanted("create")) == [d("60.00")]
    assert create_quote(till, FeeWanted("create", phase="landrush")) == [d("60.00")]
    assert create_quote(till, FeeWanted("create", phase="custom", subphase="early-1")) == [d("10.00"), d("200.00")]
    assert create_quote(till, FeeWanted("create", phase="custom", subphase="early-2")) == [d("20.00"), d("100.00")]
    assert create_quote(till, FeeWanted("create", phase="open")) == [d("10.00")]
    assert create_quote(till, FeeWanted("renew", phase="landrush")) == [d("11.50")]
    # Several sub-phases, a phase that the zone has not.
    for phase, code in (("custom", 2003), ("sunrise", 2004)):
        asked = r.CheckDomains(("a.example",), extensions=(FeeQuery((FeeWanted("create", phase=phase),)),))
        assert till.code(A, asked) == code


def test_rfc8748_a_create_is_billed_by_its_phase_and_the_surcharge_is_not_given_back(
    build: Callable[..., Till],
) -> None:
    till = build(LAUNCHED)
    till.pay(amount="1000.00")
    till.must("-", SetPremiums((Premium("gold.example", "gold"),)))
    till.later(days=31)
    # What a phase makes dearer must be agreed, and is not to be had without (section 4).
    assert till.code(A, r.CreateDomain("a.example", auth=PASSWORD)) == 2003
    items = till.must(A, r.CheckDomains(("a.example",))).items
    assert items == (("a.example", False, "Fee must be agreed"),)
    low = r.CreateDomain("a.example", auth=PASSWORD, extensions=(FeeAgreed(d("209.99")),))
    assert till.code(A, low) == 2004
    outcome = till.ask(A, r.CreateDomain("a.example", auth=PASSWORD, extensions=(FeeAgreed(d("210.00")),)))
    (charged,) = outcome.extensions
    assert charged.lines == (
        FeeLine(d("10.00"), None, refundable=True, grace_days=5),
        FeeLine(d("200.00"), "Launch phase surcharge", refundable=False),
    )
    assert till.has() == d("790.00")
    till.must(A, r.DeleteDomain("a.example"))
    assert till.has() == d("800.00")
    # A premium name keeps its price, and pays the surcharge.
    assert create_quote(till, FeeWanted("create"), "gold.example") == [d("500.00"), d("200.00")]
    till.later(days=14)
    till.must(A, r.CreateDomain("a.example", auth=PASSWORD))
    assert till.has() == d("790.00")


def test_rfc8748_an_application_is_billed_by_the_phase_that_it_was_made_in(build: Callable[..., Till]) -> None:
    till = build(LAUNCHED)
    till.pay()
    given = (LaunchGiven(LANDRUSH), FeeAgreed(d("60.00")))
    outcome = till.ask(A, r.CreateDomain("a.example", auth=PASSWORD, extensions=given))
    assert outcome.code == 1001
    application = next(one.application for one in outcome.extensions if isinstance(one, LaunchCreated))
    till.later(days=60)
    assert till.code("-", SetApplicationStatus(application, ApplicationStatus("allocated"))) == 1000
    assert till.has() == d("40.00")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (LAUNCHED + '[[zone."example".fee.phases]]\nphase = "landrush"\n', "prices of landrush twice; keep one"),
        (LAUNCHED + '[[zone."example".fee.phases]]\nphase = "sunrise"\n', "no such launch phase; add it"),
        ('[[policy.fee.phases]]\nphase = "open"\n', "prices of open, but there is no such launch phase"),
        (LAUNCHED + '[[zone."example".fee.phases]]\nphase = "open"\ncreate = "1.234"\n', "cannot be paid"),
    ],
)
def test_prices_of_phases_that_are_wrong(more: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"registry.toml:\d+: .*phases.*{message}"):
        parse_config(SETTINGS + more, FILE)
