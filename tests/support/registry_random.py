"""Random commands of registrars that know a little of what there is: most make sense, some do not.

Everything derives from one seed, so that a failure is told by its number: `script(seed)` is the same for ever.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from registry_reference import IMPOSSIBLE, pending
from registry_reference_domains import Reference
from registry_reference_others import BAD_ADDRESSES, BAD_HOSTS
from registry_world import PASSWORD, A, B, postal

from regwire.registry.model import requests as r
from regwire.registry.model.objects import Address, ContactLink, DsRecord, HostAttribute, KeyRecord, Phone, Status

C = "reg-c"
ACCOUNTS = (A, A, A, A, B, B, B, B, C)
DOMAINS = ("a.example", "b.example", "c.example", "d.example")
HOSTS = ("ns1.a.example", "ns2.a.example", "ns1.b.example", "ns1.c.example", "ns1.other.net", "ns2.other.net")
CONTACTS = ("con-1", "con-2", "con-3")
PASSWORDS = (PASSWORD, "another-password-of-24-c")
GLUE = (Address("192.0.2.1", "v4"), Address("192.0.2.2", "v4"), Address("2001:db8::1", "v6"))
STATUSES = ("UpdateProhibited", "DeleteProhibited", "TransferProhibited", "RenewProhibited", "Hold")
DS = tuple(DsRecord(tag, 13, 2, bytes([tag] * 32)) for tag in (1, 2, 3))
PAUSES = (0,) * 12 + (1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 29, 30, 31, 40, 100, 364, 366)
#: What the registries of a run are like; the first is what one gets without settings.
POLICIES: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"host_model": "attributes"},
    {"data_model": "minimum", "months": True, "restore_report": 0, "min_name_servers": 0},
    {"redemption": 0, "pending_delete": 0, "pending_transfer": 0, "auto_renew_grace": 365},
    {"required_contacts": ("registrant", "admin"), "max_years": 3, "add_grace": 0, "max_name_servers": 2},
    {"redemption": 2, "pending_delete": 1, "restore_report": 2, "pending_transfer": 1, "renew_grace": 0},
)


class Commands:
    """Makes commands that fit a reference's state more often than not."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.policy = POLICIES[seed % len(POLICIES)]
        self.reference = Reference(**self.policy)

    def maybe(self, chance: float) -> bool:
        return self.random.random() < chance

    def pick(self, *items: Any) -> Any:
        return self.random.choice(items)

    def next(self, reference: Reference, now: Any) -> tuple[str, r.Request]:
        """Return who asks, and what."""
        self.reference = reference
        make, account = self.random.choice(MAKERS), self.pick(*ACCOUNTS)
        request = make(self, reference, now)
        name = getattr(request, "name", None)
        known = (
            reference.domains.get(name)
            or reference.hosts.get(name)
            or reference.contacts.get(getattr(request, "id", None))
        )
        if known is not None and self.maybe(0.6) and getattr(request, "op", None) != "request":
            account = known["sponsor"]
            if getattr(request, "op", None) == "cancel" and known["transfer"]:
                account = known["transfer"]["requester"]
        elif known is not None and getattr(request, "op", None) == "request" and self.maybe(0.7):
            account = known["sponsor"] if type(request) is r.RestoreDomain else self.pick(A, B)
        return account, request

    # --- parts

    def domain(self, *, new: bool = False) -> str:
        return self.pick(*IMPOSSIBLE) if self.maybe(0.03) else self.known(DOMAINS, self.reference.domains, new=new)

    def host(self, *, new: bool = False) -> str:
        return self.pick(*BAD_HOSTS) if self.maybe(0.03) else self.known(HOSTS, self.reference.hosts, new=new)

    def contact(self, *, new: bool = False) -> str:
        return self.known(CONTACTS, self.reference.contacts, new=new)

    def known(self, keys: tuple[str, ...], objects: dict[str, Any], *, new: bool) -> str:
        """Return a key, more often than not one of an object that exists, or that does not if it is for a new one."""
        fit = [key for key in keys if (key in objects) != new]
        chosen: str = self.pick(*fit) if fit and self.maybe(0.6) else self.pick(*keys)
        return chosen

    def moving(self, objects: dict[str, Any]) -> str | None:
        """Return, half of the time, an object that is being transferred, if there is one."""
        names = [name for name, value in objects.items() if pending(value)]
        return self.pick(*names) if names and self.maybe(0.5) else None

    def some(self, items: Any, most: int, chance: float) -> tuple[Any, ...]:
        if not self.maybe(chance):
            return ()
        return tuple(self.random.sample(list(items), self.random.randint(1, most)))

    def addresses(self, chance: float) -> tuple[Address, ...]:
        if self.maybe(0.03):
            return (Address(self.pick(*BAD_ADDRESSES), "v4"), *GLUE[:1]) if self.maybe(0.5) else GLUE[:1] * 2
        return self.some(GLUE, 2, chance)

    def statuses(self, chance: float) -> tuple[Status, ...]:
        if self.maybe(0.02):
            return (Status(self.pick("ok", "linked", "serverHold", "pendingTransfer", "inactive")),)
        return tuple(Status("client" + what) for what in self.some(STATUSES, 2, chance))

    def password(self) -> str:
        return self.pick("", "short") if self.maybe(0.1) else self.pick(*PASSWORDS)

    def links(self, chance: float) -> tuple[ContactLink, ...]:
        if not self.maybe(chance):
            return ()
        return tuple(ContactLink(self.pick("admin", "tech"), self.contact()) for _ in range(self.pick(1, 1, 2)))

    def auth(self, value: Any) -> r.AuthInfo:
        if value is not None and value["password"] and self.maybe(0.8):
            return r.AuthInfo(value["password"])
        return r.AuthInfo(self.pick("", *PASSWORDS))

    def servers(self, name: str) -> tuple[tuple[str, ...], tuple[HostAttribute, ...]]:
        by_value = self.policy.get("host_model") == "attributes"
        if self.maybe(0.03):
            by_value = not by_value
        if not by_value:
            return self.some(HOSTS, 2, 0.5), ()
        names = self.some((f"ns1.{name}", "ns1.other.net", "ns2.other.net"), 2, 0.6)
        return (), tuple([HostAttribute(n, GLUE[:1] if (n[4:] == name) != self.maybe(0.05) else ()) for n in names])

    def records(self) -> r.SecDns:
        if self.maybe(0.1):
            bad = self.pick(DsRecord(1, 123, 2, bytes(32)), DsRecord(1, 13, 2, bytes(31)), DsRecord(1, 13, 9, b"x"))
            return r.SecDns((bad,))
        if self.maybe(0.05):
            return r.SecDns((), (KeyRecord(257, 3, 13, b"key"),))
        return r.SecDns(self.some(DS, 2, 0.8))

    # --- domains

    def check_domains(self, reference: Reference, now: Any) -> r.Request:
        return r.CheckDomains(tuple(self.random.sample([*DOMAINS, *IMPOSSIBLE], 4)))

    def info_domain(self, reference: Reference, now: Any) -> r.Request:
        name = self.domain()
        auth = self.auth(reference.domains.get(name)) if self.maybe(0.3) else None
        return r.InfoDomain(name, self.pick("all", "all", "del", "sub", "none"), auth)

    def create_domain(self, reference: Reference, now: Any) -> r.Request:
        name = self.domain(new=True)
        hosts, attributes = self.servers(name)
        period = self.pick(None, r.Period(1), r.Period(1), r.Period(2), r.Period(10), r.Period(11), r.Period(13, "m"))
        needed = reference.policy["required_contacts"]
        links = self.links(0.3)
        if needed and self.maybe(0.9):
            links = (ContactLink("admin", self.contact()),)
        if reference.policy["data_model"] == "minimum" and self.maybe(0.9):
            return r.CreateDomain(name, period, None, (), hosts, attributes, self.password())
        registrant = self.contact() if self.maybe(0.9 if needed else 0.4) else None
        secdns = self.records() if self.maybe(0.2) else None
        return r.CreateDomain(name, period, registrant, links, hosts, attributes, self.password(), secdns)

    def delete_domain(self, reference: Reference, now: Any) -> r.Request:
        return r.DeleteDomain(self.domain())

    def restore_domain(self, reference: Reference, now: Any) -> r.Request:
        gone = [name for name, domain in reference.domains.items() if domain["deleted"] is not None]
        name = self.pick(*gone) if gone and self.maybe(0.9) else self.domain()
        deleted = reference.domains[name]["deleted"] if name in gone else None
        op = "report" if deleted is not None and deleted["report_due"] is not None else "request"
        if self.maybe(0.1):
            op = self.pick("request", "report")
        if op == "request" and self.maybe(0.97):
            return r.RestoreDomain(name, op)
        at = deleted["at"] if deleted is not None else now
        asked = deleted["requested"] if deleted is not None and deleted["requested"] is not None else now
        wrong = timedelta(days=self.pick(0, 0, 0, 0, 2))
        statements = ("not for ourselves", "all of it is true")[: self.pick(2, 2, 2, 1)]
        report = r.RestoreReport(
            "before", "after", at + wrong, asked - wrong, self.pick("a mistake", "a mistake", ""), statements
        )
        return r.RestoreDomain(name, op, report)

    def renew_domain(self, reference: Reference, now: Any) -> r.Request:
        name = self.domain()
        domain = reference.domains.get(name)
        day = domain["expires"].date() if domain is not None and self.maybe(0.9) else now.date()
        period = self.pick(None, r.Period(1), r.Period(1), r.Period(5), r.Period(9), r.Period(11), r.Period(14, "m"))
        return r.RenewDomain(name, day, period)

    def update_domain(self, reference: Reference, now: Any) -> r.Request:
        name = self.domain()
        domain = reference.domains.get(name)
        there = domain if domain is not None and self.maybe(0.8) else None
        add_hosts, add_attributes = self.servers(name) if self.maybe(0.5) else ((), ())
        remove_hosts = self.some(there["hosts"], 1, 0.4) if there and there["hosts"] else ()
        by_name = self.some(list(there["attributes"]), 1, 0.4) if there and there["attributes"] else ()
        links = self.some(there["contacts"], 1, 0.3) if there and there["contacts"] else ()
        set_now = self.some(sorted(there["statuses"]), 1, 0.6) if there and there["statuses"] else ()
        remove_statuses = tuple(map(Status, set_now)) if self.maybe(0.9) else self.statuses(1)
        minimum = reference.policy["data_model"] == "minimum"
        return r.UpdateDomain(
            name,
            tuple(h for h in add_hosts if there is None or h not in there["hosts"] or self.maybe(0.1)),
            add_attributes,
            () if minimum and self.maybe(0.95) else self.links(0.2),
            self.statuses(0.2),
            tuple(remove_hosts),
            tuple(HostAttribute(n) for n in by_name),
            tuple(ContactLink(*link) for link in links),
            remove_statuses,
            self.pick(None, "", *CONTACTS) if self.maybe(0.2) and not minimum else None,
            self.password() if self.maybe(0.2) else None,
            self.secdns_update(there) if self.maybe(0.2) else None,
        )

    def secdns_update(self, domain: Any) -> r.SecDnsUpdate:
        if self.maybe(0.1):
            return self.pick(r.SecDnsUpdate(max_sig_life=7), r.SecDnsUpdate(urgent=True, add=r.SecDns(DS[:1])))
        rows = domain["ds"] if domain is not None else ()
        mine = tuple(DsRecord(*row) for row in rows)
        add = self.records() if self.maybe(0.7) else r.SecDns()
        remove = r.SecDns(mine[:1] if self.maybe(0.9) else DS[:1])
        return r.SecDnsUpdate(remove if self.maybe(0.7) else r.SecDns(), self.maybe(0.1), add)

    def transfer_domain(self, reference: Reference, now: Any) -> r.Request:
        name = self.moving(reference.domains) or self.domain()
        domain = reference.domains.get(name)
        if domain is not None and pending(domain) and self.maybe(0.4):
            return r.TransferDomain(self.pick("approve", "reject", "cancel"), name)
        op = self.pick("request", "request", "request", "query", "approve", "reject", "cancel")
        if op == "query":
            return r.TransferDomain(op, name, None, self.auth(domain) if self.maybe(0.3) else None)
        if op != "request":
            return r.TransferDomain(op, name)
        period = self.pick(None, None, r.Period(1), r.Period(9), r.Period(11))
        return r.TransferDomain(op, name, period, self.auth(domain) if self.maybe(0.97) else None)

    # --- hosts

    def check_hosts(self, reference: Reference, now: Any) -> r.Request:
        return r.CheckHosts(tuple(self.random.sample([*HOSTS, *sorted(BAD_HOSTS), "example"], 4)))

    def info_host(self, reference: Reference, now: Any) -> r.Request:
        return r.InfoHost(self.host())

    def create_host(self, reference: Reference, now: Any) -> r.Request:
        name = self.host(new=True)
        return r.CreateHost(name, self.addresses(0.9 if name.endswith(".example") else 0.05))

    def delete_host(self, reference: Reference, now: Any) -> r.Request:
        return r.DeleteHost(self.host())

    def update_host(self, reference: Reference, now: Any) -> r.Request:
        name = self.host()
        host = reference.hosts.get(name)
        there = host if host is not None and self.maybe(0.8) else None
        mine = self.some(there["addresses"], 1, 0.4) if there and there["addresses"] else ()
        set_now = self.some(sorted(there["statuses"]), 1, 0.6) if there and there["statuses"] else ()
        return r.UpdateHost(
            name,
            self.addresses(0.4 if name.endswith(".example") else 0.05),
            self.statuses(0.15),
            tuple(address for address in GLUE if address.address in mine) or self.addresses(0.05),
            tuple(map(Status, set_now)),
            self.host(new=True) if self.maybe(0.3) else None,
        )

    # --- contacts

    def check_contacts(self, reference: Reference, now: Any) -> r.Request:
        return r.CheckContacts((*CONTACTS, "xx", "x" * 17))

    def info_contact(self, reference: Reference, now: Any) -> r.Request:
        id = self.contact()
        return r.InfoContact(id, self.auth(reference.contacts.get(id)) if self.maybe(0.4) else None)

    def create_contact(self, reference: Reference, now: Any) -> r.Request:
        info = postal(cc="XX" if self.maybe(0.05) else "NL", name=self.pick("Ada", "Bob"))
        email = "none" if self.maybe(0.05) else "ada@mail.example"
        return r.CreateContact(self.contact(new=True), (info,), email, self.phone(), auth=self.password())

    def phone(self) -> Phone | None:
        return self.pick(None, Phone("+1.5555"), Phone("+31.20"), Phone("+1.") if self.maybe(0.2) else None)

    def delete_contact(self, reference: Reference, now: Any) -> r.Request:
        return r.DeleteContact(self.contact())

    def update_contact(self, reference: Reference, now: Any) -> r.Request:
        id = self.contact()
        there = reference.contacts.get(id)
        set_now = self.some(sorted(there["statuses"]), 1, 0.7) if there and there["statuses"] else ()
        return r.UpdateContact(
            id,
            self.statuses(0.2),
            tuple(map(Status, set_now)),
            (),
            self.pick(None, Phone("")) if self.maybe(0.1) else self.phone(),
            email=self.pick(None, "bob@mail.example", "none" if self.maybe(0.1) else None),
            auth=self.password() if self.maybe(0.3) else None,
        )

    def transfer_contact(self, reference: Reference, now: Any) -> r.Request:
        id = self.moving(reference.contacts) or self.contact()
        contact = reference.contacts.get(id)
        if contact is not None and pending(contact) and self.maybe(0.4):
            return r.TransferContact(self.pick("approve", "reject", "cancel"), id)
        op = self.pick("request", "request", "query", "approve", "reject", "cancel")
        return r.TransferContact(op, id, self.auth(contact) if op == "request" or self.maybe(0.2) else None)

    # --- poll

    def poll(self, reference: Reference, now: Any) -> r.Request:
        return r.PollRequest()

    def acknowledge(self, reference: Reference, now: Any) -> r.Request:
        queue = max((reference.queues.get(account, []) for account in (A, B)), key=len)
        return r.PollAck(str(queue[0]["id"]) if queue and self.maybe(0.9) else str(reference.last_id + 1))


_C = Commands
#: By how often each is asked for.
MAKERS = (
    *[_C.create_domain] * 6,
    *[_C.update_domain] * 6,
    *[_C.transfer_domain] * 6,
    *[_C.renew_domain] * 4,
    *[_C.restore_domain] * 4,
    *[_C.delete_domain] * 2,
    *[_C.info_domain] * 4,
    *[_C.check_domains] * 1,
    *[_C.create_host] * 4,
    *[_C.update_host] * 4,
    *[_C.delete_host] * 1,
    *[_C.info_host] * 2,
    *[_C.check_hosts] * 1,
    *[_C.create_contact] * 3,
    *[_C.update_contact] * 3,
    *[_C.transfer_contact] * 3,
    *[_C.delete_contact] * 1,
    *[_C.info_contact] * 2,
    *[_C.check_contacts] * 1,
    *[_C.poll] * 2,
    *[_C.acknowledge] * 3,
)
