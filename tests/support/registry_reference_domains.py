"""The slow and obvious model of domains; see `registry_reference`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from registry_reference import (
    IMPOSSIBLE,
    Refused,
    Reply,
    changed_statuses,
    months_later,
    only_client_statuses,
    pending,
    prohibits_update,
)
from registry_reference_others import CONTACT_STATUSES, ReferenceOthers

DIGESTS = {1: 20, 2: 32, 4: 48}
DOMAIN_STATUSES = {*CONTACT_STATUSES, "clientRenewProhibited", "clientHold"}


class Reference(ReferenceOthers):
    """A registry of dictionaries."""

    def ask(self, account: str, request: Any, now: datetime) -> Reply:
        """Return the code of the reply and what it says."""
        self.pass_time(now)
        try:
            reply: Reply = getattr(self, "on_" + type(request).__name__)(account, request, now)
        except Refused as refused:
            return refused.code, None
        return reply

    # --- reading

    def on_CheckDomains(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        return 1000, [(name, name not in self.domains and name not in IMPOSSIBLE) for name in request.names]

    def the_zone(self, name: str) -> None:
        """What lies in no zone does not exist, whatever else is wrong."""
        if not name.endswith(".example") or name.count(".") != 1:
            raise Refused(2005 if IMPOSSIBLE.get(name) == 2005 else 2303)

    def the_domain(self, name: str) -> dict[str, Any]:
        if name not in self.domains:
            raise Refused(2005 if IMPOSSIBLE.get(name) == 2005 else 2303)
        return self.domains[name]

    def own_domain(self, account: str, name: str) -> dict[str, Any]:
        domain = self.the_domain(name)
        if domain["sponsor"] != account:
            raise Refused(2201)
        return domain

    def on_InfoDomain(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        domain = self.the_domain(request.name)
        full = domain["sponsor"] == account
        if request.auth is not None and (request.auth.password or not full):
            if not request.auth.password or request.auth.password != domain["password"]:
                raise Refused(2202)
            full = True
        said = {key: domain[key] for key in DOMAIN_FIELDS}
        if not full:
            said.update(registrant=None, contacts=[])
        inside = sorted(host for host, value in self.hosts.items() if value["parent"] == request.name)
        said["hosts"] = list(domain["hosts"]) if request.hosts in ("all", "del") else None
        said["attributes"] = dict(domain["attributes"]) if request.hosts in ("all", "del") else {}
        said["subordinates"] = inside if request.hosts in ("all", "sub") else []
        said.update(name=request.name, full=full, ds=list(domain["ds"]))
        said["statuses"] = self.domain_statuses(domain)
        said["rgp"] = self.grace_periods(domain, now)
        return 1000, said

    def domain_statuses(self, domain: dict[str, Any]) -> set[str]:
        statuses = set(domain["statuses"])
        if domain["deleted"] is not None:
            statuses.add("pendingDelete")
        if pending(domain):
            statuses.add("pendingTransfer")
        if not domain["hosts"] and not domain["attributes"]:
            statuses.add("inactive")
        return statuses or {"ok"}

    def grace_periods(self, domain: dict[str, Any], now: datetime) -> set[str]:
        deleted = domain["deleted"]
        if deleted is None:
            return {f"{row[0]}Period" for row in domain["grace"] if row[2] > now}
        if deleted["report_due"] is not None:
            return {"pendingRestore"}
        return {"pendingDelete" if deleted["final"] else "redemptionPeriod"}

    # --- create

    def months(self, period: Any, default: int = 12) -> int:
        if period is None:
            return default
        if period.unit == "m" and not self.policy["months"]:
            raise Refused(2306)
        months: int = period.value * (12 if period.unit == "y" else 1)
        if not 12 <= months <= self.policy["max_years"] * 12:
            raise Refused(2306)
        return months

    def name_servers(self, request: Any, prefix: str = "") -> None:
        """Refuse name servers that no zone of this policy takes."""
        add = getattr(request, f"{prefix}hosts")
        attributes = getattr(request, f"{prefix}host_attributes")
        if attributes and self.policy["host_model"] == "objects":
            raise Refused(2306)
        if add and self.policy["host_model"] == "attributes":
            raise Refused(2306)

    def attribute_values(self, given: Any) -> dict[str, list[str]]:
        for attribute in given:
            self.host_name(attribute.name)
        return {attribute.name: self.checked_addresses(attribute.addresses) for attribute in given}

    def attributes_fit(self, domain: str, given: Any) -> None:
        names = [attribute.name for attribute in given]
        if len(set(names)) < len(names):
            raise Refused(2306)
        for attribute in given:
            if attribute.name.endswith("." + domain) != bool(attribute.addresses):
                raise Refused(2306)

    def records(self, given: Any) -> None:
        """Refuse DS records that are not of DNSSEC, and keys where the zone takes DS records."""
        if given is None:
            return
        if given.keys:
            raise Refused(2306)
        for ds in given.ds:
            if ds.algorithm == 123 or DIGESTS.get(ds.digest_type) != len(ds.digest):
                raise Refused(2306)

    def links(self, given: Any) -> list[tuple[str, str]]:
        pairs = [(link.type, link.id) for link in given]
        if len(set(pairs)) < len(pairs):
            raise Refused(2306)
        return pairs

    def no_contacts(self, registrant: Any, links: Any) -> None:
        if self.policy["data_model"] == "minimum" and (registrant or links):
            raise Refused(2306)

    def all_required(self, registrant: Any, links: Any, code: int) -> None:
        there = {link[0] for link in links} | ({"registrant"} if registrant else set())
        if not set(self.policy["required_contacts"]) <= there:
            raise Refused(code)

    def contacts_exist(self, registrant: Any, links: Any) -> None:
        for id in ([registrant] if registrant else []) + [link[1] for link in links]:
            if id not in self.contacts:
                raise Refused(2303)

    def hosts_exist(self, names: Any) -> None:
        for name in names:
            self.the_host(name)

    def hosts_have_glue(self, names: Any) -> None:
        for name in names:
            if self.hosts[name]["parent"] is not None and not self.hosts[name]["addresses"]:
                raise Refused(2306)

    def on_CreateDomain(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        attributes = self.attribute_values(request.host_attributes)
        if request.name in IMPOSSIBLE:
            raise Refused(IMPOSSIBLE[request.name])
        pairs = [(link.type, link.id) for link in request.contacts]
        self.all_required(request.registrant, pairs, 2003)
        months = self.months(request.period)
        self.name_servers(request)
        self.no_contacts(request.registrant, pairs)
        self.attributes_fit(request.name, request.host_attributes)
        self.links(request.contacts)
        self.records(request.secdns)
        count = len(request.hosts) + len(attributes)
        if not self.policy["min_name_servers"] <= count <= self.policy["max_name_servers"]:
            raise Refused(2306)
        if request.name in self.domains:
            raise Refused(2302)
        self.contacts_exist(request.registrant, pairs)
        self.hosts_exist(request.hosts)
        if request.auth and len(request.auth) < 20:
            raise Refused(2202)
        self.hosts_have_glue(request.hosts)
        expires = months_later(now, months)
        self.domains[request.name] = {
            "sponsor": account,
            "creator": account,
            "created": now,
            "expires": expires,
            "updater": None,
            "updated": None,
            "transferred": None,
            "registrant": request.registrant or None,
            "contacts": pairs,
            "hosts": list(request.hosts),
            "attributes": attributes,
            "statuses": set(),
            "password": request.auth or None,
            "ds": [] if request.secdns is None else [ds_row(ds) for ds in request.secdns.ds],
            "grace": [("add", now, now + self.days("add_grace"))],
            "transfer": None,
            "deleted": None,
        }
        return 1000, ("domain", request.name, now, expires)

    # --- delete, restore, renew

    def prohibits(self, domain: dict[str, Any], what: str) -> None:
        if domain["deleted"] is not None or pending(domain) or f"client{what}Prohibited" in domain["statuses"]:
            raise Refused(2304)

    def on_DeleteDomain(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        domain = self.own_domain(account, request.name)
        self.prohibits(domain, "Delete")
        if any(host["parent"] == request.name for host in self.hosts.values()):
            raise Refused(2305)
        adding = any(row[0] == "add" and row[2] > now for row in domain["grace"])
        if adding or self.days("redemption") + self.days("pending_delete") == timedelta(0):
            del self.domains[request.name]
            return 1000, None
        redeemable = now + self.days("redemption")
        domain["deleted"] = {
            "at": now,
            "redeemable": redeemable,
            "purged": redeemable + self.days("pending_delete"),
            "report_due": None,
            "requested": None,
            "final": False,
        }
        domain.update(grace=[], updater=account, updated=now)
        return 1001, None

    def on_RestoreDomain(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        report = request.report
        if request.op == "request" and report is not None:
            raise Refused(2306)
        if request.op == "report" and (report is None or len(report.statements) < 2 or not report.reason):
            raise Refused(2003)
        domain = self.own_domain(account, request.name)
        deleted = domain["deleted"]
        if request.op == "request":
            if deleted is None or deleted["report_due"] is not None or deleted["final"]:
                raise Refused(2304)
            domain.update(updater=account, updated=now)
            if self.policy["restore_report"] == 0:
                domain.update(deleted=None, grace=[])
                return 1000, None
            deleted.update(requested=now, report_due=now + self.days("restore_report"))
            return 1000, "pendingRestore"
        if deleted is None or deleted["report_due"] is None:
            raise Refused(2304)
        for said, was in ((report.deleted, deleted["at"]), (report.restored, deleted["requested"])):
            if abs(said - was) > timedelta(days=1):
                raise Refused(2004)
        domain.update(deleted=None, grace=[], updater=account, updated=now)
        return 1000, None

    def on_RenewDomain(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        self.the_zone(request.name)
        months = self.months(request.period)
        domain = self.own_domain(account, request.name)
        self.prohibits(domain, "Renew")
        if request.current_expiry != domain["expires"].date():
            raise Refused(2004)
        expires = months_later(domain["expires"], months)
        if expires > months_later(now, self.policy["max_years"] * 12):
            raise Refused(2105)
        domain["grace"] = [row for row in domain["grace"] if row[2] > now]
        domain["grace"].append(("renew", now, now + self.days("renew_grace")))
        domain.update(expires=expires, updater=account, updated=now)
        return 1000, (request.name, expires)

    # --- update

    def on_UpdateDomain(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        self.the_zone(request.name)
        if request.secdns is not None and (request.secdns.urgent or request.secdns.max_sig_life is not None):
            raise Refused(2102)
        adding = self.attribute_values(request.add_host_attributes)
        self.name_servers(request, "add_")
        self.name_servers(request, "remove_")
        self.no_contacts(request.registrant, request.add_contacts)
        self.attributes_fit(request.name, request.add_host_attributes)
        self.links(request.add_contacts)
        only_client_statuses(request, DOMAIN_STATUSES)
        self.records(None if request.secdns is None else request.secdns.add)
        domain = self.the_domain(request.name)
        self.contacts_exist(request.registrant, [(link.type, link.id) for link in request.add_contacts])
        self.hosts_exist(request.add_hosts)
        self.own_domain(account, request.name)
        if request.auth and len(request.auth) < 20:
            raise Refused(2202)
        if domain["deleted"] is not None or pending(domain) or prohibits_update(domain["statuses"], request):
            raise Refused(2304)
        after = dict(domain)
        after["ds"] = self.changed_records(domain["ds"], request.secdns)
        after["hosts"] = self.changed_list(domain["hosts"], request.remove_hosts, request.add_hosts)
        self.hosts_have_glue(request.add_hosts)
        left = dict(domain["attributes"])
        for attribute in request.remove_host_attributes:
            if attribute.name not in left:
                raise Refused(2306)
            del left[attribute.name]
        for name, addresses in adding.items():
            if name in left:
                raise Refused(2306)
            left[name] = addresses
        after["attributes"] = left
        after["contacts"] = self.changed_list(
            domain["contacts"],
            [(link.type, link.id) for link in request.remove_contacts],
            [(link.type, link.id) for link in request.add_contacts],
        )
        after["statuses"] = changed_statuses(domain["statuses"], request)
        if request.registrant is not None:
            after["registrant"] = request.registrant or None
        count = len(after["hosts"]) + len(after["attributes"])
        if count > self.policy["max_name_servers"]:
            raise Refused(2306)
        if request.remove_contacts or request.registrant == "":
            self.all_required(after["registrant"], after["contacts"], 2308)
        if request.auth is not None:
            after["password"] = request.auth or None
        domain.update(after, updater=account, updated=now)
        return 1000, None

    def changed_list(self, present: list[Any], remove: Any, add: Any) -> list[Any]:
        left = list(present)
        for item in remove:
            if item not in left:
                raise Refused(2306)
            left.remove(item)
        for item in add:
            if item in left:
                raise Refused(2306)
            left.append(item)
        return left

    def changed_records(self, present: list[Any], update: Any) -> list[Any]:
        if update is None:
            return present
        left = [] if update.remove_all else present
        return self.changed_list(left, [ds_row(ds) for ds in update.remove.ds], [ds_row(ds) for ds in update.add.ds])

    # --- transfer

    def on_TransferDomain(self, account: str, request: Any, now: datetime) -> Reply:  # noqa: N802
        if request.op == "request":
            if request.auth is None:
                raise Refused(2003)
            self.the_zone(request.name)
            months = self.months(request.period)
        domain = self.the_domain(request.name)
        if request.op == "query":
            return self.query_transfer("domain", request.name, domain, account, request.auth)
        if request.op != "request":
            return self.answer_transfer("domain", request.name, account, request.op, now)
        if pending(domain):
            raise Refused(2300)
        if not request.auth.password or request.auth.password != domain["password"]:
            raise Refused(2202)
        self.prohibits(domain, "Transfer")
        if domain["sponsor"] == account:
            raise Refused(2106)
        base = domain["expires"]
        if any(row[0] == "autoRenew" and row[2] > now for row in domain["grace"]):
            # The year that time added is the losing registrar's to get back; the transfer buys it anew.
            base = months_later(base, -12)
        expires = months_later(base, months)
        if expires > months_later(now, self.policy["max_years"] * 12):
            raise Refused(2106)
        return self.begin_transfer("domain", request.name, account, now, expires)


DOMAIN_FIELDS = (
    "sponsor",
    "creator",
    "created",
    "expires",
    "updater",
    "updated",
    "transferred",
    "registrant",
    "contacts",
)


def ds_row(ds: Any) -> tuple[Any, ...]:
    return (ds.key_tag, ds.algorithm, ds.digest_type, ds.digest)
