"""The cases find what is wrong: servers with one fault each, and the error code that must come of it."""

import functools
import random
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import trio
from rst_proxy import listen, parrot, proxy, server_context
from rst_rig import DATA, Model, needs_rows, passes, serving

from regwire.epp import HostInfoData, HostStatus, encode, ok, response
from regwire.testing.rst import run_cases, select

pytestmark = needs_rows


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("rst"), Model()) as rig:
        yield rig


@pytest.fixture(scope="module")
def attributes(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("rst"), Model(data="minimum", objects=False)) as rig:
        yield rig


def against(rig, talk, ids, tlds=None, **inputs):
    """Run cases against a server that talks so; their results by identifier."""

    async def main():
        async with trio.open_nursery() as nursery:
            port = await nursery.start(listen, talk, server_context(rig.folder))
            given = rig.inputs.overridden(**{"run_addresses": ("127.0.0.1",), "run_port": port, **inputs})
            given = given if tlds is None else replace(given, tlds=tlds)
            run = await run_cases(given, ids, data=DATA, seed=next(SEEDS))
            nursery.cancel_scope.cancel()
        return {case.id: case for case in run.cases}

    return trio.run(main)


SEEDS = iter(range(100, 10_000))


# ------------------------------------------------------------------------------------------- replies that are changed


def replaced(pattern, by, *, where="", count=0):
    """A change of every frame that `where` is found in."""

    def change(frame, command):
        if where and not re.search(where.encode(), frame):
            return frame
        return re.sub(pattern.encode(), by.encode(), frame, count=count, flags=re.DOTALL)

    return change


def code(to, where):
    """Another result code, in responses with that in them."""
    return replaced(r'<result code="\d+">', f'<result code="{to}">', where=where)


def answered(to, command_pattern):
    """Another result code for the commands with that in them."""

    def change(frame, command):
        if not re.search(command_pattern.encode(), command, re.DOTALL):
            return frame
        return re.sub(rb'<result code="\d+">', b'<result code="%d">' % to, frame)

    return change


def stale(command_pattern):
    """After such a command an info tells what it told before."""
    state = {"last": b"", "old": False}

    def change(frame, command):
        if b"infData" not in frame:
            state["old"] = bool(re.search(command_pattern.encode(), command, re.DOTALL))
            return frame
        if state["old"]:
            id = re.search(rb"<clTRID>.*?</clTRID>", frame)[0]
            return re.sub(rb"<clTRID>.*?</clTRID>", id, state["last"])
        state["last"] = frame
        return frame

    return change


