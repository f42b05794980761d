"""DNSSEC data of domains (RFC 5910)."""

from __future__ import annotations

from typing import TypeVar

from regwire.registry.model import codes
from regwire.registry.model.objects import Domain, DsRecord, KeyRecord
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.requests import SecDns, SecDnsUpdate
from regwire.registry.rules.policy import ZonePolicy

__all__ = ["check_create", "check_records", "check_supported", "updated"]

#: Octets of a digest by its type (RFC 4034 appendix A.2, RFC 4509, RFC 5933, RFC 6605, RFC 9558, RFC 9563).
_DIGEST_OCTETS = {1: 20, 2: 32, 3: 32, 4: 48, 5: 32, 6: 32}
#: Algorithms that a DS record or a zone key can have: not 0, 1 (RFC 6725), 2 (never a zone's), 4, 9, 11, reserved ones.
_ALGORITHMS = frozenset({3, 5, 6, 7, 8, 10, 12, 13, 14, 15, 16, 17, 23, 253, 254})

_R = TypeVar("_R", DsRecord, KeyRecord)


def check_create(data: SecDns | None, policy: ZonePolicy) -> tuple[tuple[DsRecord, ...], tuple[KeyRecord, ...]]:
    """Return the DS and key records of a new domain.

    Raises:
        Refusal: 2306 for the interface that the zone does not have, a bad record, one given twice or too many.

    """
    if data is None:
        return (), ()
    check_records(data, policy)
    return _merge((), (), data.ds, policy), _merge((), (), data.keys, policy)


def check_supported(data: SecDns | SecDnsUpdate | None) -> None:
    """Refuse with 2102 the options of RFC 5910 that no zone here has."""
    if data is None:
        return
    if isinstance(data, SecDnsUpdate) and data.urgent:
        raise Refusal(codes.UNIMPLEMENTED_OPTION, "urgent is not supported", "secDNS:urgent", "1")
    life = data.max_sig_life
    if isinstance(data, SecDnsUpdate) and life is None:
        life = data.add.max_sig_life
    if life is not None:
        raise Refusal(codes.UNIMPLEMENTED_OPTION, "maxSigLife is not supported", "secDNS:maxSigLife", str(life))


def updated(
    value: Domain, update: SecDnsUpdate | None, policy: ZonePolicy
) -> tuple[tuple[DsRecord, ...], tuple[KeyRecord, ...]]:
    """Return the records of ``value`` after an update: remove, then add (RFC 5910 section 5.2.5).

    The records to add must have passed `check_records`.

    Raises:
        Refusal: 2306 for a record that is not there to be removed or is there already, or for too many.

    """
    if update is None:
        return value.ds, value.keys
    ds, keys = ((), ()) if update.remove_all else (value.ds, value.keys)
    return _merge(ds, update.remove.ds, update.add.ds, policy), _merge(
        keys, update.remove.keys, update.add.keys, policy
    )


def check_records(data: SecDns, policy: ZonePolicy) -> None:
    """Refuse with 2306 the interface that the zone does not have, and records that DNSSEC has not."""
    if data.ds and policy.settings.ds_interface != "ds":
        raise Refusal(codes.POLICY, "this zone takes keyData", "secDNS:dsData")
    if data.keys and policy.settings.ds_interface != "key":
        raise Refusal(codes.POLICY, "this zone takes dsData", "secDNS:keyData")
    for record in data.ds:
        _check_ds(record)
    for key in data.keys:
        _check_key(key)


def _check_ds(record: DsRecord) -> None:
    if record.algorithm not in _ALGORITHMS:
        raise Refusal(codes.POLICY, "unknown algorithm", "secDNS:alg", str(record.algorithm))
    octets = _DIGEST_OCTETS.get(record.digest_type)
    if octets is None:
        raise Refusal(codes.POLICY, "unknown digest type", "secDNS:digestType", str(record.digest_type))
    if len(record.digest) != octets:
        reason = f"a digest of type {record.digest_type} has {octets} octets"
        raise Refusal(codes.POLICY, reason, "secDNS:digest", record.digest.hex().upper())
    if record.key is not None:
        _check_key(record.key)


def _check_key(key: KeyRecord) -> None:
    # 256 is a zone key, 257 with the SEP bit (RFC 4034 section 2.1.1); only the latter belongs in a parent.
    if key.flags != 257:
        raise Refusal(codes.POLICY, "flags must be 257", "secDNS:flags", str(key.flags))
    if key.protocol != 3:
        raise Refusal(codes.POLICY, "protocol must be 3", "secDNS:protocol", str(key.protocol))
    if key.algorithm not in _ALGORITHMS:
        raise Refusal(codes.POLICY, "unknown algorithm", "secDNS:alg", str(key.algorithm))
    if not key.public_key:
        raise Refusal(codes.POLICY, "empty key", "secDNS:pubKey")


def _same(a: _R, b: _R) -> bool:
    """Compare the fields that identify a record: those of the DNS, without the key a DS was made from."""
    if isinstance(a, DsRecord) and isinstance(b, DsRecord):
        return (a.key_tag, a.algorithm, a.digest_type, a.digest) == (b.key_tag, b.algorithm, b.digest_type, b.digest)
    return a == b


def _merge(present: tuple[_R, ...], remove: tuple[_R, ...], add: tuple[_R, ...], policy: ZonePolicy) -> tuple[_R, ...]:
    left = list(present)
    for record in remove:
        found = next((other for other in left if _same(other, record)), None)
        if found is None:
            raise Refusal(codes.POLICY, "record is not set", "secDNS:rem")
        left.remove(found)
    for record in add:
        if any(_same(other, record) for other in left):
            raise Refusal(codes.POLICY, "record is set already", "secDNS:add")
        left.append(record)
    if len(left) > policy.settings.max_ds:
        raise Refusal(codes.POLICY, f"at most {policy.settings.max_ds} records", "secDNS:add")
    return tuple(left)
