"""From what people type to messages."""

import datetime as dt
import re

import pytest

from regwire.cli import requests
from regwire.epp import DomainContact, DomainStatus, HostAddress, NameServers, Period, Phone
from regwire.epp.ext.secdns import SecDnsDsData
from regwire.errors import ConfigError

DIGEST = "ab" * 32


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("A.Example", "a.example"),
        ("a.example.", "a.example"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
    ],
)
def test_names(typed, name):
    assert requests.a_label_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "period"),
    [("2", Period(2, "y")), ("3y", Period(3, "y")), ("24M", Period(24, "m")), (None, None)],
)
def test_periods(typed, period):
    assert requests.period(typed) == period


def test_dates():
    assert requests.exp_date("2027-03-01") == dt.date(2027, 3, 1)


def test_name_servers_are_objects_or_attributes():
    assert requests.name_servers([]) is None
    assert requests.name_servers(["ns1.A.example"]) == NameServers(host_objs=("ns1.a.example",))
    found = requests.name_servers(["ns1.a.example=192.0.2.1,2001:db8::1", "ns.other.test"])
    assert found is not None
    first, second = found.host_attrs
    assert first.addrs == (HostAddress("192.0.2.1", "v4"), HostAddress("2001:db8::1", "v6"))
    assert (second.name, second.addrs) == ("ns.other.test", ())


def test_ds_records_as_in_a_zone_file():
    assert requests.ds_record(f"12345 13  2 {DIGEST[:10]} {DIGEST[10:]}") == SecDnsDsData(
        12345, 13, 2, bytes.fromhex(DIGEST)
    )


def test_security_extensions_only_when_there_is_something():
    assert requests.sec_dns_create([]) == ()
    assert requests.sec_dns_update([], [], rem_all=False) == ()
    (update,) = requests.sec_dns_update([f"1 13 2 {DIGEST}"], [], rem_all=True)
    assert update.rem is not None
    assert update.rem.all is True
    assert update.add is not None
    assert len(update.add.ds_data) == 1


def test_change_sets():
    assert requests.domain_change_set([], [], []) is None
    found = requests.domain_change_set([], ["tech:c1", "admin:c2", "tech:c3"], ["clientHold"])
    assert found is not None
    assert set(found.contacts) == {
        DomainContact("c1", "tech"),
        DomainContact("c2", "admin"),
        DomainContact("c3", "tech"),
    }
    assert found.statuses == (DomainStatus("clientHold"),)
    assert requests.host_change_set([], []) is None
    assert requests.contact_statuses([]) is None


def test_addresses_are_int_when_ascii_else_loc():
    assert requests.postal_info("Ada", None, [], "Bern", None, None, "ch").type == "int"
    assert requests.postal_info("Ada", None, [], "Zürich", None, None, "ch").type == "loc"
    assert requests.postal_info("Ada", None, [], "Bern", None, None, "ch").addr.cc == "CH"


@pytest.mark.parametrize(
    ("typed", "phone"),
    [("+49.301234", Phone("+49.301234")), ("+1.55x12", Phone("+1.55", "12")), ("", Phone("")), (None, None)],
)
def test_phones(typed, phone):
    assert requests.phone(typed) == phone


def test_generated_auth_info_is_strong_and_fresh():
    found = {requests.new_auth_info() for _ in range(50)}
    assert len(found) == 50
    assert all(re.fullmatch(r"[A-Za-z0-9_.!-]{24}", text) for text in found)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: requests.a_label_name("☃.example"),
        lambda: requests.period("0"),
        lambda: requests.period("100"),
        lambda: requests.period("1w"),
        lambda: requests.exp_date("1.3.2027"),
        lambda: requests.host_addresses(["192.0.2"]),
        lambda: requests.name_servers(["ns=1"]),
        lambda: requests.ds_record("1 2 3"),
        lambda: requests.ds_record("1 2 3 xyz"),
        lambda: requests.sec_dns_update([], [f"1 13 2 {DIGEST}"], rem_all=True),
        lambda: requests.domain_change_set([], ["c1"], []),
        lambda: requests.domain_change_set([], ["owner:c1"], []),
        lambda: requests.phone("0301234"),
    ],
)
def test_what_cannot_be_understood_says_how_it_is_written(mistake):
    with pytest.raises(ConfigError) as caught:
        mistake()
    assert caught.value.cure or "not a" in caught.value.reason


def test_a_status_may_say_why():
    assert requests.domain_change_set((), (), ["clientHold:not paid", "clientRenewProhibited"]).statuses == (
        DomainStatus("clientHold", "not paid"),
        DomainStatus("clientRenewProhibited"),
    )
    assert requests.host_change_set((), ["clientDeleteProhibited: in use"]).statuses[0].text == "in use"
    assert requests.contact_statuses(["clientDeleteProhibited:a:b"]).statuses[0].text == "a:b"
