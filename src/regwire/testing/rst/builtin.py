"""Our own data rows: the same meaning as the published ones, made from lists of good and bad values.

Each table is a first row that a server must take, and then one change after another of that row. Published rows repeat
the row above them; these repeat the first one, so that a row shows one thing at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from regwire.testing.rst.rows import Row, Table
from regwire.testing.rst.values import EMPTY

__all__ = ["builtin_tables"]

AUTO = "{AUTO}"
PREVIOUS = "{PREVIOUS}"
LONG = "{RANDCHARS(256)}"

FAILURE, SUCCESS = "EPP_UNEXPECTED_COMMAND_FAILURE", "EPP_UNEXPECTED_COMMAND_SUCCESS"

BAD_PHONES = ("+3144445555", "+31555.1", "0031", "+31.", "+31.1234567890123456", "+31.abc", "+xy.12345")
BAD_COUNTRIES = ("QQ", "N", "NLD")
BAD_EMAILS = ("nobody", "mail.example", "@mail.example", "@", '{RANDCHARS(65) & "@mail.example"}')
BAD_V4 = (EMPTY, "2001:4860::8", "198.51.100", "one.two.three.four", "198.51.100.256", "198.51.100.1.1", "127.0.0.1")
BAD_V6 = (EMPTY, "198.51.100.7", "::", "::1", "2001:db8::wxyz", "NOT:AN:ADDRESS")
GLUE4, MORE_GLUE4 = "208.77.190.220", "208.77.190.221"
GLUE6, MORE_GLUE6 = "2602:800:900e:1257::20", "2602:800:900e:1257::21"
KEY = "NdqWw7XL9ZTSiMOg0GyLu9EJrg3cNkkPTIfPUVZsoBlonbM3wkSewTFrKm0/Ed325SiiHIkTGMaWpmSHcFKUCQ=="

Change = tuple[Mapping[str, str], bool, str]


def builtin_tables() -> dict[str, Table]:
    """Every table by its name."""
    return {table.name: table for table in _tables()}


def _tables() -> Iterator[Table]:
    yield _contact_create()
    yield _contact_postal()
    yield _contact_other()
    yield _table("epp-09-status-data", {}, _statuses("CONTACT", ("clientUpdateProhibited", "clientDeleteProhibited")))
    yield _host_create()
    yield _table("epp-13-status-data", {}, _statuses("HOST", ("clientUpdateProhibited", "clientDeleteProhibited")))
    yield _host_addresses()
    yield _domain_create()
    yield _domain_statuses()
    yield _domain_servers()
    yield _domain_keys()
    yield _host_rename()


def _table(name: str, base: Mapping[str, str], changes: Iterable[Change]) -> Table:
    rows = [Row(number, {**base, **change}, passes, code) for number, (change, passes, code) in enumerate(changes, 1)]
    return Table(name, tuple(rows))


def _bad(column: str, values: Iterable[str], code: str, **more: str) -> list[Change]:
    return [({column: value, **more}, False, code) for value in values]


_ADDRESS = {
    "postalInfoType": AUTO,
    "name": AUTO,
    "org": AUTO,
    "street1": AUTO,
    "street2": EMPTY,
    "street3": EMPTY,
    "city": AUTO,
    "sp": AUTO,
    "pc": AUTO,
    "cc": AUTO,
}


def _bad_addresses(accepts: str) -> list[Change]:
    return [
        *_bad("postalInfoType", ("abroad", EMPTY), f"{accepts}_INVALID_POSTALINFO_TYPE"),
        *_bad("name", (EMPTY,), f"{accepts}_EMPTY_NAME"),
        *_bad("org", (LONG,), f"{accepts}_INVALID_ORG"),
        *_bad("street1", (LONG,), f"{accepts}_INVALID_STREET"),
        *_bad("city", (EMPTY,), f"{accepts}_EMPTY_CITY"),
        *_bad("city", (LONG,), f"{accepts}_INVALID_CITY"),
        *_bad("cc", (EMPTY,), f"{accepts}_EMPTY_CC"),
        *_bad("cc", BAD_COUNTRIES, f"{accepts}_INVALID_CC"),
    ]


def _contact_create() -> Table:
    accepts = "EPP_CONTACT_CREATE_SERVER_ACCEPTS"
    base = {"id": AUTO, **_ADDRESS}
    base |= dict.fromkeys(("voice", "voiceExt", "fax", "faxExt", "email", "authInfo"), AUTO)
    return _table(
        "epp-07-data",
        base,
        [
            ({}, True, "EPP_CONTACT_CREATE_INFO_RESPONSE_NOT_1000"),
            *_bad("id", (EMPTY, "{RANDCHARS(2)}", "{RANDCHARS(17)}"), f"{accepts}_INVALID_ID"),
            *_bad_addresses(accepts),
            *_bad("voice", (EMPTY,), f"{accepts}_EMPTY_VOICE"),
            *_bad("voice", BAD_PHONES, f"{accepts}_INVALID_VOICE"),
            *_bad("fax", (EMPTY,), f"{accepts}_EMPTY_FAX"),
            *_bad("fax", BAD_PHONES, f"{accepts}_INVALID_FAX"),
            *_bad("name", (LONG,), f"{accepts}_INVALID_NAME"),
            *_bad("email", (EMPTY,), f"{accepts}_EMPTY_EMAIL"),
            *_bad("email", BAD_EMAILS, f"{accepts}_INVALID_EMAIL"),
        ],
    )


def _contact_postal() -> Table:
    accepts = "EPP_CONTACT_UPDATE_SERVER_ACCEPTS"
    changes = [
        ({}, True, FAILURE),
        *_bad_addresses(accepts),
        *_bad("sp", (LONG,), f"{accepts}_INVALID_SP"),
        *_bad("pc", ("{RANDCHARS(17)}",), f"{accepts}_INVALID_PC"),
    ]
    return _table("epp-09-postalinfo-data", {"action": "chg", **_ADDRESS}, changes)


def _contact_other() -> Table:
    accepts = "EPP_CONTACT_UPDATE_SERVER_ACCEPTS"
    base = {"action": "chg", **dict.fromkeys(("voice", "voiceExt", "fax", "faxExt", "email"), AUTO)}
    changes = [
        ({}, True, FAILURE),
        *_bad("voice", BAD_PHONES, f"{accepts}_INVALID_VOICE"),
        *_bad("fax", BAD_PHONES, f"{accepts}_INVALID_FAX"),
        *_bad("email", BAD_EMAILS, f"{accepts}_INVALID_EMAIL"),
    ]
    return _table("epp-09-other-data", base, changes)


_NOT_CLIENTS = (
    "linked",
    "ok",
    "pendingCreate",
    "pendingDelete",
    "pendingTransfer",
    "pendingUpdate",
    "serverDeleteProhibited",
    "serverUpdateProhibited",
    "noSuchStatus",
)


def _statuses(kind: str, allowed: tuple[str, ...]) -> Iterator[Change]:
    """Add and take away each allowed one, twice; then what no client may set, and what is not there."""
    update, *others = allowed
    yield {"action": "add", "status": update}, True, FAILURE
    yield {"action": "rem", "status": update}, True, FAILURE
    yield {"action": "rem", "status": update}, False, SUCCESS
    for status in others:
        yield {"action": "add", "status": status}, True, FAILURE
        yield {"action": "add", "status": status}, False, SUCCESS
    for status in ("clientHold", *_NOT_CLIENTS):
        yield {"action": "add", "status": status}, False, f"EPP_{kind}_UPDATE_SERVER_ACCEPTS_INVALID_STATUS_CODE"
    for status in others:
        yield {"action": "rem", "status": status}, True, FAILURE
        yield {"action": "rem", "status": status}, False, SUCCESS
    for status in _NOT_CLIENTS:
        yield {"action": "rem", "status": status}, False, SUCCESS


def _below(label: str, parent: str = "$TLD") -> str:
    return f'{{"{label}." & RANDCHARS(18) & "." & {parent}}}'


def _external(label: str) -> str:
    return f'{{"{label}." & RANDCHARS(18) & "." & $EXTERNAL}}'


def _host_create() -> Table:
    accepts = "EPP_HOST_CREATE_SERVER_ACCEPTS_INVALID"
    base = {"name": _below("ns1"), "createParentFirst": "true", "ip": "v4", "addr": GLUE4}
    none = {"ip": EMPTY, "addr": EMPTY}
    changes: list[Change] = [
        ({"name": _external("ns1"), "createParentFirst": "false", **none}, True, FAILURE),
        ({"name": _external("-ns"), "createParentFirst": "false", **none}, False, f"{accepts}_HOSTNAME"),
        ({"name": _external("n_s!"), "createParentFirst": "false", **none}, False, f"{accepts}_HOSTNAME"),
        ({"createParentFirst": "false", **none}, False, f"{accepts}_HOSTNAME"),
        ({"name": PREVIOUS}, True, FAILURE),
        # One new domain, and the same name below it for all that must fail.
        ({"ip": "v7"}, False, SUCCESS),
        *_bad("addr", BAD_V4, f"{accepts}_IPV4_ADDRESS", name=PREVIOUS),
        *_bad("addr", BAD_V6, f"{accepts}_IPv6_ADDRESS", name=PREVIOUS, ip="v6"),
        ({"name": PREVIOUS, "ip": "v6", "addr": GLUE6}, True, FAILURE),
    ]
    return _table("epp-11-data", base, changes)


def _host_addresses() -> Table:
    accepts = "EPP_HOST_UPDATE_SERVER_ACCEPTS_INVALID"
    changes: list[Change] = [
        ({}, True, FAILURE),
        *_bad("addr", BAD_V4, f"{accepts}_IPV4_ADDRESS"),
        ({"ip": "v7", "addr": MORE_GLUE4}, False, SUCCESS),
        ({"ip": "v6", "addr": GLUE6}, True, FAILURE),
        *_bad("addr", BAD_V6, f"{accepts}_IPv6_ADDRESS", ip="v6"),
        ({"action": "rem", "addr": MORE_GLUE4}, False, SUCCESS),
        ({"action": "rem", "ip": "v6", "addr": MORE_GLUE6}, False, SUCCESS),
    ]
    return _table("epp-13-addr-data", {"action": "add", "ip": "v4", "addr": GLUE4}, changes)


_KEYS = {
    "keyTag": AUTO,
    "dsDataAlg": "13",
    "digestType": "2",
    "digest": "{RANDHEX(32)}",
    "flags": "257",
    "protocol": "3",
    "keyDataAlg": "13",
    "pubKey": KEY,
}
_DS, _DNSKEY = {"secDNSInterface": "dsData"}, {"secDNSInterface": "keyData"}


def _bad_keys(code: str) -> list[Change]:
    return [
        *_bad("keyTag", (EMPTY, "-1", "65536", "tag"), code, **_DS),
        *_bad("dsDataAlg", (EMPTY, "-1", "A", "123"), code, **_DS),
        *_bad("digestType", (EMPTY, "-1", "A", "255"), code, **_DS),
        *_bad("digest", (EMPTY, "not hex", "{RANDHEX(31)}"), code, **_DS),
        *_bad("flags", (EMPTY, "1", "256", "-1", "A"), code, **_DNSKEY),
        *_bad("protocol", (EMPTY, "1", "256", "-1", "A"), code, **_DNSKEY),
        *_bad("keyDataAlg", (EMPTY, "-1", "A", "123"), code, **_DNSKEY),
        *_bad("pubKey", (EMPTY, "this is no key!"), code, **_DNSKEY),
    ]


def _domain_create() -> Table:
    accepts = "EPP_DOMAIN_CREATE_SERVER_ACCEPTS"
    name = '{$PREFIX & RANDCHARS(18) & "." & $TLD}'
    base = {
        "name": name,
        "period": "1",
        "periodUnit": "y",
        "dataModel": "any",
        "registrant": AUTO,
        "hostModel": "either",
        "ns1": '{"ns1.rst-servers." & $EXTERNAL}',
        "ns1ipv4": EMPTY,
        "ns1ipv6": EMPTY,
        "ns2": '{"ns2.rst-servers." & $EXTERNAL}',
        "ns2ipv4": EMPTY,
        "ns2ipv6": EMPTY,
        "secDNSInterface": "either",
        **_KEYS,
    }
    names = (
        '{$PREFIX & RANDCHARS(64) & "." & $TLD}',
        '{"xn--" & RANDASCII(59) & "." & $TLD}',
        '{"qq--" & RANDASCII(18) & "." & $TLD}',
        '{"-" & RANDASCII(18) & "." & $TLD}',
    )
    inside = {"hostModel": "attributes", "ns1": '{"ns1." & $name}'}
    glue = f"{accepts}_HOST_ATTRIBUTES_WITH_INVALID_GLUE"
    changes: list[Change] = [
        ({}, True, FAILURE),
        ({"period": "10"}, True, FAILURE),
        *_bad("name", names, f"{accepts}_INVALID_DOMAIN_NAME"),
        *_bad("period", ("0", "11", "-1", "1.5", "one"), f"{accepts}_INVALID_PERIOD"),
        *_bad("periodUnit", ("x",), f"{accepts}_INVALID_PERIOD"),
        *_bad("registrant", ("{RANDCHARS(16)}",), f"{accepts}_NON_EXISTENT_REGISTRANT", dataModel="maximum"),
        *_bad("registrant", (EMPTY,), f"{accepts}_MISSING_REGISTRANT", dataModel="maximum"),
        (inside, False, f"{accepts}_HOST_ATTRIBUTES_WITHOUT_GLUE"),
        ({**inside, "ns1ipv4": GLUE4}, True, FAILURE),
        ({**inside, "ns1ipv6": GLUE6}, True, FAILURE),
        *_bad("ns1ipv4", [value for value in BAD_V4 if value != EMPTY], glue, **inside),
        *_bad("ns1ipv6", [value for value in BAD_V6 if value != EMPTY], glue, **inside),
        *_bad_keys(f"{accepts}_INVALID_DNSSEC_DATA"),
    ]
    return _table("epp-14-data", base, changes)


def _domain_statuses() -> Table:
    clients = ("clientDeleteProhibited", "clientHold", "clientRenewProhibited", "clientTransferProhibited")
    accepts = "EPP_DOMAIN_UPDATE_SERVER_ACCEPTS_INVALID_STATUS_CODE"
    refused = (*_NOT_CLIENTS, "serverHold", "serverRenewProhibited", "serverTransferProhibited", "inactive")
    every = (*clients, "clientUpdateProhibited")
    changes: list[Change] = [({"action": "add", "status": status}, True, FAILURE) for status in every]
    changes.append(({"action": "rem", "status": "clientUpdateProhibited"}, True, FAILURE))
    changes.append(({"action": "add", "status": "clientHold"}, False, SUCCESS))
    changes += _bad("status", refused, accepts, action="add")
    changes += [({"action": "rem", "status": status}, True, FAILURE) for status in clients]
    changes += _bad("status", ("clientHold", "noSuchStatus"), SUCCESS, action="rem")
    return _table("epp-16-status-data", {}, changes)


def _domain_servers() -> Table:
    objects = {"hostModel": "objects", "createIfNeeded": "false", "ipType": EMPTY, "ip": EMPTY}
    attributes = {**objects, "hostModel": "attributes", "createIfNeeded": EMPTY}
    accepts = "EPP_DOMAIN_UPDATE_SERVER_ACCEPTS"
    invalid = f"{accepts}_INVALID_HOST_ATTRIBUTES"
    inside = '{"ns3." & $DOMAIN}'

    def life(base: Mapping[str, str], first: str, **create: str) -> list[Change]:
        return [
            ({**base, "action": "add", "hostname": first, **create}, True, FAILURE),
            ({**base, "action": "add", "hostname": PREVIOUS}, False, SUCCESS),
            ({**base, "action": "rem", "hostname": PREVIOUS}, True, FAILURE),
            ({**base, "action": "rem", "hostname": PREVIOUS}, False, SUCCESS),
        ]

    changes: list[Change] = [
        ({**objects, "action": "add", "hostname": _external("ns1")}, False, f"{accepts}_NON_EXISTENT_HOST_OBJECT"),
        *life(objects, PREVIOUS, createIfNeeded="true"),
        *life(attributes, _external("ns1")),
        ({**attributes, "action": "add", "hostname": inside}, False, f"{accepts}_HOST_ATTRIBUTES_WITHOUT_GLUE"),
        ({**attributes, "action": "add", "hostname": inside, "ipType": "v4", "ip": GLUE4}, True, FAILURE),
        ({**attributes, "action": "add", "hostname": '{"ns4." & $DOMAIN}', "ipType": "v6", "ip": GLUE6}, True, FAILURE),
        (
            {**attributes, "action": "add", "hostname": '{"ns5." & $DOMAIN}', "ipType": "v7", "ip": GLUE4},
            False,
            invalid,
        ),
    ]
    for kind, values in (("v4", BAD_V4), ("v6", BAD_V6)):
        changes += _bad(
            "ip", values, invalid, **{**attributes, "action": "add", "hostname": '{"ns5." & $DOMAIN}', "ipType": kind}
        )
    return _table("epp-16-ns-data", {}, changes)


def _domain_keys() -> Table:
    same = {"keyTag": PREVIOUS, "digest": PREVIOUS}
    changes: list[Change] = [
        (dict(change), passes, code)
        for change, passes, code in _bad_keys("EPP_DOMAIN_UPDATE_SERVER_ACCEPTS_INVALID_DNSSEC_DATA")
    ]
    changes += [
        (_DS, True, FAILURE),
        ({**_DS, **same, "action": "rem"}, True, FAILURE),
        ({**_DS, **same, "action": "rem"}, False, SUCCESS),
        (_DNSKEY, True, FAILURE),
        ({**_DNSKEY, "action": "rem"}, True, FAILURE),
        ({**_DNSKEY, "action": "rem"}, False, SUCCESS),
    ]
    return _table("epp-16-dnssec-data", {"action": "add", "secDNSInterface": "dsData", **_KEYS}, changes)


def _host_rename() -> Table:
    rename = "EPP_HOST_RENAME_SERVER"
    changes: list[Change] = [
        ({"name": '{"-." & $EXTERNAL}'}, False, f"{rename}_ACCEPTS_INVALID_HOSTNAME"),
        ({"name": _external("ns1")}, True, f"{rename}_REJECTS_EXTERNAL_NAME"),
        ({"name": _below("ns1", "$RESERVEDNAME")}, False, f"{rename}_ACCEPTS_RENAME_TO_ANOTHER_REGISTRARS_DOMAIN"),
        ({"name": _below("ns1")}, False, f"{rename}_ACCEPTS_RENAME_TO_NONEXISTENT_DOMAIN"),
        ({"name": PREVIOUS, "createParentFirst": "true"}, True, f"{rename}_UNEXPECTEDLY_REJECTS_RENAME"),
    ]
    return _table("epp-23-data", {"createParentFirst": "false"}, changes)
