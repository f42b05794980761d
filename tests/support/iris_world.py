"""A small service for the tests of IRIS transports, and the octet vectors of the specification."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from regwire.iris.engine import Engine
from regwire.iris.handlers import Context, Handlers
from regwire.iris.messages import dchk
from regwire.iris.messages.common import DCHK
from regwire.iris.messages.core import LookupEntity, Request, SearchSet
from regwire.sasl import Credentials, SaslServer

EXAMPLES = Path(__file__).parents[3] / "shared" / "spec" / "examples" / "iris"


@cache
def vector(name: str) -> bytes:
    """The octets of one vector, such as `xpc-03`; skips the test when the specification is not there."""
    table = EXAMPLES / "VECTORS.tsv"
    if not table.exists():
        pytest.skip("the specification's examples are not beside this repository")
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if f"/{name}-" in row["file"]]
    (row,) = rows
    return bytes.fromhex((EXAMPLES / row["file"]).read_text(encoding="ascii"))


def domain(name: str, authority: str = "example.com") -> dchk.Domain:
    return dchk.Domain(
        domain_name=name,
        statuses=(dchk.Active(),),
        authority=authority,
        registry_type=DCHK.uri,
        entity_class="domain-name",
        entity_name=name,
    )


def handlers(*authorities: str) -> Handlers:
    """Every domain is active; who asks is told by the name `me`."""
    found = Handlers(authorities=authorities or ("example.com",))

    @found.lookup(DCHK, "domain-name")
    def look(entity: LookupEntity, context: Context) -> Any:
        if entity.entity_name == "me":
            return domain(context.identity or "nobody")
        if entity.entity_name == "transport":
            return domain(f"{context.transport}-{'tls' if context.encrypted else 'clear'}")
        if entity.entity_name == "big":
            return tuple(domain(f"{n * 7919 % 100_003:x}.{n * 104_729:x}") for n in range(300))
        return None if entity.entity_name == "none" else domain(entity.entity_name)

    return found


def engine(*authorities: str) -> Engine:
    return Engine(handlers(*authorities))


def lookup(*names: str) -> Request:
    return Request(search_sets=tuple(SearchSet(query=LookupEntity(DCHK.uri, "domain-name", name)) for name in names))


def people() -> Credentials:
    found = Credentials(digest_realm="example.com")
    found.add("bob", "kEw1")
    return found


def sasl(*mechanisms: str) -> SaslServer:
    names = mechanisms or ("EXTERNAL", "SCRAM-SHA-256", "DIGEST-MD5", "PLAIN", "ANONYMOUS")
    return SaslServer(people(), mechanisms=names, host="example.com")
