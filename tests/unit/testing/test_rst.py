"""The registry tests as a program: inputs, values, rows, reports. What the cases find is tests/conformance/rst."""

import base64
import datetime as dt
import json
import re
import tomllib

import idna
import pytest
import trio
from lxml import etree

from regwire.errors import ConfigError
from regwire.testing.rst import (
    INPUTS,
    CaseResult,
    Finding,
    Frame,
    RunResult,
    Verdict,
    as_html,
    as_json,
    as_markdown,
    catalogue,
    load_inputs,
    parse_inputs,
    select,
    template,
    write_report,
)
from regwire.testing.rst.case import Case, Stop, case_functions
from regwire.testing.rst.frames import Judge, mask
from regwire.testing.rst.rows import load_tables, read_table
from regwire.testing.rst.service import Service
from regwire.testing.rst.tmch import notice_id, read_labels, read_smd
from regwire.testing.rst.values import Values, evaluate

MINIMAL = """
[epp]
hostName = "epp.test"
clid01 = "rst-01"
pwd01 = "password-01"
clid02 = "rst-02"
pwd02 = "password-02"
[[tld]]
name = "Example."
"""


def parsed(text=MINIMAL, folder=None, **overrides):
    from pathlib import Path

    return parse_inputs(text, (folder or Path()) / "rst.toml", **overrides)


# ------------------------------------------------------------------------------------------------------------ inputs


def test_defaults_and_names():
    inputs = parsed()
    assert inputs["run.port"] == 700
    assert inputs.host_objects
    assert inputs.thick_client() == 1
    assert [tld.name for tld in inputs.tlds] == ["example"]
    assert inputs.certificate(1) is None
    assert inputs.secrets == ("password-01", "password-02")


def test_the_template_is_a_file_of_inputs():
    inputs = parsed(template())
    assert inputs["epp.hostName"] == "epp.example.net"
    data = tomllib.loads(re.sub(r"(?m)^# ([A-Za-z][\w]* = )", r"\1", template()))
    names = {f"{section}.{key}" for section, values in data.items() if section != "tld" for key in values}
    assert names == {item.name for item in INPUTS}


def test_options_stand_before_the_file():
    inputs = parsed(epp_hostName="other.test", run_port=7700, run_ca=None)
    assert (inputs["epp.hostName"], inputs["run.port"], inputs["run.ca"]) == ("other.test", 7700, None)


def test_passwords_from_the_environment(monkeypatch):
    monkeypatch.setenv("REGWIRE_RST_PWD01", "from-outside")
    assert parsed(MINIMAL.replace('pwd01 = "password-01"\n', "")).client(1) == ("rst-01", "from-outside")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('hostName = "epp.test"\n', "epp.hostName: missing"),
        ('pwd02 = "password-02"\n', "REGWIRE_RST_PWD02"),
        ('[[tld]]\nname = "Example."\n', "tld: missing"),
    ],
)
def test_what_is_missing(monkeypatch, change, told):
    monkeypatch.delenv("REGWIRE_RST_PWD02", raising=False)
    with pytest.raises(ConfigError, match=re.escape(told)):
        parsed(MINIMAL.replace(change, ""))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("[epp]", "not TOML"),
        ("[run]\nprot = 700\n", "run.prot: no such input; did you mean run.port?"),
        ("[rum]\nport = 700\n", "rum.port: no such input; did you mean run.port?"),
        ('[run]\nport = "700"\n', "run.port: must be a whole number"),
        ("[run]\nport = true\n", "run.port: must be a whole number"),
        ('[run]\naddresses = "::1"\n', "run.addresses: must be a list of strings"),
        ("[run]\naddresses = [1]\n", "run.addresses: must be a list of strings"),
        ('[general]\nregistryDataModel = "thick"\n', '"thick" is not one of minimum, maximum, per-registrar, any'),
        ('[general]\nregistryDataModel = "per-registrar"\n', "must be minimum and maximum"),
        ('[run]\nca = "nowhere.pem"\n', "run.ca: nowhere.pem: no such file"),
        ('[tmch]\nvalidSMDs = ["nowhere.smd"]\n', "nowhere.smd: no such file"),
        ('[[tld]]\nname = "b"\nidnonly = true\n', "did you mean tld.idnOnly?"),
        ('[[tld]]\nname = "b"\nvariantPolicy = "free"\n', "not one of blocked, same-registrant"),
        ('[[tld]]\nname = "b"\n[[tld.idnTable]]\nvariants = [["a"]]\n', "must be a list of pairs"),
        ("[[tld]]\nidnOnly = true\n", "name is missing"),
    ],
)
def test_mistakes_are_named(more, told):
    with pytest.raises(ConfigError, match=re.escape(told)):
        parsed(MINIMAL + more)


