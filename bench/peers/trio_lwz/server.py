"""The peer of the LWZ suite: IRIS-LWZ domain checks the way one would write them with trio and lxml.

Usage: server.py OBJECTS. Prints one JSON line with the port when ready. One socket, one task, no queue in between; the
request is parsed by lxml and looked into by its attributes, the answer is formatted. It knows lookups of domain names
only, checks no schema, and refuses what it does not understand by keeping silent: less than a server has to do.
"""

from __future__ import annotations

import json
import sys

import trio
from lxml import etree

IRIS = "{urn:ietf:params:xml:ns:iris1}"
DCHK = "urn:ietf:params:xml:ns:dchk1"
RESPONSE, REQUEST = 0x20, 0x00
KNOWN_TYPES = (DCHK, "dchk1")

PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


def result_set(taken: dict[str, bool], query: etree._Element, authority: str) -> str:
    """The result set for one lookup."""
    name = query.get("entityName", "").lower()
    if name not in taken:
        return "<resultSet><answer/><nameNotFound/></resultSet>"
    return (
        f'<resultSet><answer><domain xmlns="{DCHK}" authority="{authority}" registryType="dchk1" '
        f'entityClass="domain-name" entityName="{name}"><domainName>{name}</domainName>'
        "<status><active/></status></domain></answer></resultSet>"
    )


def answer(taken: dict[str, bool], datagram: bytes) -> bytes | None:
    """The response to one request."""
    if len(datagram) < 6 or datagram[0] != REQUEST:
        return None
    maximum = int.from_bytes(datagram[3:5], "big")
    start = 6 + datagram[5]
    authority = datagram[6:start].decode("ascii")
    try:
        root = etree.fromstring(datagram[start:], PARSER)
    except etree.XMLSyntaxError:
        return None
    if root.tag != f"{IRIS}request":
        return None
    parts = []
    for query in root.iterfind(f"{IRIS}searchSet/{IRIS}lookupEntity"):
        if query.get("registryType") not in KNOWN_TYPES or query.get("entityClass") != "domain-name":
            return None
        parts.append(result_set(taken, query, authority))
    document = f'<response xmlns="urn:ietf:params:xml:ns:iris1">{"".join(parts)}</response>'
    response = bytes([RESPONSE]) + datagram[1:3] + document.encode()
    return response if len(response) + 8 <= maximum else None


async def main(objects: int) -> None:
    taken = {f"name-{number}.example.com": True for number in range(objects)}
    sock = trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM)
    sock.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, 4 << 20)
    await sock.bind(("127.0.0.1", 0))
    print(json.dumps({"port": sock.getsockname()[1]}), flush=True)
    while True:
        datagram, address = await sock.recvfrom(4096)
        response = answer(taken, datagram)
        if response is not None:
            await sock.sendto(response, address)


trio.run(main, int(sys.argv[1]))
