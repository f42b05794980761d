"""Fill the store of a registry folder: FOLDER OBJECTS SPARE [NAME]. Prints the seconds it took.

``p0`` to OBJECTS - 1 belong to reg-a, with two hosts and three contacts each, and expire on 1 June 2030; so do ``r0``
to SPARE - 1, which the load renews; ``t0`` to SPARE - 1 belong to reg-b, with an authInfo that the load knows.
NAME is what names are made of instead of ``{}.example``, as ``name-{}.example.com``: then they have no letters.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from regwire.registry.clock import SystemClock
from regwire.registry.config import load_config
from regwire.registry.model.objects import Contact, ContactLink, Domain, Host, PostalInfo
from regwire.registry.rules import Policies
from regwire.registry.rules.authinfo import protect
from regwire.registry.store.sqlite import SqliteStore

LINKED = 20
AUTH = "6d1c0f7e2b9a44855e0c"
MADE = datetime(2024, 6, 1, 12, tzinfo=UTC)
EXPIRES = datetime(2030, 6, 1, 12, tzinfo=UTC)
POSTAL = (PostalInfo("int", "A. Person", None, (), "Town", None, None, "NL"),)


def objects(policies: Policies, owned: int, spare: int, pattern: str = "") -> Iterator[Domain | Host | Contact]:
    """Everything, what is referred to first."""
    for i in range(LINKED):
        for kind in ("own", "adm", "tec"):
            yield Contact(f"{kind}{i}", f"C{kind}{i}-RWIRE", "reg-a", "reg-a", MADE, POSTAL, "a@example.net")
        for server in (1, 2):
            yield Host(f"ns{server}.host{i}.example.net", f"H{server}{i}-RWIRE", "reg-a", "reg-a", MADE)
    auth = protect(AUTH, bytes(16), policies.general, "domain:authInfo")
    links = [(ContactLink("admin", f"adm{i}"), ContactLink("tech", f"tec{i}")) for i in range(LINKED)]
    hosts = [(f"H1{i}-RWIRE", f"H2{i}-RWIRE") for i in range(LINKED)]
    for letter, sponsor, count in (("p", "reg-a", owned), ("r", "reg-a", spare), ("t", "reg-b", spare)):
        for n in range(count):
            i = n % LINKED
            yield Domain(
                pattern.format(n) if pattern else f"{letter}{n}.example",
                f"D{letter.upper()}{n:010}-RWIRE",
                sponsor,
                sponsor,
                MADE,
                EXPIRES,
                registrant=f"own{i}",
                contacts=links[i],
                hosts=hosts[i],
                auth=auth,
            )


def main() -> None:
    folder, owned, spare = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    config = load_config(folder)
    policies = Policies(config)
    store = SqliteStore(config.path(config.store.path), policies, SystemClock(), cache=256)
    start = time.perf_counter()
    made = store.load(objects(policies, owned, spare, *sys.argv[4:]), transaction="BENCH-FILL")
    store.close()
    print(json.dumps({"objects": made, "seconds": time.perf_counter() - start}))


main()