@pytest.mark.parametrize(("first", "told"), [("tld = 1", "must be written as [[tld]]"), ("rum = 1", "rum: no such")])
def test_mistakes_above_the_sections(first, told):
    with pytest.raises(ConfigError, match=re.escape(told)):
        parsed(f"{first}\n{MINIMAL.partition('[[tld]]')[0]}")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="--template"):
        load_inputs(tmp_path / "rst.toml")


def test_files_are_relative_to_the_inputs(tmp_path):
    (tmp_path / "a.pem").write_text("x")
    text = MINIMAL.replace("[[tld]]", 'serverIssuedClientCertificate01 = "a.pem"\n[[tld]]')
    assert parsed(text, tmp_path).certificate(1) == (tmp_path / "a.pem", tmp_path / "a.pem")


# ------------------------------------------------------------------------------------------------- values and rows


def value(cell, **variables):
    return evaluate(cell, values=Values(1), variables=variables, previous="before", auto=lambda: "automatic")


def test_values():
    assert value("plain") == "plain"
    assert value("{EMPTY}") == ""
    assert value("{AUTO}") == "automatic"
    assert value("{PREVIOUS}") == "before"
    assert re.fullmatch(r"[A-Za-z0-9]{18}", value("{RANDCHARS(18)}"))
    assert re.fullmatch(r"[0-9A-F]{64}", value("{RANDHEX(32)}"))
    assert re.fullmatch(r"a\.[A-Za-z0-9]{3}\.b", value('{"a." & RANDASCII(3) & "." & $TLD}', TLD="b"))


def test_random_characters_behind_xn_are_never_an_a_label():
    values = Values(7)
    labels = [
        evaluate('{"xn--" & RANDASCII(59)}', values=values, variables={}, previous="", auto=str) for _ in range(300)
    ]
    for label in labels:
        with pytest.raises((idna.IDNAError, UnicodeError)):
            idna.ulabel(label.lower())


@pytest.mark.parametrize("cell", ["{NONSENSE}", "{$NAME}", "{RANDCHARS(x)}", '{"a" "b"}', "{OTHER(1)}"])
def test_values_that_are_none(cell):
    with pytest.raises(ConfigError, match="value"):
        value(cell)


def test_secrets_have_what_policies_ask_for():
    secret = Values(1).secret()
    assert len(secret) == 24
    assert all(re.search(kind, secret) for kind in ("[A-Z]", "[a-z]", "[0-9]", "[^A-Za-z0-9]"))
    assert secret != Values(2).secret()
    assert Values(1, "epp-04").chars(9) != Values(1, "epp-05").chars(9)


HEAD = "\tTitle\n\tname\tip\tpassOrFail\terrorCode\n\tName\tAddress\tx\ty\n\tstring\tstring\tstring\tstring\n"


def test_rows_repeat_what_is_above(tmp_path):
    path = tmp_path / "some-data.tsv"
    path.write_text(HEAD + "\ta\t{EMPTY}\tpass\tEPP_A\n\t\tb\t\t\n\n\tc\t\tfail\tEPP_B\n")
    rows = read_table(path).rows
    assert [dict(row.cells) for row in rows] == [
        {"name": "a", "ip": "{EMPTY}"},
        {"name": "a", "ip": "b"},
        {"name": "c", "ip": "b"},
    ]
    assert [(row.passes, row.code) for row in rows] == [(True, "EPP_A"), (True, "EPP_A"), (False, "EPP_B")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nothing here\n", "no line with the columns' names"),
        (HEAD + "\t\tb\tpass\tEPP_A\n", "no value for name"),
        (HEAD + "\ta\tb\tmaybe\tEPP_A\n", "not pass or fail"),
    ],
)
def test_rows_that_are_none(tmp_path, text, told):
    path = tmp_path / "some-data.tsv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=told):
        read_table(path)


