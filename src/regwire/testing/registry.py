"""A registry for tests: dictionaries, a clock that moves, faults on demand.

It answers every command of the three mappings and poll as a registry would at first sight: existence, sponsorship,
authInfo, links between objects. It has no policy, no grace periods and no durability; `regwire.registry` has these.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from regwire import epp
from regwire.epp.codes import Reply, ResultCode
from regwire.epp.handlers import Handlers

__all__ = ["FakeRegistry", "Fault"]

C = ResultCode


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next commands of a class: answered with `code`, or `error` raised; `times` times."""

    cls: type
    code: int | None = None
    error: BaseException | None = None
    times: int = 1


@dataclass(slots=True)
class _Message:
    id: str
    date: dt.datetime
    text: str
    data: tuple[Any, ...]


@dataclass
class FakeRegistry:
    """State in dictionaries by name or id: `domains`, `hosts`, `contacts` hold the infData that info answers.

    `now` is the registry's clock; `advance()` moves it. `log` has (client_id, command object) of everything executed.
    """

    now: dt.datetime = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    domains: dict[str, Any] = field(default_factory=dict)
    hosts: dict[str, Any] = field(default_factory=dict)
    contacts: dict[str, Any] = field(default_factory=dict)
    secrets: dict[tuple[str, str], str] = field(default_factory=dict)
    transfers: dict[tuple[str, str], Any] = field(default_factory=dict)
    queues: dict[str, deque[_Message]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    log: list[tuple[str, Any]] = field(default_factory=list)
    _count: int = 0

    def advance(self, **delta: float) -> None:
        """Move the clock: `advance(days=5)`."""
        self.now += dt.timedelta(**delta)

    def fail(self, cls: type, *, code: int | None = None, error: BaseException | None = None, times: int = 1) -> None:
        """Let the next commands of this class (`DomainCreate`) be answered with a code, or raise."""
        self.faults.append(Fault(cls, code, error, times))

    def enqueue(self, client_id: str, text: str, *data: Any) -> str:
        """Put a message into a client's poll queue; returns its id."""
        self._count += 1
        message = _Message(str(self._count), self.now, text, data)
        self.queues.setdefault(client_id, deque()).append(message)
        return message.id

    def handlers(self) -> Handlers:
        """Handlers for `serve()` or `memory_server()`."""
        handlers = Handlers()
        for cls, function in self._functions().items():
            handlers.command(cls)(self._guarded(cls, function))
        return handlers

    def _functions(self) -> dict[type, Callable[..., Any]]:
        return {
            epp.DomainCheck: self._check_domain,
            epp.DomainInfo: self._info_domain,
            epp.DomainCreate: self._create_domain,
            epp.DomainDelete: self._delete_domain,
            epp.DomainRenew: self._renew_domain,
            epp.DomainTransfer: self._transfer_domain,
            epp.DomainUpdate: self._update_domain,
            epp.HostCheck: self._check_host,
            epp.HostInfo: self._info_host,
            epp.HostCreate: self._create_host,
            epp.HostDelete: self._delete_host,
            epp.HostUpdate: self._update_host,
            epp.ContactCheck: self._check_contact,
            epp.ContactInfo: self._info_contact,
            epp.ContactCreate: self._create_contact,
            epp.ContactDelete: self._delete_contact,
            epp.ContactTransfer: self._transfer_contact,
            epp.ContactUpdate: self._update_contact,
            epp.Poll: self._poll,
        }

    def _guarded(self, cls: type, function: Callable[..., Any]) -> Callable[..., Any]:
        def handle(session: Any, command: Any, obj: Any) -> Any:
            self.log.append((session.client_id, obj))
            for fault in self.faults:
                if fault.cls is cls:
                    fault.times -= 1
                    if not fault.times:
                        self.faults.remove(fault)
                    if fault.error is not None:
                        raise fault.error
                    return fault.code
            return function(session, command, obj)

        return handle

    def _roid(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}-FAKE"

    @staticmethod
    def _foreign(session: Any, data: Any) -> bool:
        return bool(data.cl_id != session.client_id)

    # ------------------------------------------------------------------------------------------------------- domains

    def _check_domain(self, session: Any, command: Any, obj: Any) -> Any:
        return epp.DomainCheckData(tuple(epp.DomainCheckItem(*self._avail(n, self.domains)) for n in obj.names))

    @staticmethod
    def _avail(name: str, known: dict[str, Any]) -> tuple[Any, Any]:
        taken = name.lower() in known
        return epp.CheckName(name, not taken), epp.Reason("In use") if taken else None

    def _info_domain(self, session: Any, command: Any, obj: Any) -> Any:
        name = obj.name.name.lower()
        data = self.domains.get(name)
        if data is None:
            return C.OBJECT_DOES_NOT_EXIST
        if obj.auth_info is not None and not self._authorised(("domain", name), obj.auth_info):
            return C.INVALID_AUTH_INFO
        wanted = obj.name.hosts
        ns = data.ns if wanted in {"all", "del"} else None
        hosts = tuple(h for h in self.hosts if h.endswith(f".{name}")) if wanted in {"all", "sub"} else ()
        return data.replace(ns=ns, hosts=hosts)

    def _create_domain(self, session: Any, command: Any, obj: Any) -> Any:
        name = obj.name.lower()
        if name in self.domains:
            return C.OBJECT_EXISTS
        ids = [c.id for c in obj.contacts] + ([obj.registrant] if obj.registrant else [])
        if any(i not in self.contacts for i in ids) or any(h not in self.hosts for h in _servers(obj.ns)):
            return C.OBJECT_DOES_NOT_EXIST
        expires = _add(self.now, obj.period)
        self.domains[name] = epp.DomainInfoData(
            name,
            self._roid("D"),
            (epp.DomainStatus("ok" if obj.ns else "inactive"),),
            obj.registrant,
            obj.contacts,
            obj.ns,
            cl_id=session.client_id,
            cr_id=session.client_id,
            cr_date=self.now,
            ex_date=expires,
        )
        self._keep_secret(("domain", name), obj.auth_info)
        return epp.DomainCreateData(name, self.now, expires)

    def _delete_domain(self, session: Any, command: Any, obj: Any) -> Any:
        name = obj.name.lower()
        data = self.domains.get(name)
        if data is None:
            return C.OBJECT_DOES_NOT_EXIST
        if self._foreign(session, data):
            return C.AUTHORIZATION_ERROR
        if any(h.endswith(f".{name}") for h in self.hosts):
            return C.ASSOCIATION_PROHIBITS
        del self.domains[name]
        return C.OK

    def _renew_domain(self, session: Any, command: Any, obj: Any) -> Any:
        name = obj.name.lower()
        data = self.domains.get(name)
        if data is None:
            return C.OBJECT_DOES_NOT_EXIST
        if self._foreign(session, data):
            return C.AUTHORIZATION_ERROR
        if data.ex_date.date() != obj.cur_exp_date:
            return C.PARAMETER_RANGE
        expires = _add(data.ex_date, obj.period)
        self.domains[name] = data.replace(ex_date=expires)
        return epp.DomainRenewData(name, expires)

    def _transfer_domain(self, session: Any, command: Any, obj: Any) -> Any:
        name = obj.name.lower()

        return self._transfer(session, command, ("domain", name), self.domains)

    def _update_domain(self, session: Any, command: Any, obj: Any) -> Any:
        name = obj.name.lower()
        data = self.domains.get(name)
        if data is None:
            return C.OBJECT_DOES_NOT_EXIST
        if self._foreign(session, data):
            return C.AUTHORIZATION_ERROR
        servers, contacts = list(_servers(data.ns)), list(data.contacts)
        statuses = [s for s in data.statuses if s.s not in {"ok", "inactive"}]
        for part in (obj.rem,) if obj.rem is not None else ():
            servers = [h for h in servers if h not in _servers(part.ns)]
            contacts = [c for c in contacts if c not in part.contacts]
            statuses = [s for s in statuses if s.s not in {r.s for r in part.statuses}]
        if obj.add is not None:
            if any(h not in self.hosts for h in _servers(obj.add.ns)):
                return C.OBJECT_DOES_NOT_EXIST
            servers += [h for h in _servers(obj.add.ns) if h not in servers]
            contacts += [c for c in obj.add.contacts if c not in contacts]
            statuses += list(obj.add.statuses)
        registrant = data.registrant
        if obj.chg is not None:
            registrant = obj.chg.registrant if obj.chg.registrant is not None else registrant
            self._keep_secret(("domain", name), obj.chg.auth_info)
        self.domains[name] = data.replace(
            statuses=tuple(statuses) or (epp.DomainStatus("ok" if servers else "inactive"),),
            registrant=registrant or None,
            contacts=tuple(contacts),
            ns=epp.NameServers(host_objs=tuple(servers)) if servers else None,
            up_id=session.client_id,
            up_date=self.now,
        )
        return C.OK

    # --------------------------------------------------------------------------------------------------------- hosts

    def _check_host(self, session: Any, command: Any, obj: Any) -> Any:
        return epp.HostCheckData(tuple(epp.HostCheckItem(*self._avail(n, self.hosts)) for n in obj.names))

    def _info_host(self, session: Any, command: Any, obj: Any) -> Any:
        data = self.hosts.get(obj.name.lower())
        if data is None:
            return C.OBJECT_DOES_NOT_EXIST
        return data.replace(statuses=(epp.HostStatus("ok"), *self._linked(data.name)))

    def _linked(self, name: str) -> tuple[Any, ...]:
        used = any(name in _servers(d.ns) for d in self.domains.values())
        return (epp.HostStatus("linked"),) if used else ()

    def _create_host(self, session: Any, command: Any, obj: Any) -> Any:
        name = obj.name.lower()
        if name in self.hosts:
            return C.OBJECT_EXISTS
        self.hosts[name] = epp.HostInfoData(
            name,
            self._roid("H"),
            (epp.HostStatus("ok"),),
            obj.addrs,
            cl_id=session.client_id,
            cr_id=session.client_id,
            cr_date=self.now,
        )
        return epp.HostCreateData(name, self.now)

    def _delete_host(self, session: Any, command: Any, obj: Any) -> Any:
        data = self.hosts.get(obj.name.lower())
        if data is None:
            return C.OBJECT_DOES_NOT_EXIST
        if self._foreign(session, data):
            return C.AUTHORIZATION_ERROR
        if self._linked(data.name):
            return C.ASSOCIATION_PROHIBITS
        del self.hosts[data.name]
        return C.OK

    def _update_host(self, session: Any, command: Any, obj: Any) -> Any:
        data = self.hosts.get(obj.name.lower())
        if data is None:
            return C.OBJECT_DOES_NOT_EXIST
        if self._foreign(session, data):
            return C.AUTHORIZATION_ERROR
        removed = obj.rem.addrs if obj.rem is not None else ()
        addrs = [a for a in data.addrs if a not in removed]
        addrs += [a for a in (obj.add.addrs if obj.add is not None else ()) if a not in addrs]
        new = obj.chg.name.lower() if obj.chg is not None else data.name
        if new != data.name and new in self.hosts:
            return C.OBJECT_EXISTS
        del self.hosts[data.name]
        self.hosts[new] = data.replace(name=new, addrs=tuple(addrs), up_id=session.client_id, up_date=self.now)
        for name, domain in self.domains.items():
            if data.name in _servers(domain.ns):
                renamed = tuple(new if h == data.name else h for h in _servers(domain.ns))
                self.domains[name] = domain.replace(ns=epp.NameServers(host_objs=renamed))
        return C.OK

    # ------------------------------------------------------------------------------------------------------ contacts

    def _check_contact(self, session: Any, command: Any, obj: Any) -> Any:
        def item(id: str) -> Any:
            taken = id in self.contacts
            return epp.ContactCheckItem(epp.ContactCheckId(id, not taken), epp.Reason("In use") if taken else None)

        return epp.ContactCheckData(tuple(item(id) for id in obj.ids))

    def _info_contact(self, session: Any, command: Any, obj: Any) -> Any:
        data = self.contacts.get(obj.id)
        if data is None:
            return C.OBJECT_DOES_NOT_EXIST
        if obj.auth_info is not None and not self._authorised(("contact", obj.id), obj.auth_info):
            return C.INVALID_AUTH_INFO
        if obj.auth_info is None and self._foreign(session, data):
            return C.AUTHORIZATION_ERROR
        return data

    def _create_contact(self, session: Any, command: Any, obj: Any) -> Any:
        if obj.id in self.contacts:
            return C.OBJECT_EXISTS
        self.contacts[obj.id] = epp.ContactInfoData(
            obj.id,
            self._roid("C"),
            (epp.ContactStatus("ok"),),
            obj.postal_infos,
            obj.voice,
            obj.fax,
            email=obj.email,
            cl_id=session.client_id,
            cr_id=session.client_id,
            cr_date=self.now,
            disclose=obj.disclose,
        )
        self._keep_secret(("contact", obj.id), obj.auth_info)
        return epp.ContactCreateData(obj.id, self.now)

    def _delete_contact(self, session: Any, command: Any, obj: Any) -> Any:
        data = self.contacts.get(obj.id)
        if data is None:
            return C.OBJECT_DOES_NOT_EXIST
        if self._foreign(session, data):
            return C.AUTHORIZATION_ERROR
        if any(obj.id == d.registrant or obj.id in {c.id for c in d.contacts} for d in self.domains.values()):
            return C.ASSOCIATION_PROHIBITS
        del self.contacts[obj.id]
        return C.OK

    def _transfer_contact(self, session: Any, command: Any, obj: Any) -> Any:
        return self._transfer(session, command, ("contact", obj.id), self.contacts)

    def _update_contact(self, session: Any, command: Any, obj: Any) -> Any:
        data = self.contacts.get(obj.id)
        if data is None:
            return C.OBJECT_DOES_NOT_EXIST
        if self._foreign(session, data):
            return C.AUTHORIZATION_ERROR
        statuses = [s for s in data.statuses if s.s != "ok"]
        if obj.rem is not None:
            statuses = [s for s in statuses if s.s not in {r.s for r in obj.rem.statuses}]
        if obj.add is not None:
            statuses += list(obj.add.statuses)
        changes: dict[str, Any] = {}
        if obj.chg is not None:
            given = {n: getattr(obj.chg, n) for n in ("voice", "fax", "email", "disclose")}
            changes = {n: v for n, v in given.items() if v is not None}
            self._keep_secret(("contact", obj.id), obj.chg.auth_info)
        self.contacts[obj.id] = data.replace(
            statuses=tuple(statuses) or (epp.ContactStatus("ok"),),
            up_id=session.client_id,
            up_date=self.now,
            **changes,
        )
        return C.OK

    # --------------------------------------------------------------------------------------------- transfers and poll

    def _transfer(self, session: Any, command: Any, key: tuple[str, str], known: dict[str, Any]) -> Any:
        op, obj = command.op.op, command.op.object
        held = known.get(key[1])
        if held is None:
            return C.OBJECT_DOES_NOT_EXIST
        transfer = self.transfers.get(key)
        pending = transfer is not None and transfer[0] == "pending"
        if op == "query":
            return _transfer_data(key, transfer) if transfer is not None else C.NOT_PENDING_TRANSFER
        if op == "request":
            return C.PENDING_TRANSFER if pending else self._request(session, key, held, obj)
        if not pending or transfer is None:
            return C.NOT_PENDING_TRANSFER
        if session.client_id != (transfer[1] if op == "cancel" else held.cl_id):
            return C.AUTHORIZATION_ERROR
        done = {"approve": "clientApproved", "cancel": "clientCancelled", "reject": "clientRejected"}[op]
        transfer = (done, *transfer[1:4], self.now, transfer[5])
        self.transfers[key] = transfer
        if op == "approve":
            changes = {"cl_id": transfer[1], "tr_date": self.now}
            if transfer[5] is not None:
                changes["ex_date"] = transfer[5]
            known[key[1]] = held.replace(**changes)
            self.secrets.pop(key, None)
        self.enqueue(transfer[1], f"Transfer {done}", _transfer_data(key, transfer))
        return _transfer_data(key, transfer)

    def _request(self, session: Any, key: tuple[str, str], held: Any, obj: Any) -> Any:
        if not self._foreign(session, held):
            return C.NOT_ELIGIBLE_FOR_TRANSFER
        if obj.auth_info is None or not self._authorised(key, obj.auth_info):
            return C.INVALID_AUTH_INFO
        expires = _add(held.ex_date, None) if key[0] == "domain" else None
        acts = self.now + dt.timedelta(days=5)
        transfer = ("pending", session.client_id, self.now, held.cl_id, acts, expires)
        self.transfers[key] = transfer
        data = _transfer_data(key, transfer)
        self.enqueue(held.cl_id, "Transfer requested", data)
        return Reply(C.OK_PENDING, (data,))

    def _poll(self, session: Any, command: Any, obj: Any) -> Any:
        queue = self.queues.setdefault(session.client_id, deque())
        if obj.op == "req":
            if not queue:
                return C.OK_NO_MESSAGES
            head = queue[0]
            msg_q = epp.MsgQ(len(queue), head.id, head.date, epp.QueueMsg(head.text))
            return Reply(C.OK_ACK_TO_DEQUEUE, head.data, msg_q=msg_q)
        if obj.msg_id is None:
            return C.PARAMETER_MISSING
        if not queue or queue[0].id != obj.msg_id:
            return C.OBJECT_DOES_NOT_EXIST
        queue.popleft()
        return Reply(C.OK, msg_q=epp.MsgQ(len(queue), obj.msg_id) if queue else None)

    # ------------------------------------------------------------------------------------------------------- authInfo

    def _keep_secret(self, key: tuple[str, str], auth_info: Any) -> None:
        if auth_info is not None and auth_info.pw is not None:
            self.secrets[key] = auth_info.pw.value

    def _authorised(self, key: tuple[str, str], auth_info: Any) -> bool:
        known = self.secrets.get(key)
        return bool(known and auth_info.pw is not None and auth_info.pw.value == known)


def _transfer_data(key: tuple[str, str], transfer: Any) -> Any:
    """A transfer is (status, requester, when, sponsor, until or when decided, new expiry of a domain)."""
    if key[0] == "domain":
        return epp.DomainTransferData(key[1], *transfer)
    return epp.ContactTransferData(key[1], *transfer[:5])


def _servers(ns: Any) -> tuple[str, ...]:
    return ns.host_objs if ns is not None else ()


def _add(date: dt.datetime, period: Any) -> dt.datetime:
    """Years, or months as twelfths of them; 29 February becomes the 28th."""
    months = 12 if period is None else period.value * (12 if period.unit == "y" else 1)
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    for day in (date.day, 30, 29, 28):
        try:
            return date.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
