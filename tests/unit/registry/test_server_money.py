"""Money over TLS: a running server that bills, and the public client."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
import trio
from reactor_pki import make_pki
from registry_world import PASSWORD, A

from regwire.epp import command
from regwire.epp.ext import fee as f
from regwire.epp.ext.allocation_token import AllocationToken
from regwire.epp.messages.domain import DomainDelete
from regwire.errors import AuthorizationError, BillingFailure, ParameterRangeError, RequiredParameterMissing
from regwire.registry.accounts import Account, Accounts, hash_password
from regwire.registry.config import load_config
from regwire.registry.model.fees import Premium, SetPremiums
from regwire.registry.model.money import Deposit
from regwire.registry.model.requests import Request
from regwire.registry.model.tokens import AddTokens, Token, digest_of
from regwire.registry.rules import ledger
from regwire.registry.server import RunningRegistry, serve_registry
from regwire.trio.epp import ClientTls, connect

LOGIN = "login-password"
SETTINGS = """
[listen]
protocols = []
[[listen.extra]]
protocol = "epp"
port = 0
[tls]
certificate = "s.pem"
key = "s.key"
client_ca = "ca.pem"
[policy.allocation_token]
enabled = true
[policy.fee]
currency = "EUR"
create = "10.00"
[[policy.fee.tiers]]
name = "gold"
create = "50.00"
"""


def fee(amount: str) -> f.FeeCreate:
    return f.FeeCreate("EUR", fees=(f.Fee(Decimal(amount)),))


def test_rfc8748_and_rfc8495_with_the_public_client(tmp_path: Path) -> None:
    pki = make_pki()
    files = {"ca.pem": pki.ca, "s.pem": pki.server.certificate, "s.key": pki.server.key}
    for name, octets in files.items():
        (tmp_path / name).write_bytes(octets)
    (tmp_path / "registry.toml").write_text(SETTINGS)
    tls = ClientTls(ca=pki.ca, certificate=pki.client.certificate, key=pki.client.key)
    accounts = Accounts([Account(A, hash_password(LOGIN))])

    async def operator(running: RunningRegistry, *requests: Request) -> None:
        outcomes = await running.registry.submit([running.registry.call("-", request) for request in requests])
        assert all(outcome.code < 2000 for outcome in outcomes), outcomes

    async def main() -> None:
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                running = await nursery.start(partial(serve_registry, load_config(tmp_path), accounts=accounts))
                await operator(
                    running,
                    Deposit(A, "EUR", Decimal(75)),
                    SetPremiums((Premium("gold.example", "gold"),)),
                    AddTokens((Token(digest_of("abc123"), discount=10),)),
                )
                port = running.listeners[0]["port"]
                async with connect("127.0.0.1", port, client_id=A, password=LOGIN, tls=tls) as client:
                    create = partial(client.create_domain, auth_info=PASSWORD)
                    with pytest.raises(RequiredParameterMissing):
                        await create("gold.example")
                    with pytest.raises(ParameterRangeError):
                        await create("gold.example", extension=fee("49.99"))
                    await create("gold.example", extension=fee("50"))
                    with pytest.raises(AuthorizationError):
                        await create("a.example", extension=AllocationToken("abc124"))
                    await create("a.example", extension=AllocationToken("abc123"))
                    await create("b.example")
                    with pytest.raises(BillingFailure):
                        await create("c.example")
                    response = await client.send(command(DomainDelete("a.example")))
                    (data,) = response.extension
                    assert isinstance(data, f.FeeDeleteData)
                    assert (data.credits[0].amount, data.balance) == (Decimal("-9.00"), Decimal("15.00"))
                with running.registry.store.read() as view:
                    assert ledger.problems(view) == []
                nursery.cancel_scope.cancel()

    trio.run(main)
