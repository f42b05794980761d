"""The registry again, slow and obvious: what every reply must say, told from plain dictionaries.

Written from the RFCs and the design notes, sharing no code with the rules; where the rules and this disagree, one of
them is wrong. A reply is (code, what it says): None for a refusal, else plain tuples and dictionaries, as
`registry_compare.plain` makes them of an outcome. This file: the policy, time, poll queues and transfers, which domains
and contacts share; the objects are in `registry_reference_domains` and `registry_reference_others`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

DAY = timedelta(days=1)
ZONE = ".example"

#: The settings that the random tests vary, with the values the registry has by default.
POLICY: dict[str, Any] = {
    "max_years": 10,
    "months": False,
    "host_model": "objects",
    "data_model": "any",
    "required_contacts": (),
    "add_grace": 5,
    "renew_grace": 5,
    "auto_renew_grace": 45,
    "transfer_grace": 5,
    "redemption": 30,
    "pending_delete": 5,
    "restore_report": 7,
    "pending_transfer": 5,
    "max_name_servers": 13,
    "min_name_servers": 0,
}
#: Names that nobody can register, and why.
IMPOSSIBLE = {
    "-a.example": 2005,
    "a_b.example": 2005,
    "xx--a.example": 2005,
    "a.example.": 2005,
    "a.b.example": 2306,
    "a.net": 2306,
    "example": 2306,
}

Reply = tuple[int, Any]


class Refused(Exception):
    """Ends a request with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def months_later(instant: datetime, months: int) -> datetime:
    """Count on month by month; whoever was on a day that a month lacks moves to its last, 29 February always to 28."""
    if months == 0:
        return instant
    day = instant.day
    year, month = instant.year, instant.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        if month == 13:
            year, month = year + 1, 1
        if month == 0:
            year, month = year - 1, 12
    longest = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    return instant.replace(year=year, month=month, day=min(day, longest))


def parent_of(host: str) -> str | None:
    return ".".join(host.split(".")[-2:]) if host.endswith(ZONE) else None


