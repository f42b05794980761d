"""Allocation tokens and reserved names live in the registry: RFC 8495."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from registry_world import PASSWORD, START, A, B, World

from regwire.errors import ConfigError
from regwire.registry.config import parse_config
from regwire.registry.lists import new_token
from regwire.registry.model import requests as r
from regwire.registry.model.fees import FeeAgreed, FeeCharged, FeeQuery, FeeWanted
from regwire.registry.model.money import Deposit
from regwire.registry.model.reserved import ReservedName, ReserveNames
from regwire.registry.model.tokens import (
    AddTokens,
    GivenToken,
    ReadTokens,
    RemoveTokens,
    Token,
    TokenInfo,
    TokenInfoWanted,
    digest_of,
)
from regwire.registry.rules import ledger
from regwire.registry.store.base import Store
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore

FILE = Path("registry.toml")
SETTINGS = """
[registry]
zones = ["example", "co.test", "plain.test"]
[policy.allocation_token]
enabled = true
[zone."plain.test".allocation_token]
enabled = false
"""
FEES = '[policy.fee]\ncurrency = "EUR"\ncreate = "10.00"\nrenew = "10.00"\ntransfer = "10.00"\n'


class Desk(World):
    """A world whose operator gives tokens out."""

    def token(self, value: str = "abc123", **fields: Any) -> GivenToken:
        self.must("-", AddTokens((Token(digest_of(value), **fields),)))
        return GivenToken(value)

    def left(self, value: str = "abc123") -> int | None:
        (found,) = [token for token in self.must("-", ReadTokens()) if token.digest == digest_of(value)]
        return found.uses  # type: ignore[no-any-return]


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Store]:
    if request.param == "memory":
        return MemoryStore
    return lambda policies, clock: SqliteStore(tmp_path / "registry.sqlite", policies, clock)


@pytest.fixture
def build(make: Callable[..., Store]) -> Iterator[Callable[..., Desk]]:
    desks: list[Desk] = []

    def build(more: str = "") -> Desk:
        desks.append(Desk(make=make, config=parse_config(SETTINGS + more, FILE)))
        return desks[-1]

    yield build
    for desk in desks:
        with desk.store.read() as view:
            assert ledger.problems(view) == []
        desk.store.close()


@pytest.fixture
def desk(build: Callable[..., Desk]) -> Desk:
    return build()


def create(name: str, *extensions: Any) -> r.CreateDomain:
    return r.CreateDomain(name, r.Period(1), auth=PASSWORD, extensions=extensions)


def transfer(name: str, *extensions: Any) -> r.TransferDomain:
    return r.TransferDomain("request", name, r.Period(1), r.AuthInfo(PASSWORD), extensions=extensions)


def reasons(desk: Desk, *names: str, given: tuple[Any, ...] = (), account: str = A) -> list[str | None]:
    return [reason for _, _, reason in desk.must(account, r.CheckDomains(names, extensions=given)).items]


def test_rfc8495_3_2_1_a_create_uses_its_token_up(desk: Desk) -> None:
    token = desk.token()
    outcome = desk.ask(A, create("a.example", GivenToken("abc124")))
    assert (outcome.code, outcome.value) == (2201, ("domain:name", "a.example"))
    desk.must(A, create("a.example", token))
    assert desk.left() == 0
    assert desk.code(A, create("b.example", token)) == 2201
    desk.must(A, create("b.example"))


def test_a_token_is_used_once_even_within_one_group(desk: Desk) -> None:
    token = desk.token(uses=2)
    outcomes = desk.group(*[(A, create(f"n{i}.example", token)) for i in range(4)])
    assert [outcome.code for outcome in outcomes] == [1000, 1000, 2201, 2201]
    assert desk.left() == 0


def test_a_command_that_fails_does_not_use_its_token_up(desk: Desk) -> None:
    token = desk.token()
    desk.must(B, create("a.example"))
    assert desk.code(A, create("a.example", token)) == 2302
    assert desk.code(A, r.CreateDomain("b.example", auth="short", extensions=(token,))) == 2202
    assert desk.left() == 1


@pytest.mark.parametrize(
    ("fields", "name", "account", "expected"),
    [
        ({"name": "a.example"}, "a.example", A, 1000),
        ({"name": "a.example"}, "b.example", A, 2201),
        ({"zone": "example"}, "b.example", A, 1000),
        ({"zone": "example"}, "b.co.test", A, 2201),
        ({"account": A}, "b.example", A, 1000),
        ({"account": A}, "b.example", B, 2201),
        ({"begins": START + timedelta(days=1)}, "b.example", A, 2201),
        ({"begins": START}, "b.example", A, 1000),
        ({"ends": START + timedelta(seconds=1)}, "b.example", A, 1000),
        ({"commands": ("transfer",)}, "b.example", A, 2201),
        ({"uses": None}, "b.example", A, 1000),
    ],
)
def test_rfc8495_2_1_what_a_token_applies_to(
    desk: Desk, fields: dict[str, Any], name: str, account: str, expected: int
) -> None:
    token = desk.token(**fields)
    available = reasons(desk, name, given=(token,), account=account) == [None]
    assert available == (expected == 1000)
    assert desk.code(account, create(name, token)) == expected
    assert desk.left() == (None if "uses" in fields else 1 if expected == 2201 else 0)


def test_a_token_is_over_when_it_ends(desk: Desk) -> None:
    token = desk.token(uses=None, ends=START + timedelta(days=1))
    desk.must(A, create("a.example", token))
    desk.later(days=1)
    assert desk.code(A, create("b.example", token)) == 2201


def test_rfc8495_3_1_1_a_check_asks_for_each_name(desk: Desk) -> None:
    token = desk.token(name="allocation.example")
    desk.must(A, create("taken.example"))
    names = ("allocation.example", "allocation2.example", "taken.example")
    assert reasons(desk, *names, given=(token,)) == [None, "Allocation token mismatch", "In use"]
    assert reasons(desk, *names) == [None, None, "In use"]


def test_rfc8495_3_1_2_info_gives_the_sponsor_the_token(desk: Desk) -> None:
    desk.must(A, create("a.example", desk.token()))
    desk.must(A, create("b.example"))

    def ask(account: str, name: str) -> Any:
        return desk.ask(account, r.InfoDomain(name, extensions=(TokenInfoWanted(),)))

    assert ask(A, "a.example").extensions == (TokenInfo("abc123"),)
    assert ask(B, "a.example").code == 2201
    assert ask(A, "b.example").code == 2303
    assert desk.ask(A, r.InfoDomain("a.example")).extensions == ()


def test_rfc8495_3_2_4_a_transfer_with_a_token(desk: Desk) -> None:
    desk.must(A, create("a.example", desk.token("first")))
    token = desk.token("second", commands=("transfer",))
    assert desk.code(B, transfer("a.example", GivenToken("nothing"))) == 2201
    assert desk.code(B, r.TransferDomain("request", "a.example", auth=r.AuthInfo("wrong-password-of-20"), extensions=(token,))) == 2202  # fmt: skip # noqa: E501
    assert desk.left("second") == 1
    desk.must(B, transfer("a.example", token))
    assert desk.left("second") == 0
    assert desk.code(A, r.TransferDomain("approve", "a.example", extensions=(token,))) == 2103
    assert desk.code(A, r.TransferDomain("query", "a.example", extensions=(token,))) == 2103
    desk.must(A, r.TransferDomain("reject", "a.example"))
    assert desk.left("second") == 1, "nothing came of it"
    wanted = (TokenInfoWanted(),)
    assert desk.ask(A, r.InfoDomain("a.example", extensions=wanted)).extensions == (TokenInfo("first"),)
    desk.must(B, transfer("a.example", token))
    desk.must(A, r.TransferDomain("approve", "a.example"))
    assert desk.ask(B, r.InfoDomain("a.example", extensions=wanted)).extensions == (TokenInfo("second"),)


def test_a_transfer_without_a_token_leaves_none(desk: Desk) -> None:
    desk.must(A, create("a.example", desk.token()))
    desk.must(B, transfer("a.example"))
    desk.later(days=6)
    assert desk.code(B, r.InfoDomain("a.example", extensions=(TokenInfoWanted(),))) == 2303


def test_a_zone_may_want_a_token_for_every_create(build: Callable[..., Desk]) -> None:
    desk = build('[zone."co.test".allocation_token]\nrequired = true\n')
    outcome = desk.ask(A, create("a.co.test"))
    assert (outcome.code, outcome.value) == (2003, ("domain:name", "a.co.test"))
    assert reasons(desk, "a.co.test", "a.example") == ["Allocation token needed", None]
    token = desk.token()
    assert reasons(desk, "a.co.test", given=(token,)) == [None]
    desk.must(A, create("a.co.test", token))


def test_a_zone_that_takes_no_tokens_refuses_them(desk: Desk) -> None:
    assert desk.code(A, create("a.plain.test", GivenToken("abc123"))) == 2103
    assert desk.code("-", AddTokens((Token(digest_of("x"), zone="plain.test"),))) == 2306


# --- reserved names


def test_a_reserved_name_needs_a_token_that_unlocks_it(desk: Desk) -> None:
    desk.must("-", ReserveNames((ReservedName("gov.example", "For the government"), ReservedName("b.example"))))
    outcome = desk.ask(A, create("gov.example"))
    assert (outcome.code, outcome.reason) == (2306, "reserved")
    assert reasons(desk, "gov.example", "b.example", "c.example") == ["Reserved", "Reserved", None]
    weak, strong = desk.token("weak"), desk.token("strong", unlocks=True, name="gov.example")
    assert reasons(desk, "gov.example", given=(weak,)) == ["Reserved"]
    assert desk.code(A, create("gov.example", weak)) == 2306
    assert desk.code(A, create("b.example", strong)) == 2201
    assert reasons(desk, "gov.example", "b.example", given=(strong,)) == [None, "Allocation token mismatch"]
    desk.must(A, create("gov.example", strong))
    assert desk.left("strong") == 0


def test_labels_that_the_policy_reserves_are_unlocked_likewise(build: Callable[..., Desk]) -> None:
    desk = build('[policy.reserved]\nlabels = ["www"]\n')
    assert desk.code(A, create("www.example")) == 2306
    desk.must(A, create("www.example", desk.token(unlocks=True)))


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (AddTokens((Token(digest_of("x"), discount=101),)), 2306),
        (AddTokens((Token(digest_of("x"), uses=0),)), 2306),
        (AddTokens((Token(digest_of("x"), commands=("renew",)),)), 2306),
        (AddTokens((Token(digest_of("x"), ends=START),)), 2306),
        (AddTokens((Token(digest_of("x"), name="a.example", zone="co.test"),)), 2306),
        (AddTokens((Token(digest_of("x")), Token(digest_of("x")))), 2302),
        (RemoveTokens((digest_of("x"),)), 2303),
    ],
)
def test_the_operator_is_told_what_cannot_be(desk: Desk, request_: r.Request, code: int) -> None:
    outcome = desk.ask("-", request_)
    assert outcome.code == code
    assert outcome.reason
    assert desk.must("-", ReadTokens()) == []
    assert desk.code(A, request_) == 2201


def test_withdrawn_tokens_do_not_apply(desk: Desk) -> None:
    token = desk.token()
    desk.must("-", RemoveTokens((digest_of("abc123"),)))
    assert desk.code(A, create("a.example", token)) == 2201


# --- with fees


def test_a_token_makes_a_create_cheaper(build: Callable[..., Desk]) -> None:
    desk = build(FEES)
    desk.must("-", Deposit(A, "EUR", Decimal(20)))
    token = desk.token(discount=25, uses=2)
    single = desk.token("single", discount=100)
    query = FeeQuery((FeeWanted("create"), FeeWanted("transfer")))
    (quoted,) = desk.ask(A, r.CheckDomains(("a.example",), extensions=(query, token))).extensions
    amounts = [[line.amount for line in quote.lines] for quote in quoted.names[0].quotes]
    assert amounts == [[Decimal("10.00"), Decimal("-2.50")], [Decimal("10.00")]]
    assert desk.code(A, create("a.example", token, FeeAgreed(Decimal("7.49")))) == 2004
    assert desk.code(A, create("a.example", GivenToken("wrong"), FeeAgreed(Decimal("1")))) == 2201
    outcome = desk.ask(A, create("a.example", token, FeeAgreed(Decimal("7.50"))))
    (told,) = [found for found in outcome.extensions if isinstance(found, FeeCharged)]
    assert [line.amount for line in told.lines] == [Decimal("10.00"), Decimal("-2.50")]
    assert told.balance == Decimal("12.50")
    deleted = desk.ask(A, r.DeleteDomain("a.example"))
    assert deleted.extensions[0].balance == 20, "what was paid is given back, not the price"
    free = desk.ask(A, create("free.example", single))
    assert free.extensions[0].balance == 20, "a token that is used up by this command still makes it cheaper"
    desk.must("-", Deposit(A, "EUR", Decimal(-15)))
    assert desk.code(A, create("b.example", token)) == 2104
    assert desk.left() == 1


def test_a_token_of_a_transfer_that_the_server_cancels_can_be_used_again(build: Callable[..., Desk]) -> None:
    desk = build(FEES)
    desk.must("-", Deposit(A, "EUR", Decimal(10)))
    desk.must("-", Deposit(B, "EUR", Decimal(20)))
    desk.must(A, create("a.example"))
    desk.later(days=363)
    desk.must(B, transfer("a.example", desk.token(commands=("transfer",))))
    assert desk.left() == 0
    desk.later(days=3)
    desk.must(B, create("b.example"))
    assert desk.left() == 1


# --- values


def test_values_are_kept_nowhere_but_with_the_name(desk: Desk, tmp_path: Path) -> None:
    value, token = new_token(label="auction 1", uses=None)
    assert len(value) >= 32
    assert value not in repr(token)
    assert value not in repr(GivenToken(value))
    desk.must("-", AddTokens((token,)))
    desk.must(A, create("a.example", GivenToken(value)))
    assert new_token()[0] != value


def test_errors_of_the_settings_name_line_and_cure() -> None:
    with pytest.raises(ConfigError, match=r"toml:2: .*required is true where tokens are not taken; add"):
        parse_config("[policy.allocation_token]\nrequired = true", FILE)