NS = "urn:ietf:params:xml:ns:"
FAULTS = [
    ("epp-02", replaced("<svID>.*?</svID>", "<svID>   </svID>"), "EPP_GREETING_SVID_INVALID"),
    ("epp-02", replaced("<svID>.*?</svID>", "<svID/>"), "EPP_SCHEMA_VALIDATION_ERROR"),
    (
        "epp-02",
        replaced("<svDate>.*?</svDate>", "<svDate>2020-01-01T00:00:00Z</svDate>"),
        "EPP_GREETING_SVDATE_INVALID",
    ),
    ("epp-02", replaced("<version>", "<version>1.0</version><version>"), "EPP_GREETING_VERSION_INVALID"),
    ("epp-02", replaced("<lang>", "<lang>abcd</lang><lang>"), "EPP_GREETING_INVALID_LANG"),
    ("epp-02", replaced("<lang>en</lang>", "<lang>nl</lang>"), "EPP_GREETING_MISSING_EN_LANG"),
    ("epp-02", replaced(f"<objURI>{NS}host-1.0</objURI>", ""), "EPP_GREETING_MISSING_OBJURI"),
    ("epp-02", replaced(f"<objURI>{NS}contact-1.0</objURI>", ""), "EPP_GREETING_MISSING_OBJURI"),
    ("epp-02", replaced(f"{NS}contact-1.0", "urn:x:contact-9"), "EPP_GREETING_UNEXPECTED_OBJURI"),
    ("epp-02", replaced(f"<extURI>{NS}rgp-1.0</extURI>", ""), "EPP_GREETING_MISSING_EXTURI"),
    ("epp-02", replaced(f"{NS}rgp-1.0", "urn:x:rgp-9"), "EPP_GREETING_UNEXPECTED_EXTURI"),
    ("epp-02", replaced(f"<extURI>{NS}epp:loginSec-1.0</extURI>", ""), "EPP_GREETING_RECOMMENDED_EXTENSION_MISSING"),
    ("epp-02", lambda frame, command: b"<epp", "EPP_XML_PARSE_ERROR"),
    ("epp-02", lambda frame, command: None, "EPP_NO_GREETING_RECEIVED"),
    ("epp-03", code(1000, 'code="2200"'), "EPP_LOGIN_UNEXPECTEDLY_SUCCEEDED"),
    ("epp-03", code(2200, 'code="1000"'), "EPP_LOGIN_UNEXPECTEDLY_FAILED"),
    ("epp-04", replaced('avail="1"', 'avail="0"'), "EPP_DOMAIN_CHECK_VALID_DOMAIN_INCORRECT_AVAIL"),
    ("epp-04", replaced('avail="0"', 'avail="1"'), "EPP_DOMAIN_CHECK_REGISTERED_DOMAIN_INCORRECT_AVAIL"),
    ("epp-04", code(2303, 'avail="0"|code="200'), "EPP_DOMAIN_CHECK_INVALID_DOMAIN_INCORRECT_AVAIL"),
    ("epp-04", replaced('code="1000"', 'code="1999"', where="chkData"), "EPP_SCHEMA_VALIDATION_ERROR"),
    ("epp-04", replaced("<trID>", "<<trID>", where="chkData"), "EPP_XML_PARSE_ERROR"),
    ("epp-04", code(2400, "chkData"), "EPP_GENERIC_COMMAND_ERROR"),
    ("epp-04", replaced("<clTRID>", "<clTRID>x", where="chkData"), "EPP_UNEXPECTED_COMMAND_FAILURE"),
    ("epp-04", lambda frame, command: None if b"chkData" in frame else frame, "EPP_UNEXPECTED_COMMAND_FAILURE"),
    ("epp-04", code(2200, 'code="1000"'), "EPP_LOGIN_ERROR"),
    ("epp-05", replaced('avail="1"', 'avail="0"'), "EPP_HOST_CHECK_VALID_HOST_INCORRECT_AVAIL"),
    ("epp-05", replaced('avail="0"', 'avail="1"'), "EPP_HOST_CHECK_REGISTERED_HOST_INCORRECT_AVAIL"),
    ("epp-05", code(2303, 'avail="0"|code="200'), "EPP_HOST_CHECK_INVALID_HOST_INCORRECT_AVAIL"),
    ("epp-06", replaced('avail="1"', 'avail="0"'), "EPP_CONTACT_CHECK_VALID_CONTACT_ID_INCORRECT_AVAIL"),
    ("epp-06", replaced('avail="0"', 'avail="1"'), "EPP_CONTACT_CHECK_REGISTERED_CONTACT_ID_INCORRECT_AVAIL"),
    ("epp-06", code(2303, 'code="200'), "EPP_CONTACT_CHECK_INVALID_CONTACT_ID_INCORRECT_AVAIL"),
    ("epp-08", code(1000, 'code="2201"'), "EPP_CONTACT_INFO_RESPONSE_NOT_REJECTED"),
    ("epp-08", code(1000, 'code="2201"'), "EPP_CONTACT_UPDATE_RESPONSE_NOT_REJECTED"),
    ("epp-10", code(1000, 'code="2303"'), "EPP_CONTACT_DELETE_OBJECT_STILL_EXISTS"),
    ("epp-11", replaced("208.77.190.196", "208.77.190.1"), "EPP_HOST_CREATE_INFO_RESPONSE_MISSING_OBJECT_PROPERTIES"),
    ("epp-12", code(1000, 'code="2201"'), "EPP_HOST_UPDATE_AUTHZ_ERROR"),
    ("epp-12", code(2306, 'code="2201"'), "EPP_HOST_UPDATE_AUTHZ_ERROR"),
    ("epp-13", replaced("clientUpdateProhibited", "ok"), "EPP_HOST_UPDATE_INFO_RESPONSE_MISSING_OBJECT_PROPERTIES"),
    ("epp-14", replaced("-RWIRE", "-OTHER"), "EPP_DOMAIN_CREATE_INFO_RESPONSE_INVALID_ROID"),
    (
        "epp-14",
        replaced("<domain:exDate>20", "<domain:exDate>21"),
        "EPP_DOMAIN_CREATE_INFO_RESPONSE_MISSING_OBJECT_PROPERTIES",
    ),
    (
        "epp-14",
        replaced("<secDNS:keyTag>.*?<", "<secDNS:keyTag>0<"),
        "EPP_DOMAIN_CREATE_INFO_RESPONSE_MISSING_OBJECT_PROPERTIES",
    ),
    (
        "epp-14",
        replaced("<domain:crID>.*?<", "<domain:crID>other<"),
        "EPP_DOMAIN_CREATE_INFO_RESPONSE_MISSING_OBJECT_PROPERTIES",
    ),
    ("epp-15", code(1000, 'code="2305"'), "EPP_INTEGRITY_SERVER_ACCEPTS_DELETE_FOR_LINKED_CONTACT_OBJECT"),
    ("epp-15", code(1000, 'code="2305"'), "EPP_INTEGRITY_SERVER_ACCEPTS_DELETE_FOR_LINKED_HOST_OBJECT"),
    ("epp-16", replaced("clientHold", "serverHold"), "EPP_DOMAIN_UPDATE_INFO_RESPONSE_MISSING_STATUS_CODE"),
    (
        "epp-16",
        replaced('s="ok"', 's="clientTransferProhibited"'),
        "EPP_DOMAIN_UPDATE_INFO_RESPONSE_UNEXPECTED_STATUS_CODE",
    ),
    ("epp-16", replaced("ns1.epp-16", "ns0.epp-16"), "EPP_DOMAIN_UPDATE_INFO_RESPONSE_MISSING_HOST_OBJECT"),
    (
        "epp-16",
        replaced("<domain:registrant>.*?</domain:registrant>", ""),
        "EPP_DOMAIN_UPDATE_INFO_RESPONSE_MISSING_REGISTRANT",
    ),
    (
        "epp-16",
        replaced("<domain:registrant>.*?<", "<domain:registrant>taken-1<"),
        "EPP_DOMAIN_UPDATE_INFO_RESPONSE_UNEXPECTED_REGISTRANT",
    ),
    (
        "epp-16",
        replaced("<secDNS:keyTag>.*?<", "<secDNS:keyTag>0<"),
        "EPP_DOMAIN_UPDATE_INFO_RESPONSE_MISSING_DNSSEC_DATA",
    ),
    (
        "epp-18",
        replaced("<domain:exDate>20", "<domain:exDate>21", where="renewPeriod"),
        "EPP_RENEW_INFO_RESPONSE_UNEXPECTED_EXPIRY_DATE",
    ),
    ("epp-18", replaced("renewPeriod", "addPeriod"), "EPP_RENEW_INFO_RESPONSE_MISSING_OR_INVALID_RGP_STATUS"),
    ("epp-19", replaced("pendingTransfer", "clientHold"), "EPP_TRANSFER_INFO_RESPONSE_MISSING_OR_INVALID_STATUS_CODE"),
    ("epp-19", replaced("<domain:clID>rst-02", "<domain:clID>rst-01"), "EPP_TRANSFER_NOT_PROCESSED"),
    ("epp-19", replaced("transferPeriod", "addPeriod"), "EPP_TRANSFER_INFO_RESPONSE_MISSING_OR_INVALID_RGP_STATUS"),
    (
        "epp-19",
        replaced("<domain:exDate>20", "<domain:exDate>21", where="transferPeriod"),
        "EPP_TRANSFER_INFO_RESPONSE_UNEXPECTED_EXPIRY_DATE",
    ),
    ("epp-19", code(2304, 'code="1001"'), "EPP_DOMAIN_TRANSFER_REQUEST_FAILED"),
    (
        "epp-20",
        replaced("<domain:clID>rst-01", "<domain:clID>rst-02"),
        "EPP_TRANSFER_SERVER_PROCESSED_REJECTED_TRANSFER",
    ),
    ("epp-21", code(1000, 'code="2303"'), "EPP_DOMAIN_DELETE_INFO_RESPONSE_OBJECT_STILL_EXISTS"),
    ("epp-23", code(1000, 'code="2305"'), "EPP_HOST_RENAME_SERVER_INCORRECTLY_ACCEPTS_RENAME"),
    ("epp-23", code(2306, 'code="2305"'), "EPP_HOST_RENAME_SERVER_INCORRECTLY_ACCEPTS_RENAME"),
    ("epp-24", code(1000, 'code="2303"'), "EPP_HOST_DELETE_INFO_RESPONSE_OBJECT_STILL_EXISTS"),
    ("epp-10", answered(2305, "<delete>"), "EPP_CONTACT_DELETE_RESPONSE_NOT_1000_OR_1001"),
    ("epp-14", answered(1000, "ns1.none-"), "EPP_DOMAIN_CREATE_SERVER_ACCEPTS_NON_EXISTENT_HOST_OBJECT"),
    ("epp-14", answered(1000, "-ns.rst-"), "EPP_DOMAIN_CREATE_SERVER_ACCEPTS_INVALID_HOST_OBJECT"),
    ("epp-14", answered(1000, "abcdef"), "EPP_DOMAIN_CREATE_SERVER_ACCEPTS_AUTHINFO"),
    ("epp-16", stale("<rem>.*keyTag"), "EPP_DOMAIN_UPDATE_INFO_RESPONSE_UNEXPECTED_DNSSEC_DATA"),
    ("epp-16", stale("<rem><ns>"), "EPP_DOMAIN_UPDATE_INFO_RESPONSE_UNEXPECTED_HOST_OBJECT"),
    ("epp-16", answered(1000, "<chg><registrant"), "EPP_DOMAIN_UPDATE_SERVER_ACCEPTS_NON_EXISTENT_CONTACT_OBJECT"),
    ("epp-16", answered(1000, "hostAttr"), "EPP_DOMAIN_UPDATE_SERVER_INCORRECTLY_ACCEPTS_HOST_ATTRIBUTES"),
    ("epp-18", answered(1000, "<renew"), "EPP_RENEW_SERVER_ACCEPTS_INVALID_PERIOD"),
    ("epp-18", answered(1000, "<renew"), "EPP_RENEW_SERVER_ACCEPTS_INVALID_CURRENT_EXPIRY_DATE"),
    ("epp-19", answered(1000, "<info>.*authInfo"), "EPP_TRANSFER_INFO_RESPONSE_AUTHINFO_NOT_RESET"),
    ("epp-19", answered(1000, "<transfer"), "EPP_TRANSFER_SERVER_ACCEPTS_INCORRECT_AUTHINFO"),
    ("epp-19", answered(1000, "<transfer"), "EPP_TRANSFER_SERVER_ACCEPTS_INVALID_PERIOD"),
    ("epp-19", answered(1000, "abcdef"), "EPP_TRANSFER_SERVER_ACCEPTS_INSECURE_AUTHINFO"),
    ("epp-19", answered(2202, "<update>"), "EPP_TRANSFER_SERVER_REJECTS_SECURE_AUTHINFO"),
    ("epp-24", answered(2305, "<delete>"), "EPP_HOST_DELETE_RESPONSE_NOT_1000_OR_1001"),
]


