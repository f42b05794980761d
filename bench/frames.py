"""The listed frames: domain commands and responses, written here, compact and indented.

Every frame has a name and a kind; kinds are what a decoder must know to read it. Mean size about 800 octets.
"""

from __future__ import annotations

from dataclasses import dataclass

EPP = "urn:ietf:params:xml:ns:epp-1.0"
DOMAIN = "urn:ietf:params:xml:ns:domain-1.0"


@dataclass(frozen=True)
class Frame:
    """`kind` is the command's name; a response's kind is that of the command it answers."""

    name: str
    kind: str
    is_response: bool
    data: bytes


def _lines(depth: int, text: str, *, indented: bool) -> str:
    parts = [part.strip() for part in text.strip().splitlines()]
    if not indented:
        return "".join(parts)
    out, level = [], depth
    for part in parts:
        if part.startswith("</"):
            level -= 1
        out.append("  " * level + part)
        if part.startswith("<") and not part.startswith(("</", "<?")) and "</" not in part and not part.endswith("/>"):
            level += 1
    return "\n".join(out) + "\n"


def _document(body: str, *, indented: bool) -> bytes:
    head = (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
        if indented
        else '<?xml version="1.0" encoding="UTF-8"?>'
    )
    text = f'<epp xmlns="{EPP}">\n{body}\n</epp>'
    return (head + ("\n" if indented else "") + _lines(0, text, indented=indented)).encode()


def _command(kind: str, content: str, attributes: str = "") -> str:
    return f"""<command>
        <{kind}{attributes}>
        <domain:{kind} xmlns:domain="{DOMAIN}">
        {content}
        </domain:{kind}>
        </{kind}>
        <clTRID>BENCH-20260102-000017</clTRID>
        </command>"""


def _response(data: str, code: int = 1000, message: str = "Command completed successfully") -> str:
    body = f"<resData>\n{data}\n</resData>" if data else ""
    return f"""<response>
        <result code="{code}">
        <msg>{message}</msg>
        </result>
        {body}
        <trID>
        <clTRID>BENCH-20260102-000017</clTRID>
        <svTRID>REGISTRY-5f2c9a-000000004711</svTRID>
        </trID>
        </response>"""


def _names(count: int) -> str:
    return "\n".join(f"<domain:name>shop-{n * 37}-{n}.example</domain:name>" for n in range(count))


def _checked(count: int) -> str:
    items = []
    for n in range(count):
        free = n % 2
        reason = "" if free else "\n<domain:reason>In use</domain:reason>"
        items.append(
            f'<domain:cd>\n<domain:name avail="{free}">shop-{n * 37}-{n}.example</domain:name>{reason}\n</domain:cd>'
        )
    return f'<domain:chkData xmlns:domain="{DOMAIN}">\n' + "\n".join(items) + "\n</domain:chkData>"


_HOSTS = """<domain:ns>
    <domain:hostObj>ns1.provider.example.net</domain:hostObj>
    <domain:hostObj>ns2.provider.example.net</domain:hostObj>
    </domain:ns>"""
_CONTACTS = """<domain:contact type="admin">adm4711</domain:contact>
    <domain:contact type="tech">tec4711</domain:contact>"""
_AUTH = """<domain:authInfo>
    <domain:pw>9c1f-77ab-40de</domain:pw>
    </domain:authInfo>"""
_CREATE = f"""<domain:name>shop-4711.example</domain:name>
    <domain:period unit="y">2</domain:period>
    {_HOSTS}
    <domain:registrant>own4711</domain:registrant>
    {_CONTACTS}
    {_AUTH}"""
_UPDATE = """<domain:name>shop-4711.example</domain:name>
    <domain:add>
    <domain:ns>
    <domain:hostObj>ns3.provider.example.net</domain:hostObj>
    </domain:ns>
    <domain:contact type="billing">bil4711</domain:contact>
    <domain:status s="clientHold" lang="nl">Niet betaald</domain:status>
    </domain:add>
    <domain:rem>
    <domain:ns>
    <domain:hostObj>ns2.provider.example.net</domain:hostObj>
    </domain:ns>
    </domain:rem>
    <domain:chg>
    <domain:registrant>own4712</domain:registrant>
    </domain:chg>"""
_INFO_DATA = f"""<domain:infData xmlns:domain="{DOMAIN}">
    <domain:name>shop-4711.example</domain:name>
    <domain:roid>D4711-REG</domain:roid>
    <domain:status s="clientDeleteProhibited"/>
    <domain:status s="clientTransferProhibited"/>
    <domain:registrant>own4711</domain:registrant>
    {_CONTACTS}
    {_HOSTS}
    <domain:host>ns1.shop-4711.example</domain:host>
    <domain:clID>reg-a</domain:clID>
    <domain:crID>reg-b</domain:crID>
    <domain:crDate>2021-03-14T09:26:53Z</domain:crDate>
    <domain:upID>reg-a</domain:upID>
    <domain:upDate>2024-11-30T23:59:59.5Z</domain:upDate>
    <domain:exDate>2027-03-14T09:26:53Z</domain:exDate>
    </domain:infData>"""
_CREATE_DATA = f"""<domain:creData xmlns:domain="{DOMAIN}">
    <domain:name>shop-4711.example</domain:name>
    <domain:crDate>2026-01-02T03:04:05Z</domain:crDate>
    <domain:exDate>2028-01-02T03:04:05Z</domain:exDate>
    </domain:creData>"""
_RENEW_DATA = f"""<domain:renData xmlns:domain="{DOMAIN}">
    <domain:name>shop-4711.example</domain:name>
    <domain:exDate>2029-03-14T09:26:53Z</domain:exDate>
    </domain:renData>"""
_TRANSFER_DATA = f"""<domain:trnData xmlns:domain="{DOMAIN}">
    <domain:name>shop-4711.example</domain:name>
    <domain:trStatus>pending</domain:trStatus>
    <domain:reID>reg-b</domain:reID>
    <domain:reDate>2026-01-02T03:04:05Z</domain:reDate>
    <domain:acID>reg-a</domain:acID>
    <domain:acDate>2026-01-07T03:04:05Z</domain:acDate>
    <domain:exDate>2028-03-14T09:26:53Z</domain:exDate>
    </domain:trnData>"""

_COMMANDS = {
    "check": _command("check", _names(10)),
    "info": _command("info", f'<domain:name hosts="sub">shop-4711.example</domain:name>\n{_AUTH}'),
    "create": _command("create", _CREATE),
    "update": _command("update", _UPDATE),
    "renew": _command(
        "renew",
        "<domain:name>shop-4711.example</domain:name>\n<domain:curExpDate>2027-03-14</domain:curExpDate>\n"
        '<domain:period unit="y">2</domain:period>',
    ),
    "transfer": _command("transfer", f"<domain:name>shop-4711.example</domain:name>\n{_AUTH}", ' op="request"'),
}
_RESPONSES = {
    "check": _response(_checked(10)),
    "info": _response(_INFO_DATA),
    "create": _response(_CREATE_DATA),
    "update": _response(""),
    "renew": _response(_RENEW_DATA),
    "transfer": _response(_TRANSFER_DATA, 1001, "Command completed successfully; action pending"),
}


def listed() -> list[Frame]:
    """All frames of the lists, in a fixed order."""
    return [
        Frame(f"{kind} {what}, {style}", kind, what == "response", _document(body, indented=style == "indented"))
        for what, bodies in (("command", _COMMANDS), ("response", _RESPONSES))
        for kind, body in bodies.items()
        for style in ("compact", "indented")
    ]
