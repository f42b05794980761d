"""epp-17 to epp-21: service ports that agree, renew, transfer, delete."""

from __future__ import annotations

import datetime as dt

from regwire.epp import Command, requests
from regwire.epp.ext.rgp import RgpInfoData
from regwire.epp.messages.domain import DomainInfoData
from regwire.testing.rst.case import Case, Stop, rst_case
from regwire.testing.rst.objects import add_years, create_domain, delegation, eventually, external_hosts, info
from regwire.testing.rst.session import Reply, Session
from regwire.testing.rst.xmltext import DOMAIN, auth_info, domain_update, leaf, object_command

_DAY = dt.timedelta(days=1)


# --------------------------------------------------------------------------------------------------------- epp-17


@rst_case("epp-17")
async def consistency(case: Case) -> None:
    """What is created at one service port is told in the same words by all."""
    addresses = case.addresses()
    if len(addresses) < 2:
        case.skip("the server has one service port only")
    case.step("objects are created at one service port")
    name = await create_domain(case, 1, case.ascii_tlds()[0])
    registrant, contacts = await delegation(case, 1)
    asked: dict[str, Command] = {name: requests.info_domain(name)}
    asked |= {id: requests.info_contact(id) for id in [registrant, *contacts.values()] if id}
    if case.inputs.host_objects:
        asked |= {host: requests.info_host(host) for host in await external_hosts(case, 1)}
    first: dict[str, Reply] = {}
    for address in addresses:
        try:
            session = await case.login(1, address=address)
        except Stop:
            if any(f.code == "EPP_LOGIN_ERROR" for f in case.result.findings):
                raise
            continue
        for key, command in asked.items():
            case.step(f"{address}: the info of {key} is the same")
            reply = await session.ask(command)
            expected = first.setdefault(key, reply)
            if reply.code != 1000:
                case.report("EPP_SERVICE_PORT_NOT_CONSISTENT", f"{address}: answered {reply}")
            elif _data(reply) != _data(expected):
                case.report("EPP_SERVICE_PORT_NOT_CONSISTENT", f"{address}: other data than at {addresses[0]}")


def _data(reply: Reply) -> object:
    return None if reply.response is None else (reply.response.res_data, reply.response.extension)


# --------------------------------------------------------------------------------------------------------- epp-18


def _renew(name: str, expires: dt.date, years: str, unit: str = "y") -> Command:
    period = leaf("period", years, unit=unit)
    body = [leaf("name", name), leaf("curExpDate", expires.isoformat()), period]
    return object_command("renew", DOMAIN, body)


async def _must_info(case: Case, session: Session, name: str) -> tuple[DomainInfoData, dt.datetime, set[str]]:
    """A domain's data, its expiry date and its RGP statuses; the case ends without them."""
    reply, data = await info(case, session, name)
    if data is None or data.ex_date is None:
        case.stop("EPP_UNEXPECTED_COMMAND_FAILURE", f"the info of {name} was answered {reply}, or lacks exDate")
    grace = reply.extension(RgpInfoData)
    return data, data.ex_date, set() if grace is None else {item.s for item in grace.statuses}


@rst_case("epp-18")
async def renew(case: Case) -> None:
    """A renew moves the expiry date by its period, and never beyond ten years."""
    invalid = "EPP_RENEW_SERVER_ACCEPTS_INVALID_PERIOD"
    for tld in case.ascii_tlds():
        case.step(f"a domain below {tld.name} is created")
        name = await create_domain(case, 1, tld)
        session = await case.login()
        _, expires, _ = await _must_info(case, session, name)
        for years, unit in (("0", "y"), ("-1", "y"), ("1.5", "y"), ("1", "x"), ("10", "y"), ("99", "y")):
            session = await case.login()
            case.step(f"a renew by {years} {unit} is refused")
            await case.refused(session, _renew(name, expires.date(), years, unit), invalid)
        case.step("a renew with another expiry date is refused")
        other = expires.date() + dt.timedelta(days=40)
        wrong = "EPP_RENEW_SERVER_ACCEPTS_INVALID_CURRENT_EXPIRY_DATE"
        await case.refused(session, _renew(name, other, "1"), wrong)
        for more in (1, 2):
            expires = await _renewed(case, name, expires, more)
        case.step("a renew beyond ten years from now is refused")
        session = await case.login()
        await case.refused(session, _renew(name, expires.date(), "9"), invalid)


