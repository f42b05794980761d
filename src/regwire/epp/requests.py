"""Commands from plain arguments, and results from responses: what the typed methods of every client are made of.

Each function returns a `Command`; `data_of` takes the data out of its response, `check` raises what a response refuses.
A trailing `extension` is one element or several, as everywhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Literal, NoReturn, TypeVar, cast

from regwire_native import nest

from regwire.epp.compose import auth_info as domain_auth
from regwire.epp.compose import command, contact_auth_info
from regwire.epp.ext.login_sec import NAMESPACE as LOGIN_SEC
from regwire.epp.ext.login_sec import SENTINEL, LoginSec, UserAgent
from regwire.epp.messages.contact import (
    ContactAddRem,
    ContactAuthInfo,
    ContactChange,
    ContactCheck,
    ContactCreate,
    ContactDelete,
    ContactInfo,
    ContactTransfer,
    ContactUpdate,
    Disclose,
    Phone,
    PostalInfo,
)
from regwire.epp.messages.core import (
    Check,
    Command,
    Greeting,
    Info,
    Login,
    Logout,
    Options,
    Poll,
    Response,
    Result,
    Services,
    TransferOp,
)
from regwire.epp.messages.domain import (
    DomainAddRem,
    DomainAuthInfo,
    DomainChange,
    DomainCheck,
    DomainContact,
    DomainCreate,
    DomainDelete,
    DomainInfo,
    DomainInfoName,
    DomainRenew,
    DomainTransfer,
    DomainUpdate,
    NameServers,
    Period,
)
from regwire.epp.messages.host import (
    HostAddRem,
    HostAddress,
    HostChange,
    HostCheck,
    HostCreate,
    HostDelete,
    HostInfo,
    HostUpdate,
)
from regwire.errors import CommandError, ConfigError, ProtocolError, RegwireError, command_error
from regwire.schema import Element, Raw

T = TypeVar("T")
ContactKind = Literal["admin", "billing", "tech"]
Extension = Element | Raw | Iterable[Element | Raw]
Answer = Element | Raw | Response | RegwireError
Contacts = Iterable[DomainContact] | Mapping[str, str | Iterable[str]]
_DOMAIN_CHECK = (Command, Check, DomainCheck)
_DOMAIN_INFO = (Command, Info, DomainInfo, DomainInfoName)
"""What bulk work is made of: one call builds them, in half the time of their constructors."""
PASSWORD_MAX = 16
"""Longer passwords do not fit login's own element; they go into loginSec (RFC 8807)."""


# --- results


def check(response: Response) -> Response:
    """Return a successful response; raise the `CommandError` of its first error otherwise."""
    for result in response.results:
        if result.code >= 2000:
            _refuse(response, result)
    return response


def _refuse(response: Response, result: Result) -> NoReturn:
    reasons = tuple(v.reason.text for v in result.values if hasattr(v, "reason"))
    raise command_error(result.code, result.msg.text, reasons=reasons, response=response)


def data_of(response: Response, cls: type[T]) -> T:
    """Return the resData element of this class from a successful response; raise the error of another one.

    Raises ProtocolError when the server answered success without it.
    """
    for result in response.results:
        if result.code >= 2000:
            _refuse(response, result)
    for element in response.res_data:
        if type(element) is cls or isinstance(element, cls):
            return element
    got = ", ".join(type(e).__name__ for e in response.res_data) or None
    raise ProtocolError("a response without its data", expected=cls.__name__, got=got)


def answer_of(result: Response | RegwireError) -> Answer:
    """What a typed method would return or raise, as a value.

    The element of resData of a successful response, the whole response when it has none or several, and the
    `CommandError` of another one; an error stays what it is.
    """
    if isinstance(result, RegwireError):
        return result
    try:
        check(result)
    except CommandError as error:
        return error
    return result.res_data[0] if len(result.res_data) == 1 else result


# --- parts


def period_of(period: int | str | Period | None) -> Period | None:
    """Years as int, or `"6m"`, or a `Period`."""
    if period is None or isinstance(period, Period):
        return period
    if isinstance(period, int):
        return Period(period, "y")
    unit: Literal["y", "m"]
    if period[-1:] == "y":
        unit = "y"
    elif period[-1:] == "m":
        unit = "m"
    else:
        raise ValueError(f"a period is years as int, or text such as '6m', not {period!r}")
    return Period(int(period[:-1]), unit)


