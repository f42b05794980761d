"""The slow and obvious model of hosts and contacts; see `registry_reference`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from registry_reference import (
    IMPOSSIBLE,
    ReferenceState,
    Refused,
    Reply,
    changed_statuses,
    only_client_statuses,
    parent_of,
    pending,
    prohibits_update,
)

BAD_HOSTS = {"-.other.net", "ns1.other.net.", "single"}
#: Given as IPv4.
BAD_ADDRESSES = {"127.0.0.1": 2306, "0.0.0.0": 2306, "::1": 2005, "a.b.c.d": 2005}
HOST_STATUSES = {"clientUpdateProhibited", "clientDeleteProhibited"}
CONTACT_STATUSES = {*HOST_STATUSES, "clientTransferProhibited"}


class ReferenceOthers(ReferenceState):
    """Hosts and contacts."""

    # --- hosts

    def users_of(self, host: str) -> list[dict[str, Any]]:
        return [domain for domain in self.domains.values() if host in domain["hosts"]]

    def host_moves(self, host: dict[str, Any]) -> bool:
        """Whether the domain that the host lies in is being transferred (RFC 5732 section 2.3)."""
        return host["parent"] in self.domains and pending(self.domains[host["parent"]])

    def host_reply(self, name: str) -> Any:
        host = self.hosts[name]
        statuses = set(host["statuses"])
        if self.host_moves(host):
            statuses.add("pendingTransfer")
        if not statuses:
            statuses.add("ok")
        if self.users_of(name):
            statuses.add("linked")
        dates = {key: host[key] for key in ("sponsor", "creator", "created", "updater", "updated", "transferred")}
        return {"name": name, **dates, "addresses": host["addresses"], "statuses": statuses}

    def checked_addresses(self, addresses: Any) -> list[str]:
        for address in addresses:
            if address.address in BAD_ADDRESSES:
                raise Refused(BAD_ADDRESSES[address.address])
        return [address.address for address in addresses]

    def host_name(self, name: str) -> None:
        in_no_domain = any(code == 2005 and name.endswith("." + above) for above, code in IMPOSSIBLE.items())
        if name in BAD_HOSTS or in_no_domain:
            raise Refused(2005)

    def the_host(self, name: str) -> dict[str, Any]:
        if name not in self.hosts:
            raise Refused(2005 if name in BAD_HOSTS - {"single"} else 2303)
        return self.hosts[name]

    def on_CheckHosts(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        answers = []
        for name in request.names:
            possible = name not in self.hosts and name not in BAD_HOSTS and name != "example"
            if parent_of(name) is not None and self.policy["host_model"] == "attributes":
                possible = False
            answers.append((name, possible))
        return 1000, answers

    def on_InfoHost(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        self.the_host(request.name)
        return 1000, self.host_reply(request.name)

    def on_CreateHost(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        name, above = request.name, parent_of(request.name)
        self.host_name(name)
        addresses = self.checked_addresses(request.addresses)
        if above is not None and not addresses:
            raise Refused(2003)
        if above is not None and self.policy["host_model"] == "attributes":
            raise Refused(2306)
        if above is None and addresses:
            raise Refused(2306)
        if len(set(addresses)) < len(addresses):
            raise Refused(2306)
        if name in self.hosts:
            raise Refused(2302)
        if above is not None:
            self.may_hold_hosts(account, above)
        self.hosts[name] = {
            "sponsor": account,
            "creator": account,
            "created": now,
            "updater": None,
            "updated": None,
            "transferred": None,
            "parent": above,
            "addresses": addresses,
            "statuses": set(),
        }
        return 1000, ("host", name, now, None)

    def may_hold_hosts(self, account: str, name: str) -> None:
        if name not in self.domains:
            raise Refused(2303)
        if self.domains[name]["sponsor"] != account:
            raise Refused(2201)
        if self.domains[name]["deleted"] is not None:
            raise Refused(2304)

    def on_DeleteHost(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        host = self.the_host(request.name)
        if host["sponsor"] != account:
            raise Refused(2201)
        if "clientDeleteProhibited" in host["statuses"] or self.host_moves(host):
            raise Refused(2304)
        if self.users_of(request.name):
            raise Refused(2305)
        del self.hosts[request.name]
        return 1000, None

    def on_UpdateHost(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        new = request.new_name
        add = self.checked_addresses(request.add_addresses)
        remove = self.checked_addresses(request.remove_addresses)
        if new is not None:
            self.host_name(new)
        only_client_statuses(request, HOST_STATUSES)
        if new is not None and parent_of(new) is not None and self.policy["host_model"] == "attributes":
            raise Refused(2306)
        host = self.the_host(request.name)
        if new is not None and new in self.hosts:
            raise Refused(2302)
        above = host["parent"] if new is None else parent_of(new)
        if new is not None and above is not None and above not in self.domains:
            raise Refused(2303)
        if host["sponsor"] != account:
            raise Refused(2201)
        if new is not None and above is not None:
            self.may_hold_hosts(account, above)
        if prohibits_update(host["statuses"], request) or self.host_moves(host):
            raise Refused(2304)
        users = self.users_of(request.name)
        if new is not None and host["parent"] is None and any(d["sponsor"] != account for d in users):
            raise Refused(2305)
        addresses = list(host["addresses"])
        if above is None and host["parent"] is not None:
            addresses, remove = [], []
        for address in remove:
            if address not in addresses:
                raise Refused(2306)
            addresses.remove(address)
        for address in add:
            if address in addresses:
                raise Refused(2306)
            addresses.append(address)
        if above is None and addresses:
            raise Refused(2306)
        if above is not None and not addresses and users:
            raise Refused(2305)
        statuses = changed_statuses(host["statuses"], request)
        del self.hosts[request.name]
        self.hosts[new or request.name] = {
            **host,
            "parent": above,
            "addresses": addresses,
            "statuses": statuses,
            "updater": account,
            "updated": now,
        }
        for domain in users:
            domain["hosts"] = [(new or old) if old == request.name else old for old in domain["hosts"]]
        return 1000, None

    # --- contacts

    def domains_of(self, id: str) -> list[str]:
        return [
            name
            for name, domain in self.domains.items()
            if domain["registrant"] == id or any(link[1] == id for link in domain["contacts"])
        ]

    def the_contact(self, id: str) -> dict[str, Any]:
        if id not in self.contacts:
            raise Refused(2303)
        return self.contacts[id]

    def own_contact(self, account: str, id: str) -> dict[str, Any]:
        contact = self.the_contact(id)
        if contact["sponsor"] != account:
            raise Refused(2201)
        return contact

    def contact_prohibits(self, contact: dict[str, Any], what: str) -> None:
        if pending(contact) or f"client{what}Prohibited" in contact["statuses"]:
            raise Refused(2304)

    def on_CheckContacts(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        return 1000, [(id, id not in self.contacts and 3 <= len(id) <= 16) for id in request.ids]

    def on_InfoContact(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        contact = self.the_contact(request.id)
        given = request.auth is not None and request.auth.password
        if contact["sponsor"] != account and request.auth is None:
            raise Refused(2201)
        right = given and request.auth.password == contact["password"]
        if request.auth is not None and not right and (given or contact["sponsor"] != account):
            raise Refused(2202)
        statuses = set(contact["statuses"])
        if pending(contact):
            statuses.add("pendingTransfer")
        if not statuses:
            statuses.add("ok")
        if self.domains_of(request.id):
            statuses.add("linked")
        names = ("sponsor", "creator", "created", "updater", "updated", "transferred", "email", "voice", "name")
        return 1000, {"id": request.id, **{key: contact[key] for key in names}, "statuses": statuses}

    def on_CreateContact(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        self.contact_values(request)
        if request.id in self.contacts:
            raise Refused(2302)
        if request.auth and len(request.auth) < 20:
            raise Refused(2202)
        self.contacts[request.id] = {
            "sponsor": account,
            "creator": account,
            "created": now,
            "updater": None,
            "updated": None,
            "transferred": None,
            "name": request.postal[0].name,
            "email": request.email,
            "voice": None if request.voice is None else request.voice.number,
            "password": request.auth or None,
            "statuses": set(),
            "transfer": None,
        }
        return 1000, ("contact", request.id, now, None)

    def contact_values(self, request: Any) -> None:
        for info in request.postal:
            if info.cc == "XX":
                raise Refused(2005)
        if request.voice is not None and request.voice.number == "+1.":
            raise Refused(2005)
        if request.email is not None and "@" not in request.email:
            raise Refused(2005)

    def on_DeleteContact(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        contact = self.own_contact(account, request.id)
        self.contact_prohibits(contact, "Delete")
        if self.domains_of(request.id):
            raise Refused(2305)
        del self.contacts[request.id]
        return 1000, None

    def on_UpdateContact(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        self.contact_values(request)
        only_client_statuses(request, CONTACT_STATUSES)
        contact = self.own_contact(account, request.id)
        if request.auth and len(request.auth) < 20:
            raise Refused(2202)
        if pending(contact) or prohibits_update(contact["statuses"], request):
            raise Refused(2304)
        statuses = changed_statuses(contact["statuses"], request)
        contact.update(statuses=statuses, updater=account, updated=now)
        if request.email is not None:
            contact["email"] = request.email
        if request.voice is not None:
            contact["voice"] = request.voice.number or None
        if request.auth is not None:
            contact["password"] = request.auth or None
        return 1000, None

    def on_TransferContact(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        if request.op == "request" and request.auth is None:
            raise Refused(2003)
        contact = self.the_contact(request.id)
        if request.op == "query":
            return self.query_transfer("contact", request.id, contact, account, request.auth)
        if request.op != "request":
            return self.answer_transfer("contact", request.id, account, request.op, now)
        if pending(contact):
            raise Refused(2300)
        if not request.auth.password or request.auth.password != contact["password"]:
            raise Refused(2202)
        self.contact_prohibits(contact, "Transfer")
        if contact["sponsor"] == account:
            raise Refused(2106)
        return self.begin_transfer("contact", request.id, account, now)
