"""keyrelay-1.0: keys relayed to the sponsor of a domain (RFC 8063)."""

from __future__ import annotations

from typing import Any

from regwire.epp import auth_info
from regwire.epp.ext import keyrelay as k
from regwire.epp.ext.secdns import SecDnsKeyData
from regwire.epp.messages.core import Command
from regwire.registry.fronts.epp.ext import FrontExtension
from regwire.registry.model import codes
from regwire.registry.model.keyrelay import KeyRelayed, RelayedKey, RelayKeys
from regwire.registry.model.objects import KeyRecord
from regwire.registry.model.outcomes import Refusal
from regwire.schema import Duration

__all__ = ["FRONT"]


def _relay(command: Command, element: k.KeyRelayCreate) -> RelayKeys:
    if command.extension:
        raise Refusal(codes.UNIMPLEMENTED_EXTENSION, "an extension that this command does not take")
    pw = element.auth_info.pw
    if pw is None:
        raise Refusal(codes.UNIMPLEMENTED_OPTION, "authInfo takes a pw only")
    return RelayKeys(element.name.lower(), pw.value, tuple(map(_key, element.key_relay_data)), pw.roid)


def _key(data: k.KeyRelayData) -> RelayedKey:
    key = data.key_data
    found = KeyRecord(key.flags, key.protocol, key.alg, key.pub_key)
    expiry = data.expiry
    if expiry is None:
        return RelayedKey(found)
    return RelayedKey(found, expiry.absolute, None if expiry.relative is None else str(expiry.relative))


def _told(told: KeyRelayed) -> tuple[Any, ...]:
    data = k.KeyRelayInfoData(
        told.name,
        # The element is required; what was in it is kept by nobody, and proved to the registry that the sender may.
        auth_info(""),
        tuple(map(_data, told.keys)),
        told.created,
        told.requester,
        told.actor,
    )
    return (data,)


def _data(relayed: RelayedKey) -> k.KeyRelayData:
    key, expiry = relayed.key, None
    if relayed.until is not None:
        expiry = k.KeyRelayExpiry(absolute=relayed.until)
    elif relayed.span is not None:
        expiry = k.KeyRelayExpiry(relative=Duration.parse(relayed.span))
    return k.KeyRelayData(SecDnsKeyData(key.flags, key.protocol, key.algorithm, key.public_key), expiry)


FRONT = FrontExtension(
    name="keyrelay",
    feature="keyrelay",
    greeting={"keyrelay": k.NAMESPACE},
    requests={k.KeyRelayCreate: _relay},
    poll={KeyRelayed: _told},
)