def servers_of(servers: Iterable[str] | NameServers | None) -> NameServers | None:
    """Names of host objects, or a `NameServers`."""
    if servers is None or isinstance(servers, NameServers):
        return servers
    names = tuple(servers)
    return NameServers(host_objs=names) if names else None


def contacts_of(contacts: Contacts) -> tuple[DomainContact, ...]:
    """`{"admin": "id", "tech": ("id", "id")}`, or `DomainContact`s."""
    if not isinstance(contacts, Mapping):
        return tuple(contacts)
    return tuple(
        DomainContact(id, cast("ContactKind", kind))
        for kind, ids in contacts.items()
        for id in ((ids,) if isinstance(ids, str) else ids)
    )


def addresses_of(addresses: Iterable[str | HostAddress]) -> tuple[HostAddress, ...]:
    """Addresses as text; one with a colon is v6."""
    return tuple(a if isinstance(a, HostAddress) else HostAddress(a, "v6" if ":" in a else "v4") for a in addresses)


def _domain_auth(value: str | DomainAuthInfo | None) -> DomainAuthInfo | None:
    return domain_auth(value) if isinstance(value, str) else value


def _contact_auth(value: str | ContactAuthInfo | None) -> ContactAuthInfo | None:
    return contact_auth_info(value) if isinstance(value, str) else value


# --- session


def login(
    greeting: Greeting,
    client_id: str,
    password: str,
    *,
    new_password: str | None = None,
    objects: Iterable[str] | None = None,
    extensions: Iterable[str] | None = None,
    known: Iterable[str] = (),
    language: str = "en",
    user_agent: UserAgent | None = None,
) -> Command:
    """A login for this greeting.

    `objects` and `extensions` are URIs to choose; by default all that the greeting offers and `known` (namespaces of
    the client's schema) holds. Passwords beyond 16 characters, and `user_agent`, travel in loginSec (RFC 8807); raises
    ConfigError when the server does not offer it, or when nothing is left to choose.
    """
    menu, known_uris = greeting.svc_menu, frozenset(known)
    chosen = tuple(objects) if objects is not None else tuple(u for u in menu.obj_uri if u in known_uris)
    extra = tuple(extensions) if extensions is not None else tuple(u for u in menu.ext_uri if u in known_uris)
    if not chosen:
        raise ConfigError("login", f"the server offers no object service this client knows: {', '.join(menu.obj_uri)}")
    long = max(len(password), len(new_password or "")) > PASSWORD_MAX
    extension: tuple[Element, ...] = ()
    if long or user_agent is not None:
        uri = LOGIN_SEC.uri
        if uri not in extra:
            if long:
                raise ConfigError("login", "the password has more than 16 characters and the server no loginSec")
        else:
            extension = (
                LoginSec(
                    user_agent,
                    password if len(password) > PASSWORD_MAX else None,
                    new_password if new_password is not None and len(new_password) > PASSWORD_MAX else None,
                ),
            )
    return Command(
        Login(
            client_id,
            SENTINEL if len(password) > PASSWORD_MAX else password,
            SENTINEL if new_password is not None and len(new_password) > PASSWORD_MAX else new_password,
            options=Options("1.0", language),
            svcs=Services(chosen, extra),
        ),
        extension,
    )


def logout() -> Command:
    """A logout."""
    return Command(Logout())


def poll() -> Command:
    """A poll request: the head of the queue."""
    return Command(Poll("req"))


def poll_ack(id: str) -> Command:
    """A poll acknowledgement: takes message `id` off the queue."""
    return Command(Poll("ack", id))


# --- domains


def check_domain(names: Iterable[str], *, extension: Extension = ()) -> Command:
    """A check of domain names."""
    if extension:
        return command(DomainCheck(tuple(names)), extension)
    plain: Command = nest(_DOMAIN_CHECK, tuple(names))
    return plain


def info_domain(
    name: str,
    *,
    auth_info: str | DomainAuthInfo | None = None,
    hosts: Literal["all", "del", "none", "sub"] = "all",
    extension: Extension = (),
) -> Command:
    """An info of a domain."""
    if auth_info is None and hosts == "all" and not extension:
        plain: Command = nest(_DOMAIN_INFO, name)
        return plain
    return command(DomainInfo(DomainInfoName(name, hosts), _domain_auth(auth_info)), extension)