@pytest.mark.parametrize(("id", "change", "expected"), FAULTS, ids=[f"{f[0]} {f[2]} {n}" for n, f in enumerate(FAULTS)])
def test_a_fault_is_found(rig, id, change, expected):
    port = rig.inputs["run.port"]
    result = against(rig, proxy(rig.folder, port, change), [id], run_statusTimeout=0.5)[id]
    assert expected in result.codes, (result.codes, [f"{f.step}: {f.detail}" for f in result.findings])


def first(element, name, by):
    """Another text of the first element of that name in data of that name."""
    return replaced(rf"(<{element}[ >].*?<{name}>).*?<", rf"\g<1>{by}<")


CONTRADICTIONS = [
    ("epp-14", first("domain:creData", "domain:name", "other.example"), "tells of other.example, not of"),
    ("epp-14", replaced("(creData.*?<domain:exDate>)20", r"\g<1>21"), "it expires at 21"),
    ("epp-16", first("domain:infData", "domain:name", "other.example"), "tells of other.example, not of"),
    ("epp-18", replaced("(renData.*?<domain:exDate>)20", r"\g<1>21"), "it expires at 21"),
    ("epp-18", first("domain:renData", "domain:name", "other.example"), "tells of other.example, not of"),
    ("epp-19", first("domain:trnData", "domain:name", "other.example"), "tells of other.example, not of"),
    ("epp-19", first("domain:trnData", "domain:trStatus", "serverApproved"), "1001 with trStatus serverApproved"),
    ("epp-19", first("domain:trnData", "domain:reID", "someone"), "reID is someone, the request was made by"),
    ("epp-20", replaced("clientRejected", "clientApproved"), "trStatus is clientApproved after reject"),
    ("epp-11", first("host:creData", "host:name", "ns.other.example"), "tells of ns.other.example, not of"),
    ("epp-07", first("contact:creData", "contact:id", "another"), "tells of another, not of"),
    ("epp-04", replaced("<svTRID>.*?<", "<svTRID>SAME-1<"), "SAME-1 was another reply's already"),
]


