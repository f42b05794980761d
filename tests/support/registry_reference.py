"""The registry again, slow and obvious: what a reply's code must be, told from plain dictionaries.

Only what the random tests ask for: two zones' worth of domains, hosts and contacts, one-year periods, the default
policy. Written from the RFCs and the design notes, sharing no code with the rules; where the rules and this disagree,
one of them is wrong.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from regwire.registry.model import requests as r

DAY = timedelta(days=1)
ZONE = ".example"


def year_later(instant: datetime, years: int = 1) -> datetime:
    if (instant.month, instant.day) == (2, 29):
        instant = instant.replace(day=28)
    return instant.replace(year=instant.year + years)


def parent(host: str) -> str | None:
    return ".".join(host.split(".")[-2:]) if host.endswith(ZONE) else None


class Reference:
    """A registry of dictionaries."""

    def __init__(self) -> None:
        self.domains: dict[str, dict[str, Any]] = {}
        self.hosts: dict[str, dict[str, Any]] = {}
        self.contacts: dict[str, dict[str, Any]] = {}
        self.queues: dict[str, list[str]] = {}

    # --- time

    def pass_time(self, now: datetime) -> None:
        """Let happen what has become due, in the order of its instants."""
        while True:
            due = [(self.due(d), name) for name, d in self.domains.items() if self.due(d) <= now]
            if not due:
                return
            at, name = min(due)
            domain = self.domains[name]
            if domain["deleted"] is not None:
                del self.domains[name]
                self.tell(domain["sponsor"], "purged")
            elif domain["pending"] is not None and domain["pending"]["deadline"] == at:
                self.approve(name, at, "server")
            else:
                domain["expires"] = year_later(domain["expires"])

    @staticmethod
    def due(domain: dict[str, Any]) -> datetime:
        if domain["deleted"] is not None:
            return domain["deleted"] + 35 * DAY  # type: ignore[no-any-return]
        if domain["pending"] is not None:
            return min(domain["expires"], domain["pending"]["deadline"])  # type: ignore[no-any-return]
        return domain["expires"]  # type: ignore[no-any-return]

    # --- helpers

    def tell(self, account: str, what: str) -> None:
        self.queues.setdefault(account, []).append(what)

    def tell_both(self, domain: dict[str, Any], what: str) -> None:
        for account in (domain["sponsor"], domain["pending"]["by"]):
            self.tell(account, what)

    def approve(self, name: str, at: datetime, who: str) -> None:
        domain = self.domains[name]
        self.tell_both(domain, f"approved by {who}")
        pending = domain["pending"]
        domain.update(
            sponsor=pending["by"],
            expires=max(domain["expires"], pending["expires"]),
            password=None,
            pending=None,
            last=(domain["sponsor"], pending["by"]),
            created=None,
        )
        for host in self.hosts.values():
            if host["parent"] == name:
                host["sponsor"] = pending["by"]

    def users_of(self, host: str) -> list[dict[str, Any]]:
        return [domain for domain in self.domains.values() if host in domain["hosts"]]

    def prohibited(self, value: dict[str, Any], what: str) -> bool:
        if value.get("deleted") is not None or value.get("pending") is not None:
            return True
        return f"client{what}Prohibited" in value["statuses"]

    def change_statuses(self, value: dict[str, Any], request: Any) -> set[str] | None:
        statuses = set(value["statuses"])
        for status in request.remove_statuses:
            if status.value not in statuses:
                return None
            statuses.discard(status.value)
        for status in request.add_statuses:
            if status.value in statuses:
                return None
            statuses.add(status.value)
        return statuses

    # --- requests

    def ask(self, account: str, request: r.Request, now: datetime) -> int:
        """Return the code of the reply."""
        self.pass_time(now)
        method = getattr(self, "on_" + type(request).__name__)
        code: int = method(account, request, now)
        return code

    def on_CreateContact(self, account: str, request: r.CreateContact, now: datetime) -> int:  # noqa: N802
        if request.id in self.contacts:
            return 2302
        self.contacts[request.id] = {"sponsor": account, "statuses": set()}
        return 1000

    def on_DeleteContact(self, account: str, request: r.DeleteContact, now: datetime) -> int:  # noqa: N802
        contact = self.contacts.get(request.id)
        if contact is None:
            return 2303
        if contact["sponsor"] != account:
            return 2201
        if any(request.id == domain["registrant"] for domain in self.domains.values()):
            return 2305
        del self.contacts[request.id]
        return 1000

    def on_CreateHost(self, account: str, request: r.CreateHost, now: datetime) -> int:  # noqa: N802
        above = parent(request.name)
        if above is None and request.addresses:
            return 2306
        if above is not None and not request.addresses:
            return 2003
        if request.name in self.hosts:
            return 2302
        code = 1000 if above is None else self.may_hold_hosts(account, above)
        if code == 1000:
            self.hosts[request.name] = {
                "sponsor": account,
                "parent": above,
                "addresses": [address.address for address in request.addresses],
                "statuses": set(),
            }
        return code

    def may_hold_hosts(self, account: str, name: str) -> int:
        if name not in self.domains:
            return 2303
        if self.domains[name]["sponsor"] != account:
            return 2201
        return 2304 if self.domains[name]["deleted"] is not None else 1000

    def on_DeleteHost(self, account: str, request: r.DeleteHost, now: datetime) -> int:  # noqa: N802
        host = self.hosts.get(request.name)
        if host is None:
            return 2303
        if host["sponsor"] != account:
            return 2201
        if self.prohibited(host, "Delete"):
            return 2304
        if self.users_of(request.name):
            return 2305
        del self.hosts[request.name]
        return 1000

    def on_UpdateHost(self, account: str, request: r.UpdateHost, now: datetime) -> int:  # noqa: N802
        host, new = self.hosts.get(request.name), request.new_name
        if host is None:
            return 2303
        if host["sponsor"] != account:
            return 2201
        if new is not None and new in self.hosts:
            return 2302
        above = host["parent"] if new is None else parent(new)
        if new is not None and above is not None:
            code = self.may_hold_hosts(account, above)
            if code != 1000:
                return code
        lifting = any(status.value == "clientUpdateProhibited" for status in request.remove_statuses)
        if self.prohibited(host, "Update") and not lifting:
            return 2304
        users = self.users_of(request.name)
        if new is not None and host["parent"] is None and any(d["sponsor"] != account for d in users):
            return 2305
        addresses = [] if above is None else list(host["addresses"])
        if above is not None and not addresses and users:
            return 2305
        statuses = self.change_statuses(host, request)
        if statuses is None:
            return 2306
        del self.hosts[request.name]
        self.hosts[new or request.name] = {**host, "parent": above, "addresses": addresses, "statuses": statuses}
        for domain in users:
            domain["hosts"] = [new or name if name == request.name else name for name in domain["hosts"]]
        return 1000

    def on_CreateDomain(self, account: str, request: r.CreateDomain, now: datetime) -> int:  # noqa: N802
        if request.name in self.domains:
            return 2302
        if request.registrant is not None and request.registrant not in self.contacts:
            return 2303
        code = self.can_use(request.hosts)
        if code != 1000:
            return code
        assert request.period is not None
        self.domains[request.name] = {
            "sponsor": account,
            "created": now,
            "expires": year_later(now, request.period.value),
            "registrant": request.registrant,
            "hosts": list(request.hosts),
            "statuses": set(),
            "password": request.auth,
            "pending": None,
            "last": None,
            "deleted": None,
        }
        return 1000

    def can_use(self, names: tuple[str, ...]) -> int:
        for name in names:
            if name not in self.hosts:
                return 2303
            if self.hosts[name]["parent"] is not None and not self.hosts[name]["addresses"]:
                return 2306
        return 1000

    def own(self, account: str, name: str) -> int:
        if name not in self.domains:
            return 2303
        return 1000 if self.domains[name]["sponsor"] == account else 2201

    def on_DeleteDomain(self, account: str, request: r.DeleteDomain, now: datetime) -> int:  # noqa: N802
        code = self.own(account, request.name)
        if code != 1000:
            return code
        domain = self.domains[request.name]
        if self.prohibited(domain, "Delete"):
            return 2304
        if any(host["parent"] == request.name for host in self.hosts.values()):
            return 2305
        if domain["created"] is not None and now < domain["created"] + 5 * DAY:
            del self.domains[request.name]
            return 1000
        domain["deleted"] = now
        return 1001

    def on_RenewDomain(self, account: str, request: r.RenewDomain, now: datetime) -> int:  # noqa: N802
        code = self.own(account, request.name)
        if code != 1000:
            return code
        domain = self.domains[request.name]
        if self.prohibited(domain, "Renew"):
            return 2304
        if request.current_expiry != domain["expires"].date():
            return 2004
        assert request.period is not None
        expires = year_later(domain["expires"], request.period.value)
        if expires > year_later(now, 10):
            return 2105
        domain["expires"] = expires
        return 1000

    def on_UpdateDomain(self, account: str, request: r.UpdateDomain, now: datetime) -> int:  # noqa: N802
        code = self.own(account, request.name)
        if code != 1000:
            return code
        domain = self.domains[request.name]
        if request.registrant and request.registrant not in self.contacts:
            return 2303
        lifting = any(status.value == "clientUpdateProhibited" for status in request.remove_statuses)
        without = {**domain, "statuses": domain["statuses"] - ({"clientUpdateProhibited"} if lifting else set())}
        if self.prohibited(without, "Update"):
            return 2304
        hosts = list(domain["hosts"])
        for name in request.remove_hosts:
            if name not in hosts:
                return 2306
            hosts.remove(name)
        code = self.can_use(request.add_hosts)
        if code != 1000:
            return code
        for name in request.add_hosts:
            if name in hosts:
                return 2306
            hosts.append(name)
        statuses = self.change_statuses(domain, request)
        if statuses is None:
            return 2306
        domain.update(hosts=hosts, statuses=statuses)
        if request.registrant is not None:
            domain["registrant"] = request.registrant or None
        if request.auth is not None:
            domain["password"] = request.auth or None
        return 1000

    def on_TransferDomain(self, account: str, request: r.TransferDomain, now: datetime) -> int:  # noqa: N802
        domain = self.domains.get(request.name)
        if domain is None:
            return 2303
        if request.op == "request":
            return self.request_transfer(account, request, domain, now)
        pending = domain["pending"]
        if request.op == "query":
            concerned = {domain["sponsor"], *(domain["last"] or ()), *((pending["by"],) if pending else ())}
            if account not in concerned:
                return 2201
            return 1000 if pending is not None or domain["last"] is not None else 2301
        by = pending["by"] if pending else (domain["last"][1] if domain["last"] else account)
        if account != (by if request.op == "cancel" else domain["sponsor"]):
            return 2201
        if pending is None:
            return 2301
        if request.op == "approve":
            self.approve(request.name, now, "client")
            return 1000
        self.tell_both(domain, request.op)
        domain.update(pending=None, last=(domain["sponsor"] if request.op == "reject" else by, by))
        return 1000

    def request_transfer(self, account: str, request: r.TransferDomain, domain: dict[str, Any], now: datetime) -> int:
        if domain["pending"] is not None:
            return 2300
        assert request.auth is not None
        if domain["password"] is None or request.auth.password != domain["password"]:
            return 2202
        if self.prohibited(domain, "Transfer"):
            return 2304
        if domain["sponsor"] == account:
            return 2106
        expires = year_later(domain["expires"])
        if expires > year_later(now, 10):
            return 2106
        domain["pending"] = {"by": account, "deadline": now + 5 * DAY, "expires": expires}
        self.tell_both(domain, "request")
        return 1001