def create_domain(
    name: str,
    *,
    auth_info: str | DomainAuthInfo,
    period: int | str | Period | None = None,
    ns: Iterable[str] | NameServers | None = None,
    registrant: str | None = None,
    contacts: Contacts = (),
    extension: Extension = (),
) -> Command:
    """A create of a domain."""
    auth = _domain_auth(auth_info)
    assert auth is not None
    obj = DomainCreate(name, period_of(period), servers_of(ns), registrant, contacts_of(contacts), auth_info=auth)
    return command(obj, extension)


def delete_domain(name: str, *, extension: Extension = ()) -> Command:
    """A delete of a domain."""
    return command(DomainDelete(name), extension)


def renew_domain(
    name: str, cur_exp_date: dt.date, *, period: int | str | Period | None = None, extension: Extension = ()
) -> Command:
    """A renew of a domain; `cur_exp_date` guards against renewing twice. A datetime is cut to its UTC date."""
    if isinstance(cur_exp_date, dt.datetime):
        cur_exp_date = cur_exp_date.astimezone(dt.UTC).date()
    return command(DomainRenew(name, cur_exp_date, period_of(period)), extension)


def transfer_domain(
    op: TransferOp,
    name: str,
    *,
    auth_info: str | DomainAuthInfo | None = None,
    period: int | str | Period | None = None,
    extension: Extension = (),
) -> Command:
    """A transfer of a domain: request, query, approve, reject or cancel."""
    return command(DomainTransfer(name, period_of(period), _domain_auth(auth_info)), extension, op=op)


def update_domain(
    name: str,
    *,
    add: DomainAddRem | None = None,
    rem: DomainAddRem | None = None,
    chg: DomainChange | None = None,
    extension: Extension = (),
) -> Command:
    """An update of a domain."""
    return command(DomainUpdate(name, add, rem, chg), extension)


# --- hosts


def check_host(names: Iterable[str], *, extension: Extension = ()) -> Command:
    """A check of host names."""
    return command(HostCheck(tuple(names)), extension)


def info_host(name: str, *, extension: Extension = ()) -> Command:
    """An info of a host."""
    return command(HostInfo(name), extension)


def create_host(name: str, *, addrs: Iterable[str | HostAddress] = (), extension: Extension = ()) -> Command:
    """A create of a host."""
    return command(HostCreate(name, addresses_of(addrs)), extension)


def delete_host(name: str, *, extension: Extension = ()) -> Command:
    """A delete of a host."""
    return command(HostDelete(name), extension)


def update_host(
    name: str,
    *,
    add: HostAddRem | None = None,
    rem: HostAddRem | None = None,
    new_name: str | None = None,
    extension: Extension = (),
) -> Command:
    """An update of a host; `new_name` renames it."""
    chg = None if new_name is None else HostChange(new_name)
    return command(HostUpdate(name, add, rem, chg), extension)


# --- contacts


def check_contact(ids: Iterable[str], *, extension: Extension = ()) -> Command:
    """A check of contact ids."""
    return command(ContactCheck(tuple(ids)), extension)


def info_contact(id: str, *, auth_info: str | ContactAuthInfo | None = None, extension: Extension = ()) -> Command:
    """An info of a contact."""
    return command(ContactInfo(id, _contact_auth(auth_info)), extension)


def create_contact(
    id: str,
    *,
    postal_infos: Iterable[PostalInfo],
    email: str,
    auth_info: str | ContactAuthInfo,
    voice: str | Phone | None = None,
    fax: str | Phone | None = None,
    disclose: Disclose | None = None,
    extension: Extension = (),
) -> Command:
    """A create of a contact."""
    auth = _contact_auth(auth_info)
    assert auth is not None
    obj = ContactCreate(
        id,
        tuple(postal_infos),
        Phone(voice) if isinstance(voice, str) else voice,
        Phone(fax) if isinstance(fax, str) else fax,
        email=email,
        auth_info=auth,
        disclose=disclose,
    )
    return command(obj, extension)


def delete_contact(id: str, *, extension: Extension = ()) -> Command:
    """A delete of a contact."""
    return command(ContactDelete(id), extension)


def transfer_contact(
    op: TransferOp, id: str, *, auth_info: str | ContactAuthInfo | None = None, extension: Extension = ()
) -> Command:
    """A transfer of a contact."""
    return command(ContactTransfer(id, _contact_auth(auth_info)), extension, op=op)


def update_contact(
    id: str,
    *,
    add: ContactAddRem | None = None,
    rem: ContactAddRem | None = None,
    chg: ContactChange | None = None,
    extension: Extension = (),
) -> Command:
    """An update of a contact."""
    return command(ContactUpdate(id, add, rem, chg), extension)