@pytest.mark.parametrize(("id", "change", "why"), CONTRADICTIONS, ids=[f"{c[0]} {c[2]}" for c in CONTRADICTIONS])
def test_a_reply_that_does_not_fit_its_command_is_found(rig, id, change, why):
    talk = proxy(rig.folder, rig.inputs["run.port"], change)
    result = against(rig, talk, [id], run_statusTimeout=0.5)[id]
    assert [f.code for f in result.findings if why in f.detail][:1] == ["EPP_UNEXPECTED_COMMAND_FAILURE"]


CONTACT_PARTS = {
    "CC": ("<contact:cc>..<", "<contact:cc>XK<"),
    "CITY": ("<contact:city>.*?<", "<contact:city>Nowhere<"),
    "EMAIL": ("<contact:email>.*?<", "<contact:email>no@body.example<"),
    "ID": ("<contact:infData(.*?)<contact:id>.*?<", r"<contact:infData\1<contact:id>another<"),
    "NAME": ("<contact:name>.*?<", "<contact:name>Nobody<"),
    "ORG": ("<contact:org>.*?</contact:org>", ""),
    "PC": ("<contact:pc>.*?</contact:pc>", ""),
    "POSTALINFO_TYPE": ('type="(int|loc)"', 'type="int"'),
    "SP": ("<contact:sp>.*?</contact:sp>", ""),
    "STREET": ("<contact:street>.*?</contact:street>", ""),
    "VOICE": ("<contact:voice.*?</contact:voice>", ""),
    "VOICE_EXT": ("<contact:voice x=.*?>", "<contact:voice>"),
    "FAX": ("<contact:fax.*?</contact:fax>", ""),
    "FAX_EXT": ("<contact:fax x=.*?>", "<contact:fax>"),
}


