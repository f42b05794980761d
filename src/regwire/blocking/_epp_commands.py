"""The typed methods of blocking EPP clients, over their `send`."""
# Written by scripts/blocking_commands.py from regwire/trio/_epp_commands.py: change it there.

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal

from regwire.epp import requests
from regwire.epp.messages.contact import (
    ContactAddRem,
    ContactAuthInfo,
    ContactChange,
    ContactCheckData,
    ContactCreateData,
    ContactInfoData,
    ContactTransferData,
    Disclose,
    Phone,
    PostalInfo,
)
from regwire.epp.messages.core import Command, Greeting, Response, TransferOp
from regwire.epp.messages.domain import (
    DomainAddRem,
    DomainAuthInfo,
    DomainChange,
    DomainCheckData,
    DomainCreateData,
    DomainInfoData,
    DomainRenewData,
    DomainTransferData,
    NameServers,
    Period,
)
from regwire.epp.messages.host import HostAddRem, HostAddress, HostCheckData, HostCreateData, HostInfoData
from regwire.epp.requests import Contacts, Extension

__all__ = ["BlockingCommands"]


class BlockingCommands:
    """A method for each command.

    Each returns the data of a successful response (the whole `Response` where a command has none) and raises the
    `regwire.errors.CommandError` of its code otherwise. For all of them: NotSent when the command did not leave (safe
    to do again), OutcomeUnknown when it left and its reply is lost, EncodeError for an argument that the schema
    refuses. `extension` is one element or several; the extensions of a response come with `send`.
    """

    __slots__ = ()

    def send(self, message: Command) -> Response:
        """Send any command and return its response, whatever its code: never raises on a reply."""
        raise NotImplementedError

    def hello(self) -> Greeting:
        """Ask for a greeting; also keeps the session alive."""
        raise NotImplementedError

    def poll(self) -> Response | None:
        """The head of the message queue (`msg_q`, `res_data`), or None when it is empty (RFC 5730 section 2.9.2.3)."""
        response = requests.check(self.send(requests.poll()))
        return response if response.msg_q is not None and response.results[0].code == 1301 else None

    def poll_ack(self, id: str) -> Response:
        """Take message `id` off the queue; `msg_q` says what remains."""
        return requests.check(self.send(requests.poll_ack(id)))

    def check_domain(self, *names: str, extension: Extension = ()) -> DomainCheckData:
        """Check which domains could be created (RFC 5731 section 3.1.1)."""
        return requests.data_of(self.send(requests.check_domain(names, extension=extension)), DomainCheckData)

    def info_domain(
        self,
        name: str,
        *,
        auth_info: str | DomainAuthInfo | None = None,
        hosts: Literal["all", "del", "none", "sub"] = "all",
        extension: Extension = (),
    ) -> DomainInfoData:
        """Read a domain (RFC 5731 section 3.1.2)."""
        return requests.data_of(
            self.send(requests.info_domain(name, auth_info=auth_info, hosts=hosts, extension=extension)),
            DomainInfoData,
        )

    def create_domain(
        self,
        name: str,
        *,
        auth_info: str | DomainAuthInfo,
        period: int | str | Period | None = None,
        ns: Iterable[str] | NameServers | None = None,
        registrant: str | None = None,
        contacts: Contacts = (),
        extension: Extension = (),
    ) -> DomainCreateData:
        """Create a domain (RFC 5731 section 3.2.1); `period` in years or as `'6m'`, `contacts` as `{'admin': 'id'}`."""
        return requests.data_of(
            self.send(
                requests.create_domain(
                    name,
                    auth_info=auth_info,
                    period=period,
                    ns=ns,
                    registrant=registrant,
                    contacts=contacts,
                    extension=extension,
                )
            ),
            DomainCreateData,
        )

    def delete_domain(self, name: str, *, extension: Extension = ()) -> Response:
        """Delete a domain (RFC 5731 section 3.2.2); code 1001 in the response: it will be."""
        return requests.check(self.send(requests.delete_domain(name, extension=extension)))

    def renew_domain(
        self, name: str, cur_exp_date: dt.date, *, period: int | str | Period | None = None, extension: Extension = ()
    ) -> DomainRenewData:
        """Renew a domain (RFC 5731 section 3.2.3)."""
        return requests.data_of(
            self.send(requests.renew_domain(name, cur_exp_date, period=period, extension=extension)),
            DomainRenewData,
        )

    def transfer_domain(
        self,
        op: TransferOp,
        name: str,
        *,
        auth_info: str | DomainAuthInfo | None = None,
        period: int | str | Period | None = None,
        extension: Extension = (),
    ) -> DomainTransferData:
        """Transfer a domain (RFC 5731 section 3.2.4): request, query, approve, reject, cancel."""
        return requests.data_of(
            self.send(requests.transfer_domain(op, name, auth_info=auth_info, period=period, extension=extension)),
            DomainTransferData,
        )

    def update_domain(
        self,
        name: str,
        *,
        add: DomainAddRem | None = None,
        rem: DomainAddRem | None = None,
        chg: DomainChange | None = None,
        extension: Extension = (),
    ) -> Response:
        """Update a domain (RFC 5731 section 3.2.5)."""
        return requests.check(self.send(requests.update_domain(name, add=add, rem=rem, chg=chg, extension=extension)))

    def check_host(self, *names: str, extension: Extension = ()) -> HostCheckData:
        """Check which hosts could be created (RFC 5732 section 3.1.1)."""
        return requests.data_of(self.send(requests.check_host(names, extension=extension)), HostCheckData)

    def info_host(self, name: str, *, extension: Extension = ()) -> HostInfoData:
        """Read a host (RFC 5732 section 3.1.2)."""
        return requests.data_of(self.send(requests.info_host(name, extension=extension)), HostInfoData)

    def create_host(
        self, name: str, *, addrs: Iterable[str | HostAddress] = (), extension: Extension = ()
    ) -> HostCreateData:
        """Create a host (RFC 5732 section 3.2.1)."""
        return requests.data_of(self.send(requests.create_host(name, addrs=addrs, extension=extension)), HostCreateData)

    def delete_host(self, name: str, *, extension: Extension = ()) -> Response:
        """Delete a host (RFC 5732 section 3.2.2)."""
        return requests.check(self.send(requests.delete_host(name, extension=extension)))

    def update_host(
        self,
        name: str,
        *,
        add: HostAddRem | None = None,
        rem: HostAddRem | None = None,
        new_name: str | None = None,
        extension: Extension = (),
    ) -> Response:
        """Update a host, or rename it (RFC 5732 section 3.2.5)."""
        return requests.check(
            self.send(requests.update_host(name, add=add, rem=rem, new_name=new_name, extension=extension))
        )

    def check_contact(self, *ids: str, extension: Extension = ()) -> ContactCheckData:
        """Check which contacts could be created (RFC 5733 section 3.1.1)."""
        return requests.data_of(self.send(requests.check_contact(ids, extension=extension)), ContactCheckData)

    def info_contact(
        self, id: str, *, auth_info: str | ContactAuthInfo | None = None, extension: Extension = ()
    ) -> ContactInfoData:
        """Read a contact (RFC 5733 section 3.1.2)."""
        return requests.data_of(
            self.send(requests.info_contact(id, auth_info=auth_info, extension=extension)), ContactInfoData
        )

    def create_contact(
        self,
        id: str,
        *,
        postal_infos: Iterable[PostalInfo],
        email: str,
        auth_info: str | ContactAuthInfo,
        voice: str | Phone | None = None,
        fax: str | Phone | None = None,
        disclose: Disclose | None = None,
        extension: Extension = (),
    ) -> ContactCreateData:
        """Create a contact (RFC 5733 section 3.2.1)."""
        return requests.data_of(
            self.send(
                requests.create_contact(
                    id,
                    postal_infos=postal_infos,
                    email=email,
                    auth_info=auth_info,
                    voice=voice,
                    fax=fax,
                    disclose=disclose,
                    extension=extension,
                )
            ),
            ContactCreateData,
        )

    def delete_contact(self, id: str, *, extension: Extension = ()) -> Response:
        """Delete a contact (RFC 5733 section 3.2.2)."""
        return requests.check(self.send(requests.delete_contact(id, extension=extension)))

    def transfer_contact(
        self, op: TransferOp, id: str, *, auth_info: str | ContactAuthInfo | None = None, extension: Extension = ()
    ) -> ContactTransferData:
        """Transfer a contact (RFC 5733 section 3.2.4)."""
        return requests.data_of(
            self.send(requests.transfer_contact(op, id, auth_info=auth_info, extension=extension)),
            ContactTransferData,
        )

    def update_contact(
        self,
        id: str,
        *,
        add: ContactAddRem | None = None,
        rem: ContactAddRem | None = None,
        chg: ContactChange | None = None,
        extension: Extension = (),
    ) -> Response:
        """Update a contact (RFC 5733 section 3.2.5)."""
        return requests.check(self.send(requests.update_contact(id, add=add, rem=rem, chg=chg, extension=extension)))