class ReferenceState:
    """What both halves of the reference share."""

    def __init__(self, **policy: Any) -> None:
        self.policy = {**POLICY, **policy}
        self.domains: dict[str, dict[str, Any]] = {}
        self.hosts: dict[str, dict[str, Any]] = {}
        self.contacts: dict[str, dict[str, Any]] = {}
        self.queues: dict[str, list[dict[str, Any]]] = {}
        self.last_id = 0

    def days(self, name: str) -> timedelta:
        return int(self.policy[name]) * DAY

    # --- time

    def pass_time(self, now: datetime) -> None:
        """Let happen what has become due, in the order of its instants."""
        while True:
            waiting = [(self.domain_due(d), "domain", name) for name, d in self.domains.items()]
            waiting += [(c["transfer"]["acted"], "contact", id) for id, c in self.contacts.items() if pending(c)]
            waiting = [entry for entry in waiting if entry[0] <= now]
            if not waiting:
                return
            at, kind, key = min(waiting)
            if kind == "contact":
                self.complete_transfer("contact", key, "serverApproved", at)
            else:
                self.domain_step(key, at)

    def domain_due(self, domain: dict[str, Any]) -> datetime:
        deleted = domain["deleted"]
        if deleted is not None:
            due: datetime = deleted["purged"] if deleted["final"] else deleted["redeemable"]
            if deleted["report_due"] is not None:
                due = deleted["report_due"]
            return due
        expires: datetime = domain["expires"]
        return min(expires, domain["transfer"]["acted"]) if pending(domain) else expires

    def domain_step(self, name: str, at: datetime) -> None:
        domain = self.domains[name]
        deleted = domain["deleted"]
        if deleted is not None:
            if deleted["report_due"] is not None:
                rest = deleted["redeemable"] - deleted["requested"]
                deleted.update(redeemable=at + rest, purged=at + rest + self.days("pending_delete"))
                deleted.update(report_due=None, requested=None)
                self.tell(domain["sponsor"], f"Restore of {name} failed: no report", None, at)
            elif not deleted["final"]:
                deleted["final"] = True
                if deleted["purged"] > at:
                    self.tell(domain["sponsor"], f"{name} can no longer be restored", None, at)
            else:
                del self.domains[name]
                self.tell(domain["sponsor"], f"{name} was purged", None, at)
                self.tell(domain["sponsor"], f"The deletion of {name} is complete", None, at)
        elif pending(domain) and domain["transfer"]["acted"] == at:
            self.complete_transfer("domain", name, "serverApproved", at)
        else:
            domain["expires"] = months_later(domain["expires"], 12)
            domain["grace"] = [row for row in domain["grace"] if row[2] > at]
            domain["grace"].append(("autoRenew", at, at + self.days("auto_renew_grace")))
            day = domain["expires"].date().isoformat()
            self.tell(domain["sponsor"], f"{name} was renewed until {day}", None, at)

    # --- poll queues

    def tell(self, account: str, text: str, data: Any, at: datetime) -> None:
        self.last_id += 1
        message = {"id": self.last_id, "text": text, "data": data, "queued": at}
        self.queues.setdefault(account, []).append(message)

    def on_PollRequest(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        queue = self.queues.get(account, [])
        if not queue:
            return 1300, None
        head = queue[0]
        return 1301, (len(queue), head["id"], head["text"], head["queued"], head["data"])

    def on_PollAck(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        queue = self.queues.get(account, [])
        for message in queue:
            if str(message["id"]) == request.id:
                queue.remove(message)
                return 1000, (len(queue), int(request.id))
        raise Refused(2303)

    # --- transfers

    def transfer_reply(self, kind: str, key: str, transfer: dict[str, Any], sponsor: str) -> Any:
        return (kind, key, sponsor, *[transfer[name] for name in TRANSFER_FIELDS])

    def tell_both(self, kind: str, key: str, value: dict[str, Any], at: datetime) -> None:
        transfer = value["transfer"]
        for account in (value["sponsor"], transfer["requester"]):
            data = self.transfer_reply(kind, key, transfer, value["sponsor"])
            self.tell(account, f"{TRANSFER_TEXTS[transfer['status']]}: {key}", data, at)

    def complete_transfer(self, kind: str, key: str, status: str, at: datetime) -> None:
        value = self.domains[key] if kind == "domain" else self.contacts[key]
        transfer = value["transfer"]
        transfer.update(status=status, actor=value["sponsor"], acted=at)
        self.tell_both(kind, key, value, at)
        value.update(sponsor=transfer["requester"], transferred=at, password=None)
        if kind == "domain":
            value["grace"] = [("transfer", at, at + self.days("transfer_grace"))]
            value["expires"] = max(value["expires"], transfer["expires"])
            for host in self.hosts.values():
                if host["parent"] == key:
                    host.update(sponsor=transfer["requester"], transferred=at)

    def begin_transfer(
        self, kind: str, key: str, account: str, now: datetime, expires: datetime | None = None
    ) -> Reply:
        value = self.domains[key] if kind == "domain" else self.contacts[key]
        sponsor = value["sponsor"]
        value["transfer"] = {
            "status": "pending",
            "requester": account,
            "requested": now,
            "actor": sponsor,
            "acted": now + self.days("pending_transfer"),
            "expires": expires,
        }
        self.tell_both(kind, key, value, now)
        if self.policy["pending_transfer"] == 0:
            self.complete_transfer(kind, key, "serverApproved", now)
        code = 1001 if value["transfer"]["status"] == "pending" else 1000
        return code, self.transfer_reply(kind, key, value["transfer"], sponsor)

    def query_transfer(self, kind: str, key: str, value: dict[str, Any], account: str, auth: Any) -> Reply:
        transfer = value["transfer"]
        known = {value["sponsor"]}
        if transfer is not None:
            known |= {transfer["requester"], transfer["actor"]}
        given = auth is not None and auth.password
        if account not in known and not given:
            raise Refused(2201)
        if transfer is None:
            raise Refused(2301)
        if given and auth.password != value["password"]:
            raise Refused(2202)
        return 1000, self.transfer_reply(kind, key, transfer, value["sponsor"])

    def answer_transfer(self, kind: str, key: str, account: str, op: str, now: datetime) -> Reply:
        value = self.domains[key] if kind == "domain" else self.contacts[key]
        transfer, sponsor = value["transfer"], value["sponsor"]
        if op == "cancel":
            if transfer is not None and transfer["requester"] != account:
                raise Refused(2201)
        elif sponsor != account:
            raise Refused(2201)
        if not pending(value):
            raise Refused(2301)
        if op == "approve":
            self.complete_transfer(kind, key, "clientApproved", now)
        else:
            status = "clientRejected" if op == "reject" else "clientCancelled"
            transfer.update(status=status, actor=account, acted=now, expires=None)
            self.tell_both(kind, key, value, now)
        return 1000, self.transfer_reply(kind, key, value["transfer"], sponsor)


TRANSFER_FIELDS = ("status", "requester", "requested", "actor", "acted", "expires")
TRANSFER_TEXTS = {
    "pending": "Transfer requested",
    "clientApproved": "Transfer approved",
    "serverApproved": "Transfer approved by the server",
    "clientRejected": "Transfer rejected",
    "clientCancelled": "Transfer cancelled",
}


def pending(value: dict[str, Any]) -> bool:
    return value["transfer"] is not None and value["transfer"]["status"] == "pending"


def changed_statuses(present: set[str], request: Any) -> set[str]:
    statuses = set(present)
    for status in request.remove_statuses:
        if status.value not in statuses:
            raise Refused(2306)
        statuses.discard(status.value)
    for status in request.add_statuses:
        if status.value in statuses:
            raise Refused(2306)
        statuses.add(status.value)
    return statuses


def only_client_statuses(request: Any, allowed: set[str]) -> None:
    """Refuse what only the server sets; before anything is looked up."""
    if any(status.value not in allowed for status in (*request.remove_statuses, *request.add_statuses)):
        raise Refused(2306)


def prohibits_update(statuses: set[str], request: Any) -> bool:
    if any(status.value == "clientUpdateProhibited" for status in request.remove_statuses):
        return False
    return "clientUpdateProhibited" in statuses