def test_a_folder_without_rows(tmp_path):
    with pytest.raises(ConfigError, match="--data"):
        load_tables(tmp_path)


# ------------------------------------------------------------------------------------------------- frames, findings


@pytest.mark.parametrize(
    ("frame", "shown"),
    [
        (b"<pw>secret</pw>", "<pw>***</pw>"),
        (b"<a:pw roid='x'>s&lt;e</a:pw>", "<a:pw roid='x'>***</a:pw>"),
        (b"<newPW><![CDATA[a<b]]></newPW><pw/>", "<newPW>***</newPW><pw/>"),
        (b"<pw/><pw>x</pw>", "<pw/><pw>***</pw>"),
        (b"<pwd>x</pwd> echo: password-01", "<pwd>x</pwd> echo: ***"),
    ],
)
def test_secrets_are_masked(frame, shown):
    assert mask(frame, ("password-01",)) == shown


def test_a_frame_is_judged():
    good = (
        b'<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="1000"><msg>ok</msg></result>%s<trID>'
        b"<svTRID>abc</svTRID></trID></response></epp>"
    )
    judge = Judge()
    assert judge.fault(good % b"") is None
    assert judge.fault(good % b'<extension><a xmlns="urn:unknown"/></extension>') is None
    assert judge.fault(good % b"<odd/>")[0] == "EPP_SCHEMA_VALIDATION_ERROR"
    assert judge.fault(b"<epp>")[0] == "EPP_XML_PARSE_ERROR"


def test_schemas_that_are_none(tmp_path):
    with pytest.raises(ConfigError, match="no schema of epp-1"):
        Judge(tmp_path)


def a_case(id="epp-04"):
    return Case(catalogue()[id], parsed(), Service("epp.test", 700), tables={}, values=Values(1), judge=Judge())


def test_a_case_reports_only_its_own_codes():
    case = a_case()
    with pytest.raises(ValueError, match="has no error code"):
        case.report("EPP_TLS_BAD_CIPHER", "x")


def test_a_critical_error_ends_a_case_and_the_same_is_told_once():
    case = a_case()
    case.step("one")
    case.report("EPP_SCHEMA_VALIDATION_ERROR", "x")
    case.report("EPP_SCHEMA_VALIDATION_ERROR", "x")
    case.step("two")
    case.report("EPP_SCHEMA_VALIDATION_ERROR", "x")
    with pytest.raises(Stop):
        case.report("EPP_LOGIN_ERROR", "y")
    assert case.result.codes == ["EPP_SCHEMA_VALIDATION_ERROR", "EPP_LOGIN_ERROR"]
    assert len(case.result.findings) == 3


def test_a_case_that_breaks_is_said_so():
    async def main():
        case = a_case()
        async with case.running():
            raise IndexError("nothing there")
        return case.result

    result = trio.run(main)
    assert result.verdict is Verdict.FAIL
    assert result.crash.startswith("IndexError: nothing there")


def test_cases_are_selected():
    assert select() == list(case_functions()) == list(catalogue())
    assert select(["idn"]) == ["idn-01", "idn-02"]
    assert select(["minimumRPMs", "epp-04"]) == ["epp-04", "minimumRPMs-01", "minimumRPMs-02", "minimumRPMs-03"]
    with pytest.raises(ConfigError, match="no such case"):
        select(["epp-4"])


# --------------------------------------------------------------------------------------------------------- reports


@pytest.fixture
def run():
    frames = (Frame(1, True, 0.1, "<epp>| &amp; ````</epp>"), Frame(1, False, 0.2, "<script>"))
    finding = Finding("EPP_LOGIN_ERROR", "a step", "a <detail> | more", frames)
    warning = Finding("EPP_MISSING_AAAA_RECORDS", "a step", "none")
    return RunResult(
        server="epp.test port 700",
        started="2026-01-01T00:00:00+00:00",
        seed=7,
        version="0.1.0",
        cases=[
            CaseResult("epp-01", "One", findings=[warning], steps=1),
            CaseResult("epp-02", "Two", findings=[finding], notes=["a note"]),
            CaseResult("epp-03", "Three", reason="not here"),
            CaseResult("epp-04", "Four"),
            CaseResult("epp-05", "Five", crash="KeyError: 'x'"),
        ],
    )