@pytest.mark.parametrize("part", CONTACT_PARTS)
@pytest.mark.parametrize(("id", "verb"), [("epp-07", "CREATE"), ("epp-09", "UPDATE")])
def test_a_part_of_a_contact_that_was_not_stored_is_found(rig, id, verb, part):
    pattern, by = CONTACT_PARTS[part]
    talk = proxy(rig.folder, rig.inputs["run.port"], replaced(pattern, by))
    kinds = "loc" if part == "POSTALINFO_TYPE" else "int"
    result = against(rig, talk, [id], epp_supportedContactPostalInfoTypes=kinds)[id]
    assert f"EPP_CONTACT_{verb}_INFO_RESPONSE_MISSING_OR_INCORRECT_{part}" in result.codes


def test_a_contact_status_that_was_not_stored_is_found(rig):
    talk = proxy(rig.folder, rig.inputs["run.port"], replaced("clientUpdateProhibited", "ok"))
    assert (
        "EPP_CONTACT_UPDATE_INFO_RESPONSE_MISSING_OR_INCORRECT_STATUS" in against(rig, talk, ["epp-09"])["epp-09"].codes
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (stale("<rem><ns>"), "EPP_DOMAIN_UPDATE_INFO_RESPONSE_UNEXPECTED_HOST_ATTRIBUTE"),
        (answered(1000, "hostObj"), "EPP_DOMAIN_UPDATE_SERVER_INCORRECTLY_ACCEPTS_HOST_OBJECTS"),
        (
            replaced("<domain:hostName>ns1.epp-16", "<domain:hostName>ns0.epp-16"),
            "EPP_DOMAIN_UPDATE_INFO_RESPONSE_MISSING_HOST_ATTRIBUTE",
        ),
        (replaced("208.77.190.196", "208.77.190.1"), "EPP_DOMAIN_UPDATE_INFO_RESPONSE_MISSING_HOST_ATTRIBUTE"),
    ],
)
def test_a_fault_of_attributes_is_found(attributes, change, expected):
    talk = proxy(attributes.folder, attributes.inputs["run.port"], change)
    assert expected in against(attributes, talk, ["epp-16"])["epp-16"].codes


