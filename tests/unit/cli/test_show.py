"""Printing responses."""

import datetime as dt
import json

import pytest

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