def test_verdicts(run):
    assert [case.verdict.value for case in run.cases] == ["warning", "fail", "skipped", "pass", "fail"]
    assert run.failed
    assert run.count(Verdict.FAIL) == 2


def test_json(run):
    data = json.loads(as_json(run))
    assert data["verdict"] == "fail"
    assert data["counts"] == {"pass": 1, "warning": 1, "fail": 2, "skipped": 1}
    found = data["cases"][1]["findings"][0]
    assert (found["code"], found["severity"]) == ("EPP_LOGIN_ERROR", "CRITICAL")
    assert [frame["direction"] for frame in found["frames"]] == ["sent", "received"]


def test_html_is_well_formed_and_escaped(run):
    text = as_html(run)
    root = etree.HTML(text, etree.HTMLParser(recover=False))
    assert [cell.text for cell in root.findall(".//td[@class='fail']")] == ["fail", "fail"]
    assert "<script" not in text
    assert root.findall(".//pre")[1].text == "<script>"


def test_markdown(run):
    lines = as_markdown(run).splitlines()
    assert "| epp-01 | One | warning | EPP_MISSING_AAAA_RECORDS | 1 | 0.00 s | 0 ms |" in lines
    assert "| epp-03 | Three | skipped | not here | 0 | 0.00 s | 0 ms |" in lines
    assert any("EPP_LOGIN_ERROR" in line and "CRITICAL" in line for line in lines)


def test_reports_are_written(run, tmp_path):
    for name, start in (("a.html", "<!doctype html>"), ("a.md", "# Registry"), ("a.json", "{")):
        write_report(run, tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    with pytest.raises(ConfigError, match="suffix"):
        write_report(run, tmp_path / "a.pdf")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_report(run, tmp_path / "no" / "a.md")


# ------------------------------------------------------------------------------------------------------ clearinghouse


def test_notice_identifiers():
    """The example of RFC 8334: its first eight digits are the checksum of the rest, the label and the end."""
    import zlib

    end = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    good, broken = (notice_id("Example-One", end, Values(1), broken=flag) for flag in (False, True))
    checksum = zlib.crc32(f"example-one{int(end.timestamp())}{good[8:]}".encode())
    assert good[:8] == f"{checksum:08x}"
    assert good[8:] == broken[8:]
    assert good[:8] != broken[:8]
    assert len(good) == 27


def test_label_lists(tmp_path):
    path = tmp_path / "dnl.csv"
    path.write_text("1,2026-01-01T00:00:00Z\nDNL,lookup-key,insertion-datetime\nOne,key/1,2026\ntwo,key/2,2026\n")
    assert read_labels(path) == {"one": "key/1", "two": "key/2"}
    path.write_text("DNL\none\n")
    with pytest.raises(ConfigError, match="no domain name label list"):
        read_labels(path)


SMD = (
    b'<smd:signedMark xmlns:smd="urn:ietf:params:xml:ns:signedMark-1.0" id="a"><m:mark '
    b'xmlns:m="urn:ietf:params:xml:ns:mark-1.0"><m:trademark><m:markName>One</m:markName><m:label>One</m:label>'
    b"<m:label>o-n-e</m:label></m:trademark></m:mark></smd:signedMark>"
)


@pytest.mark.parametrize(
    "data",
    [
        SMD,
        base64.b64encode(SMD),
        b"Marks: One\n-----BEGIN ENCODED SMD-----\n" + base64.encodebytes(SMD) + b"-----END ENCODED SMD-----\n",
    ],
    ids=["xml", "base64", "file"],
)
def test_signed_marks(tmp_path, data):
    path = tmp_path / "a.smd"
    path.write_bytes(data)
    mark = read_smd(path)
    assert mark.labels == ("one", "o-n-e")
    assert mark.xml == SMD
    assert base64.b64decode(mark.element().element.text) == SMD
    assert b"<m:markName>Not One" in mark.broken().xml


@pytest.mark.parametrize("data", [b"", b"<a/>", b"<a", b"!!!!", base64.b64encode(b"<a/>")])
def test_signed_marks_that_are_none(tmp_path, data):
    path = tmp_path / "a.smd"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match="is no signed mark"):
        read_smd(path)