def test_a_delete_that_leaves_no_trace_is_found(rig):
    """1001, and the domain is as it was."""
    state = {"after": 0}

    def change(frame, command):
        if b"domain:creData" in frame:
            state["after"] = 1
        elif state["after"] == 1:
            state["after"] = 2
            return frame.replace(b'code="1000"', b'code="1001"')
        elif b'code="2303"' in frame:
            return frame.replace(b'code="2303"', b'code="1000"')
        return frame

    result = against(rig, proxy(rig.folder, rig.inputs["run.port"], change), ["epp-21"])["epp-21"]
    assert result.codes == ["EPP_DOMAIN_DELETE_INFO_RESPONSE_OBJECT_NOT_PENDING_DELETE"]


def test_an_unchanged_server_passes(rig):
    """The proxy itself adds no fault."""
    talk = proxy(rig.folder, rig.inputs["run.port"], lambda frame, command: frame)
    for result in against(rig, talk, ["epp-03", "epp-07", "epp-14", "epp-19"]).values():
        passes(result)


def test_service_ports_that_differ_are_found(rig):
    """The second session tells of another sponsor."""
    seen = []

    def change(frame, command):
        if b"<greeting>" in frame:
            seen.append(frame)
        return frame.replace(b"<domain:clID>rst-01", b"<domain:clID>other") if len(seen) > 2 else frame

    talk = proxy(rig.folder, rig.inputs["run.port"], change)
    result = against(rig, talk, ["epp-17"], run_addresses=("127.0.0.1", "::ffff:127.0.0.1"))["epp-17"]
    assert result.codes == ["EPP_SERVICE_PORT_NOT_CONSISTENT"]


# ------------------------------------------------------------------------------------------ servers of one code


def now():
    return datetime.now(UTC).isoformat()


def bad_rows(*names):
    from regwire.testing.rst.rows import load_tables

    tables = load_tables(DATA)
    return {row.code for name in names for row in tables[name].rows if not row.passes}


YES = {
    "epp-03": {"EPP_LOGIN_UNEXPECTEDLY_SUCCEEDED"},
    "epp-07": bad_rows("epp-07-data") | {"EPP_CONTACT_CREATE_INFO_RESPONSE_NOT_1000"},
    "epp-08": {"EPP_CONTACT_INFO_RESPONSE_NOT_REJECTED", "EPP_CONTACT_UPDATE_RESPONSE_NOT_REJECTED"},
    "epp-09": bad_rows("epp-09-postalinfo-data", "epp-09-other-data", "epp-09-status-data")
    | {"EPP_CONTACT_UPDATE_INFO_RESPONSE_NOT_1000"},
    "epp-10": {"EPP_CONTACT_DELETE_OBJECT_STILL_EXISTS"},
    "epp-11": bad_rows("epp-11-data") | {"EPP_HOST_CREATE_INFO_RESPONSE_OBJECT_DOES_NOT_EXIST"},
    "epp-12": {"EPP_HOST_UPDATE_AUTHZ_ERROR"},
    "epp-13": bad_rows("epp-13-status-data", "epp-13-addr-data")
    | {"EPP_HOST_UPDATE_INFO_RESPONSE_OBJECT_DOES_NOT_EXIST"},
    "epp-23": bad_rows("epp-23-data")
    | {"EPP_HOST_RENAME_OBJECT_NOT_RENAMED", "EPP_HOST_RENAME_SERVER_INCORRECTLY_ACCEPTS_RENAME"},
    "epp-24": {"EPP_HOST_DELETE_INFO_RESPONSE_OBJECT_STILL_EXISTS"},
    "epp-26": {"EPP_SERVER_ACCEPTS_INTERNAL_HOST_WITH_GLUE"},
    "epp-27": {"EPP_SERVER_ALLOWS_DELEGATION_TO_GLUELESS_HOST"},
    "idn-02": {"IDN_IDNONLY_TLD_ACCEPTS_ASCII_DOMAIN"},
    "idn-01": {"IDN_SERVER_ACCEPTS_INVALID_LABEL", "IDN_VARIANT_LABEL_NOT_BLOCKED"},
}