async def _renewed(case: Case, name: str, expires: dt.datetime, years: int) -> dt.datetime:
    """Renew and look at what became of it; returns the new expiry date."""
    session = await case.login()
    case.step(f"a renew by {years} years is accepted, and the domain expires so much later")
    command = requests.renew_domain(name, expires.date(), period=years)
    reply = await case.accepted(session, command, "EPP_UNEXPECTED_COMMAND_FAILURE")
    if not reply.ok:
        return expires
    _, found, grace = await _must_info(case, session, name)
    expected = add_years(expires, years)
    if abs(found - expected) >= _DAY:
        case.report("EPP_RENEW_INFO_RESPONSE_UNEXPECTED_EXPIRY_DATE", f"exDate is {found} instead of {expected}")
    if "renewPeriod" not in grace:
        told = ", ".join(sorted(grace)) or "none"
        case.report("EPP_RENEW_INFO_RESPONSE_MISSING_OR_INVALID_RGP_STATUS", f"the RGP statuses are: {told}")
    return found


# ------------------------------------------------------------------------------------------------ epp-19, epp-20


class _Transfer:
    """A domain of the first registrar that the second asks for."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.name = ""
        self.secret = case.secret()
        self.expires = dt.datetime.now(dt.UTC)

    async def prepare(self, *, weak: bool) -> None:
        """Create the domain and give it authInfo; with `weak`, what is too short must be refused first."""
        case = self.case
        case.step("a domain is created")
        self.name = await create_domain(case, 1, case.ascii_tlds()[0])
        session = await case.login(1)
        if weak and case.secure_auth(session):
            case.step("authInfo of six letters is refused")
            command = domain_update(self.name, chg=auth_info("abcdef"))
            await case.refused(session, command, "EPP_TRANSFER_SERVER_ACCEPTS_INSECURE_AUTHINFO")
        case.step("authInfo of 24 random characters is accepted")
        command = domain_update(self.name, chg=auth_info(self.secret))
        reply = await case.accepted(session, command, "EPP_TRANSFER_SERVER_REJECTS_SECURE_AUTHINFO")
        if not reply.ok:
            raise Stop
        _, self.expires, _ = await _must_info(case, session, self.name)

    async def refused(self, what: str, code: str, *, secret: str | None = None, years: int = 1) -> None:
        """Ask for it as it must not be."""
        self.case.step(f"a transfer with {what} is refused")
        session = await self.case.login(2)
        await self.case.refused(session, self._request(secret or self.secret, years), code)

    async def request(self, code: str) -> Reply:
        """Ask for it as it should be; without success the case ends."""
        self.case.step("a transfer with the right authInfo is accepted")
        session = await self.case.login(2)
        reply = await self.case.accepted(session, self._request(self.secret, 1), code)
        if not reply.ok:
            raise Stop
        if reply.code == 1001:
            self.case.step("the domain has the status pendingTransfer")
            if not await eventually(self.case, self._is_pending):
                code = "EPP_TRANSFER_INFO_RESPONSE_MISSING_OR_INVALID_STATUS_CODE"
                self.case.report(code, "pendingTransfer is missing")
        return reply

    def _request(self, secret: str, years: int) -> Command:
        return requests.transfer_domain("request", self.name, auth_info=secret, period=years)

    async def _is_pending(self) -> bool:
        data, _, _ = await _must_info(self.case, await self.case.login(1), self.name)
        return "pendingTransfer" in {item.s for item in data.statuses}

    async def answer(self, op: str) -> None:
        """Approve or reject it as the first registrar."""
        self.case.step(f"the sponsoring registrar's {op} is accepted")
        session = await self.case.login(1)
        command = requests.transfer_domain("approve" if op == "approve" else "reject", self.name)
        if not (await self.case.accepted(session, command, "EPP_UNEXPECTED_COMMAND_FAILURE")).ok:
            raise Stop


@rst_case("epp-19")
async def transfer(case: Case) -> None:
    """A transfer that the sponsoring registrar approves."""
    transfer = _Transfer(case)
    await transfer.prepare(weak=True)
    wrong = "EPP_TRANSFER_SERVER_ACCEPTS_INCORRECT_AUTHINFO"
    await transfer.refused("other authInfo", wrong, secret=case.secret())
    await transfer.refused("a period of ten years", "EPP_TRANSFER_SERVER_ACCEPTS_INVALID_PERIOD", years=10)
    reply = await transfer.request("EPP_DOMAIN_TRANSFER_REQUEST_FAILED")
    if reply.code == 1001:
        await transfer.answer("approve")
    await _transferred(case, transfer)


async def _transferred(case: Case, transfer: _Transfer) -> None:
    gaining = case.inputs.client(2)[0]

    async def has_moved() -> bool:
        _, data = await info(case, await case.login(2), transfer.name)
        return data is not None and data.cl_id == gaining

    case.step("the domain belongs to the gaining registrar")
    if not await eventually(case, has_moved):
        case.stop("EPP_TRANSFER_NOT_PROCESSED", f"{transfer.name} does not belong to {gaining}")
    _, expires, grace = await _must_info(case, await case.login(2), transfer.name)
    case.step("it expires a year later")
    expected = add_years(transfer.expires, 1)
    if abs(expires - expected) >= _DAY:
        case.report("EPP_TRANSFER_INFO_RESPONSE_UNEXPECTED_EXPIRY_DATE", f"exDate is {expires} instead of {expected}")
    case.step("it has the RGP status transferPeriod")
    if "transferPeriod" not in grace:
        told = ", ".join(sorted(grace)) or "none"
        case.report("EPP_TRANSFER_INFO_RESPONSE_MISSING_OR_INVALID_RGP_STATUS", f"the RGP statuses are: {told}")
    losing = await case.login(1)
    if case.secure_auth(losing):
        case.step("the authInfo of the transfer is no longer valid")
        command = requests.info_domain(transfer.name, auth_info=transfer.secret)
        await case.refused(losing, command, "EPP_TRANSFER_INFO_RESPONSE_AUTHINFO_NOT_RESET")


@rst_case("epp-20")
async def transfer_rejected(case: Case) -> None:
    """A transfer that the sponsoring registrar rejects."""
    transfer = _Transfer(case)
    await transfer.prepare(weak=False)
    wrong = "EPP_TRANSFER_SERVER_ACCEPTS_INCORRECT_AUTHINFO"
    await transfer.refused("other authInfo", wrong, secret=case.secret())
    reply = await transfer.request("EPP_UNEXPECTED_COMMAND_FAILURE")
    if reply.code != 1001:
        case.skip("the server carries out transfers at once: there is nothing to reject")
    await transfer.answer("reject")
    case.step("the domain stays with its registrar, and is not pendingTransfer")
    data, _, _ = await _must_info(case, await case.login(1), transfer.name)
    if data.cl_id != case.inputs.client(1)[0]:
        case.report("EPP_TRANSFER_SERVER_PROCESSED_REJECTED_TRANSFER", f"it belongs to {data.cl_id}")
    if "pendingTransfer" in {item.s for item in data.statuses}:
        code = "EPP_TRANSFER_INFO_RESPONSE_MISSING_OR_INVALID_STATUS_CODE"
        case.report(code, "pendingTransfer is still there")


# --------------------------------------------------------------------------------------------------------- epp-21


@rst_case("epp-21")
async def delete(case: Case) -> None:
    """A domain that is deleted is gone, or will be; then its hosts and contacts can be deleted too."""
    case.step("a domain is created")
    name = await create_domain(case, 1, case.ascii_tlds()[0])
    session = await case.login()
    case.step("its delete is accepted")
    reply = await case.accepted(session, requests.delete_domain(name), "EPP_UNEXPECTED_COMMAND_FAILURE")
    if not reply.ok:
        return
    case.step("it is gone, or will be")
    found, data = await info(case, session, name)
    if reply.code != 1000:
        if found.code != 2303 and "pendingDelete" not in {item.s for item in (data.statuses if data else ())}:
            code = "EPP_DOMAIN_DELETE_INFO_RESPONSE_OBJECT_NOT_PENDING_DELETE"
            case.report(code, f"the info was answered {found}, without pendingDelete")
        return
    if found.code != 2303:
        case.report("EPP_DOMAIN_DELETE_INFO_RESPONSE_OBJECT_STILL_EXISTS", f"the info was answered {found}")
    await _rest_is_deleted(case, session)


async def _rest_is_deleted(case: Case, session: Session) -> None:
    """The hosts and contacts that were made for the domain."""
    rest: list[tuple[str, Command, Command]] = []
    if case.inputs.host_objects:
        names = await external_hosts(case, 1)
        rest += [(name, requests.delete_host(name), requests.info_host(name)) for name in names]
    registrant, contacts = await delegation(case, 1)
    ids = dict.fromkeys(id for id in [registrant, *contacts.values()] if id)
    rest += [(id, requests.delete_contact(id), requests.info_contact(id)) for id in ids]
    for key, command, question in rest:
        case.step(f"{key}, which the domain had, is deleted, and gone")
        reply = await case.accepted(session, command, "EPP_UNEXPECTED_COMMAND_FAILURE")
        if reply.code == 1000:
            code = "EPP_DOMAIN_DELETE_INFO_RESPONSE_OBJECT_STILL_EXISTS"
            await case.refused(session, question, code, by=(2303,))
