"""RFC 5910: which DNSSEC data a zone takes; RFC 9154: which authInfo is strong enough (epp.md section 5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from registry_world import START, A, World

from regwire.registry.model.objects import Domain, DsRecord, GracePeriod, KeyRecord, Restore
from regwire.registry.model.record import replace
from regwire.registry.model.requests import (
    CreateContact,
    CreateDomain,
    InfoDomain,
    SecDns,
    SecDnsUpdate,
    UpdateContact,
    UpdateDomain,
)
from regwire.registry.store import codec

KEY = KeyRecord(257, 3, 13, b"key")


def ds(**changes: Any) -> DsRecord:
    return replace(DsRecord(1, 13, 2, bytes(32)), **changes)


@pytest.mark.parametrize(
    ("record", "policy", "code"),
    [
        *[
            (ds(digest_type=t, digest=bytes(n)), {}, 1000)
            for t, n in ((1, 20), (2, 32), (3, 32), (4, 48), (5, 32), (6, 32))
        ],
        *[
            (ds(digest_type=t, digest=bytes(n)), {}, 2306)
            for t, n in ((1, 32), (2, 20), (2, 31), (4, 32), (0, 32), (7, 32))
        ],
        *[(ds(algorithm=a), {}, 1000) for a in (5, 8, 13, 15, 16, 253)],
        *[(ds(algorithm=a), {}, 2306) for a in (0, 1, 2, 4, 9, 123, 252, 255)],
        (ds(key=KEY), {}, 1000),
        (ds(key=replace(KEY, flags=256)), {}, 2306),
        (ds(), {"ds_interface": "key"}, 2306),
        (KEY, {}, 2306),
        (KEY, {"ds_interface": "key"}, 1000),
        (replace(KEY, flags=256), {"ds_interface": "key"}, 2306),
        (replace(KEY, flags=1), {"ds_interface": "key"}, 2306),
        (replace(KEY, protocol=1), {"ds_interface": "key"}, 2306),
        (replace(KEY, algorithm=123), {"ds_interface": "key"}, 2306),
        (replace(KEY, public_key=b""), {"ds_interface": "key"}, 2306),
    ],
)
def test_rfc_5910_what_is_no_record_of_a_zone(record: Any, policy: dict[str, Any], code: int) -> None:
    data = SecDns((record,)) if isinstance(record, DsRecord) else SecDns((), (record,))
    world = World(**policy)
    assert world.code(A, CreateDomain("a.example", secdns=data)) == code
    world.must(A, CreateDomain("b.example"))
    assert world.code(A, UpdateDomain("b.example", secdns=SecDnsUpdate(add=data))) == code
    if code == 1000:
        assert world.code(A, UpdateDomain("b.example", secdns=SecDnsUpdate(add=data))) == 2306
        shown = world.must(A, InfoDomain("a.example")).domain
        assert (shown.ds, shown.keys) == (data.ds, data.keys)
        assert world.code(A, UpdateDomain("b.example", secdns=SecDnsUpdate(remove=data))) == 1000
        assert world.code(A, UpdateDomain("b.example", secdns=SecDnsUpdate(remove=data))) == 2306


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", 1000),
        ("0123456789abcdefghi", 2202),
        ("0123456789abcdefghij", 1000),
        ("J<hB:~Qz2xw@pTq#mL7v", 1000),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", 2202),
        ("abcabcabcabcabcabcabcabc", 2202),
        ("2fooBAR2fooBAR2fooBAR", 1000),
    ],
)
def test_rfc_9154_4_1_what_is_too_weak(password: str, code: int) -> None:
    world = World()
    outcome = world.ask(A, CreateDomain("a.example", auth=password))
    assert outcome.code == code
    if code == 2202:
        assert outcome.value == ("domain:authInfo", ""), "never the authInfo itself"
    world.domain("b.example")
    world.contact()
    assert world.code(A, UpdateDomain("b.example", auth=password)) == code
    assert world.code(A, UpdateContact("con-1", auth=password)) == code


def test_rfc_9154_a_policy_may_take_any() -> None:
    assert World(min_auth_info=0).code(A, CreateDomain("a.example", auth="2fooBAR")) == 1000
    assert World(min_auth_info=6).code(A, CreateDomain("a.example", auth="secret")) == 1000
    assert World(min_auth_info=6).code(A, CreateDomain("a.example", auth="aaaaaa")) == 2202


def test_what_is_kept_of_grace_periods_and_restores() -> None:
    """Rows of earlier versions, without an amount and without the request, are read too."""
    later = START + timedelta(days=1)
    grace = (GracePeriod("add", START, later, 1, 995), GracePeriod("renew", START, later, 2))
    value = Domain("a.example", "D1-T", A, A, START, later, grace=grace)
    for restore in (None, Restore(START, later, later, later, START), Restore(START, START, later, final=True)):
        kept = replace(value, restore=restore)
        row = codec.domain_row(kept, codec.domain_detail(kept))
        assert codec.domain_from_row(row) == kept
    detail = '{"grace":[["add",0,1000,1]],"restore":[0,1000,2000,null]}'
    old = codec.domain_from_row((*codec.domain_row(value, "")[:-1], detail))
    assert old.restore is not None
    assert (old.grace[0].amount, old.restore.requested, old.restore.final) == (None, None, False)
    assert old.due() == old.restore.redeemable


def test_contacts_are_protected_likewise() -> None:
    world = World()
    assert world.code(A, CreateContact("con-1", (), "a@mail.example", auth="short")) == 2202