@pytest.mark.parametrize("id", YES)
def test_a_server_that_accepts_everything(rig, id):
    result = against(rig, parrot(now(), 1000), [id])[id]
    assert set(result.codes) == YES[id]


def test_a_server_that_accepts_every_domain(rig):
    found = against(rig, parrot(now(), 1000), ["epp-14", "epp-25"])
    objects_only = {
        code for code in bad_rows("epp-14-data") if "HOST_ATTRIBUTES_WITH" not in code and "DNSSEC" not in code
    }
    assert objects_only <= set(found["epp-14"].codes)
    assert "EPP_DOMAIN_CREATE_SERVER_INCORRECTLY_ACCEPTS_HOST_ATTRIBUTES" in found["epp-14"].codes
    assert "EPP_DOMAIN_CREATE_SERVER_ACCEPTS_NO_REGISTRANT_FOR_THICK_REGISTRY" in found["epp-14"].codes
    assert found["epp-25"].codes[0] == "EPP_UNEXPECTED_HOST_CREATE_SUCCESS"


def test_a_server_that_accepts_every_attribute(attributes):
    found = against(attributes, parrot(now(), 1000), ["epp-14", "epp-16"])
    keys_only = {code for code in bad_rows("epp-14-data") if "REGISTRANT" not in code and "HOST_OBJECT" not in code}
    assert keys_only <= set(found["epp-14"].codes)
    assert "EPP_DOMAIN_CREATE_SERVER_INCORRECTLY_ACCEPTS_HOST_OBJECTS" in found["epp-14"].codes
    assert "EPP_DOMAIN_CREATE_SERVER_ACCEPTS_REGISTRANT_FOR_THIN_REGISTRY" in found["epp-14"].codes
    wanted = {
        code
        for code in bad_rows("epp-16-status-data", "epp-16-ns-data", "epp-16-dnssec-data")
        if "HOST_OBJECT" not in code
    }
    assert wanted <= set(found["epp-16"].codes)


@pytest.mark.parametrize("id", [id for id in select() if id not in {"epp-01", "epp-02", "epp-03"}])
def test_a_server_that_refuses_everything_fails_every_case(rig, id):
    result = against(rig, parrot(now(), 2306), [id])[id]
    if result.reason or id == "idn-02":
        # Without a domain of its own nothing can be refused wrongly: idn-02 needs contacts first, which fail.
        assert result.reason or result.codes == ["EPP_UNEXPECTED_COMMAND_FAILURE"]
        return
    assert result.codes, "refused everything, and passed"


def test_a_server_that_fails_every_command(rig):
    result = against(rig, parrot(now(), 2400), ["epp-04"])["epp-04"]
    assert "EPP_GENERIC_COMMAND_ERROR" in result.codes


def test_frames_of_a_finding_hide_every_secret(rig):
    run = functools.partial(against, rig, parrot(now(), 1000), ["epp-03", "epp-14", "epp-19"])
    shown = [frame.text for result in run().values() for finding in result.findings for frame in finding.frames]
    assert shown
    passwords = re.findall(r"<(?:\w+:)?pw>(.*?)<", "".join(shown))
    assert passwords
    assert set(passwords) <= {"***", ""}
    assert not any(secret in text for text in shown for secret in rig.inputs.secrets)


