"""A message as logs and stores may have it: every secret masked, wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest

from regwire.epp import auth_info, command
from regwire.epp.coding import DEFAULT
from regwire.epp.compose import contact_auth_info
from regwire.epp.ext.allocation_token import AllocationToken
from regwire.epp.ext.launch import LaunchCheck
from regwire.epp.ext.login_sec import LoginSec
from regwire.epp.messages import contact as c
from regwire.epp.messages import domain as d
from regwire.epp.messages import host as h
from regwire.epp.messages.core import Command, Login, Options, Poll, Services
from regwire.errors import EncodeError

SECRET = "a-secret-of-many-characters"
LOGIN = Login("reg-a", "s3cr3t-pw", options=Options("1.0", "en"), svcs=Services(("urn:x",)))


@pytest.mark.parametrize(
    "message",
    [
        command(d.DomainCreate("a.example", auth_info=auth_info(SECRET))),
        command(d.DomainInfo(d.DomainInfoName("a.example"), auth_info(SECRET))),
        command(d.DomainUpdate("a.example", chg=d.DomainChange(auth_info=d.DomainAuthInfoChange(d.AuthPw(SECRET))))),
        command(c.ContactTransfer("con-1", contact_auth_info(SECRET)), op="request"),
        command(d.DomainCheck(("a.example",)), extension=AllocationToken(SECRET)),
        Command(LOGIN),
        Command(LOGIN, (LoginSec(pw=SECRET),)),
    ],
)
def test_secrets_are_masked(message: Any) -> None:
    text = DEFAULT.redacted(message)
    assert "***" in text
    assert SECRET not in text
    assert "s3cr3t-pw" not in text
    assert text == DEFAULT.mask(DEFAULT.encode(message)).decode()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "message",
    [
        command(d.DomainDelete("a.example"), cl_trid="ABC-1"),
        command(d.DomainCheck(("a.example",)), extension=LaunchCheck(type="avail")),
        command(h.HostCreate("ns1.a.example")),
        command(Poll("req")),
    ],
)
def test_what_has_no_secrets_is_as_it_is_sent(message: Any) -> None:
    assert DEFAULT.redacted(message).encode() == DEFAULT.encode(message) == DEFAULT.mask(DEFAULT.encode(message))


def test_undeclared_content_is_masked_by_the_names_of_its_elements() -> None:
    frame = f"""<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="1000"><msg>fine</msg></result>
<extension><thing xmlns="urn:nobody" xmlns:d="urn:ietf:params:xml:ns:domain-1.0"><d:pw>{SECRET}</d:pw>
<name>seen</name></thing></extension>
<trID><svTRID>SV-1</svTRID></trID></response></epp>"""
    message = DEFAULT.decode(frame.encode(), role="client")
    text = DEFAULT.redacted(message)
    assert "seen" in text
    assert SECRET not in text


def test_what_stands_twice_is_masked_twice_and_an_empty_secret_is_empty() -> None:
    auth = auth_info(SECRET)
    twice = command(d.DomainCreate("a.example", auth_info=auth), extension=(AllocationToken(SECRET),))
    assert DEFAULT.redacted(twice).count("***") == 2
    empty = command(d.DomainInfo(d.DomainInfoName("a.example"), auth_info("")))
    assert "***" not in DEFAULT.redacted(empty)
    assert DEFAULT.redacted(empty).encode() == DEFAULT.encode(empty)


def test_a_secret_is_checked_and_encoding_never_masks() -> None:
    with pytest.raises(EncodeError):
        DEFAULT.redacted(Command(Login("reg-a", "short", options=Options("1.0", "en"), svcs=Services(("urn:x",)))))
    message = Command(LOGIN)
    DEFAULT.redacted(message)
    assert b"s3cr3t-pw" in DEFAULT.encode(message)
