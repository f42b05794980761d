"""Printing responses."""

import datetime as dt
import json

import pytest

from regwire import epp
from regwire.cli.show import plain_response, print_json, readable
from regwire.epp import (
    CheckName,
    DomainCheckData,
    DomainCheckItem,
    DomainInfoData,
    DomainStatus,
    Msg,
    MsgQ,
    Response,
    Result,
    TrId,
    auth_info,
)

WHEN = dt.datetime(2027, 3, 1, 12, 30, tzinfo=dt.UTC)


def response(*data, code=1000, **more):
    return Response((Result(code, Msg("text")),), res_data=data, tr_id=TrId("ABC", sv_trid="SV-1"), **more)


def info():
    return DomainInfoData(
        "a.example",
        "D1-X",
        (DomainStatus("ok"), DomainStatus("clientHold", "why")),
        cl_id="reg-a",
        ex_date=WHEN,
        auth_info=auth_info("top-secret"),
    )


def test_json_is_one_line_with_utc_dates_and_no_secrets(capsys):
    print_json(plain_response(response(info())))
    output = capsys.readouterr().out
    assert output.count("\n") == 1
    plain = json.loads(output)
    assert (plain["code"], plain["cl_trid"], plain["sv_trid"]) == (1000, "ABC", "SV-1")
    assert plain["data"][0]["type"] == "DomainInfoData"
    assert plain["data"][0]["ex_date"] == "2027-03-01T12:30:00Z"
    assert "top-secret" not in output


def test_secrets_on_request(capsys):
    print_json(plain_response(response(info()), secrets=True))
    assert "top-secret" in capsys.readouterr().out


def test_readable_info(capsys):
    readable(plain_response(response(info())))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["name", "a.example"] in lines
    assert ["statuses", "ok,", "clientHold", "why"] in lines
    assert ["ex", "date", "2027-03-01T12:30:00Z"] in lines
    assert lines[-1] == ["1000", "text"]


def test_readable_check(capsys):
    items = (
        DomainCheckItem(CheckName("a.example", True)),
        DomainCheckItem(CheckName("b.example", False), Msg("[in] use")),
    )
    readable(plain_response(response(DomainCheckData(items))))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == ["a.example", "yes"]
    assert lines[2][:2] == ["b.example", "no"]


def test_readable_queue(capsys):
    readable(plain_response(response(code=1301, msg_q=MsgQ(3, "m-1", WHEN))))
    output = capsys.readouterr().out
    assert "queue count" in output
    assert "m-1" in output


@pytest.mark.parametrize("text", ["[red]", "[/]", "\\[x"])
def test_markup_in_texts_is_printed_as_it_is(capsys, text):
    readable({"code": 2306, "message": text, "reasons": [text], "data": [], "extension": []})
    output = capsys.readouterr().out
    assert output == f"2306 {text}\n     {text}\n"


REFUSED = b"""<epp xmlns="urn:ietf:params:xml:ns:epp-1.0" xmlns:d="urn:ietf:params:xml:ns:domain-1.0"><response>
<result code="2202"><msg>No \xc2\x9b2J</msg>
<value><d:authInfo><d:pw>hush-hush</d:pw></d:authInfo></value>
<extValue><value><d:name>a.example</d:name></value><reason>not yours</reason></extValue></result>
<result code="2004"><msg lang="de">zwei</msg></result>
<trID><clTRID>CL-1</clTRID><svTRID>SV-1</svTRID></trID></response></epp>"""


def test_every_result_is_told_with_the_values_at_fault(capsys):
    plain = plain_response(epp.decode(REFUSED, role="client"))
    assert (plain["code"], plain["reasons"]) == (2202, ["not yours"])
    first, second = plain["results"]
    assert second == {"code": 2004, "message": "zwei", "lang": "de", "values": []}
    auth, name = first["values"]
    assert auth["reason"] is None
    assert "***" in auth["value"]
    assert "a.example</d:name>" in name["value"]
    assert name["reason"] == "not yours"
    print_json(plain)
    assert "hush-hush" not in capsys.readouterr().out
    print_json(plain_response(epp.decode(REFUSED, role="client"), secrets=True))
    assert "hush-hush" in capsys.readouterr().out


def test_a_readable_refusal_has_its_transaction_and_all_results(capsys):
    readable(plain_response(epp.decode(REFUSED, role="client")))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == ["clTRID  CL-1", "svTRID  SV-1", "2202 No \\x9b2J", "     not yours"]
    assert "***" in lines[4]
    assert lines[5:] == ["2004 zwei"]


def test_json_has_no_control_characters_of_a_peer(capsys):
    print_json(plain_response(epp.decode(REFUSED, role="client")))
    output = capsys.readouterr().out
    assert "\x9b" not in output
    assert json.loads(output)["message"] == "No \x9b2J"