def variants_for_the_same(rig):
    """The inputs' zones, as if variants could be had by the same registrant."""
    return tuple(replace(tld, variant_policy="same-registrant") for tld in rig.inputs.tlds)


def test_variants_that_are_given_to_others(rig):
    result = against(rig, parrot(now(), 1000), ["idn-01"], tlds=variants_for_the_same(rig))["idn-01"]
    assert {code for code in result.codes if "VARIANT" in code} == {
        "IDN_VARIANT_SERVER_ACCEPTS_VARIANT_CREATE_FROM_INCORRECT_REGISTRAR",
        "IDN_VARIANT_SERVER_ACCEPTS_VARIANT_CREATE_WITH_INCORRECT_REGISTRANT",
    }


def test_variants_that_nobody_gets(rig, attributes):
    """Both registries block all variants."""
    for one, end in ((rig, "WITH_SAME_REGISTRANT"), (attributes, "FROM_SAME_REGISTRAR")):
        talk = proxy(one.folder, one.inputs["run.port"], lambda frame, command: frame)
        result = against(one, talk, ["idn-01"], tlds=variants_for_the_same(one))["idn-01"]
        assert result.codes == [f"IDN_VARIANT_SERVER_REJECTS_VARIANT_CREATE_{end}"]


def test_labels_that_are_refused(attributes):
    assert against(attributes, parrot(now(), 2306), ["idn-01"])["idn-01"].codes == ["IDN_SERVER_REJECTS_VALID_LABEL"]


@pytest.mark.parametrize(
    "text", ["<extension", "<other/>", "<extension/>", "<extension><a xmlns='urn:x'/></extension>"]
)
def test_an_extension_of_the_inputs_that_is_none(attributes, text):
    talk = parrot(now(), 1000)
    result = against(attributes, talk, ["epp-04"], epp_loginExtension=text)["epp-04"]
    assert result.codes == ["EPP_INVALID_EXTENSION"]
    result = against(attributes, talk, ["idn-01"], idn_domainCreateExtension=text)["idn-01"]
    assert result.codes == ["EPP_INVALID_IDN_EXTENSION"]


def test_a_host_that_goes_to_the_wrong_registrar(rig):
    """The server takes a host without address below another's domain, and gives it to the one who asked."""
    count = iter(range(100))

    def created(name):
        ids = {"cl_id": "rst-02", "cr_id": "rst-02"}
        return HostInfoData(name, "H1-X", (HostStatus("ok"),), **ids, cr_date=datetime.now(UTC))

    def change(frame, command):
        if b"ns2.rst-" not in command or b"domain-1.0" in command:
            return frame
        id = re.search(rb"<clTRID>(.*?)</clTRID>", command)[1].decode()
        name = re.search(rb"ns2\.rst-[^<]*", command)[0].decode()
        return encode(response(ok(created(name)) if b"<info>" in command else ok(), f"sv-{next(count)}", id))

    result = against(rig, proxy(rig.folder, rig.inputs["run.port"], change), ["epp-25"])["epp-25"]
    assert result.codes == ["EPP_HOST_CREATE_INCORRECT_CLID"]


@pytest.mark.parametrize("id", select())
def test_a_server_without_data_breaks_no_case(rig, id):
    if id != "epp-01":
        assert not against(rig, parrot(now(), 1000), [id])[id].crash


@pytest.mark.parametrize("seed", range(4))
def test_replies_that_lack_something_break_no_case(rig, seed):
    """One element without children, of each answer that has any, is gone."""
    chance = random.Random(seed)

    def change(frame, command):
        leaves = [*re.finditer(rb"<([\w:]+)( [^<>]*)?>[^<]*</\1>", frame)]
        if b"<greeting>" in frame or b"<login>" in command or not leaves:
            return frame
        gone = chance.choice(leaves)
        return frame[: gone.start()] + frame[gone.end() :]

    ids = [id for id in select(["epp"]) if id not in {"epp-01", "epp-02", "epp-03"}]
    found = against(rig, proxy(rig.folder, rig.inputs["run.port"], change), ids, run_statusTimeout=0.2)
    assert not [f"{id}: {result.crash}" for id, result in found.items() if result.crash]
    assert all(result.codes for id, result in found.items() if not result.reason)
