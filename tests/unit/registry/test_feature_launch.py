"""launch-1.0 (RFC 8334) in the registry: phases, sunrise, claims."""

import datetime as dt
import threading

import pytest
from clearinghouse import Authority, Clearinghouse, encoded, notice_id, write_labels
from launch_world import GONE, HOUSE, KEY, REVOKED, SETTINGS, create, launch_test, notice, phase, write_files
from registry_world import START, A, B

from regwire.epp import requests
from regwire.epp.ext import launch as x
from regwire.epp.messages import domain as d
from regwire.errors import ConfigError
from regwire.registry.config import parse_config
from regwire.registry.fronts.epp.ext import announced
from regwire.registry.launch import marks, refresh
from regwire.registry.model.launch import LaunchGiven, LaunchRecord, Phase, SubmittedMark
from regwire.registry.model.requests import CreateDomain
from regwire.schema import Raw

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
LABEL = "test-validate"


def sunrise(*marks, **more):
    return x.LaunchCreate(phase("sunrise"), signed_marks=tuple(map(Raw, marks)), **more)


def claims(*notices, name=None):
    return x.LaunchCreate(phase("claims", name), notices=notices)


def noticed(label=LABEL, ends=START + 2 * DAY, accepted=START - HOUR, **more):
    return notice(notice_id(label, ends), ends, accepted, **more)


def claims_check(*names, type="claims", **more):
    more = more or {"phase": phase("claims")}
    return requests.check_domain(list(names), extension=[x.LaunchCheck(type=type, **more)])


def items(response):
    (data,) = response.extension
    assert not response.res_data
    return {item.name.name: (item.name.exists, [key.value for key in item.claim_keys]) for item in data.items}


# --- section 3.1: check


@launch_test
async def test_rfc_8334_section_3_1_1_claims_check_form(front):
    response = await front.ask(A, claims_check(f"{LABEL}.claims", "other.claims", f"{LABEL}.plain", "x.nowhere"))
    assert response.results[0].code == 1000
    assert items(response) == {
        f"{LABEL}.claims": (True, [KEY]),
        "other.claims": (False, []),
        f"{LABEL}.plain": (False, []),
        "x.nowhere": (False, []),
    }
    assert response.extension[0].phase == phase("claims")


@launch_test
async def test_rfc_8334_section_3_1_1_no_notice_is_needed_in_sunrise(front):
    response = await front.ask(A, claims_check(f"{LABEL}.sunrise", phase=phase("sunrise")))
    assert items(response) == {f"{LABEL}.sunrise": (False, [])}


@launch_test
async def test_rfc_8334_section_3_1_3_trademark_check_form(front):
    response = await front.ask(
        A, claims_check(f"{LABEL}.later", "listed.later", "no.later", type="trademark", phase=None)
    )
    assert items(response) == {f"{LABEL}.later": (True, [KEY]), "listed.later": (True, []), "no.later": (False, [])}
    assert response.extension[0].phase is None


@launch_test
async def test_rfc_8334_section_3_1_2_availability_check_form(front):
    asked = claims_check("a.later", "b.claims", type="avail", phase=phase("landrush"))
    assert await front.code(A, asked) == 2306
    front.clock.advance(40 * DAY)
    response = await front.ask(A, asked)
    assert not response.extension
    found = {item.name.name: (item.name.avail, item.reason and item.reason.text) for item in response.res_data[0].items}
    assert found == {"a.later": (True, None), "b.claims": (False, "Not in this launch phase")}


@launch_test
async def test_rfc_8334_section_3_1_what_a_check_must_say(front):
    assert await front.code(A, claims_check("a.claims", phase=None)) == 2003
    assert await front.code(A, claims_check("a.claims", type="avail", phase=None)) == 2003
    assert await front.code(A, claims_check("a.claims", phase=phase("landrush"))) == 2306
    # Announced, but no form of it is supported where there are no phases; nor where there is no zone.
    for type in ("claims", "avail", "trademark"):
        assert await front.code(A, claims_check("a.plain", type=type)) == 2307
        assert await front.code(A, claims_check("a.nowhere", type=type)) == 2307


@launch_test
async def test_a_check_without_extension(front):
    response = await front.ask(A, requests.check_domain(["a.later", "a.sunrise", "a.plain"]))
    found = {item.name.name: item.name.avail for item in response.res_data[0].items}
    assert found == {"a.later": False, "a.sunrise": True, "a.plain": True}


def test_rfc_8334_section_3_1_a_form_that_is_not_supported(tmp_path):
    without = SETTINGS.replace('labels = "dnl.csv"', "").replace('sunrise = "surl.csv"', "")

    @launch_test
    async def run(front):
        assert await front.code(A, claims_check("a.claims")) == 2307
        assert await front.code(A, claims_check("a.claims", type="trademark", phase=None)) == 2307

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("launch_world.SETTINGS", without)
        run()


# --- section 2.3: phases


@launch_test
async def test_rfc_8334_section_2_3_phases_by_the_registrys_clock(front):
    landrush = x.LaunchCreate(phase("landrush"))
    assert await front.code(A, create("a.later")) == 2306
    assert await front.code(A, create("a.later", landrush)) == 2306
    front.clock.move_to(dt.datetime(2025, 4, 1, tzinfo=dt.UTC))
    assert await front.code(A, create("a.later", x.LaunchCreate(phase("sunrise")))) == 2306
    assert await front.code(A, create("a.later", x.LaunchCreate(phase("landrush"), type="application"))) == 2306
    assert await front.code(A, create("a.later", x.LaunchCreate(phase("landrush"), type="registration"))) == 1000
    assert await front.code(A, create("b.later")) == 1000
    assert await front.code(A, create("listed.later", landrush)) == 2003
    assert await front.code(A, create("listed.later")) == 2003
    front.clock.move_to(dt.datetime(2025, 5, 1, tzinfo=dt.UTC))
    assert await front.code(A, create("c.later", landrush)) == 2306
    assert await front.code(A, create("listed.later")) == 1000
    assert await front.code(A, create("c.later", x.LaunchCreate(phase("open")))) == 1000


@launch_test
async def test_rfc_8334_section_2_3_sub_phases(front):
    assert await front.code(A, create("a.claims", claims(name="landrush"))) == 2306
    assert await front.code(A, create("a.claims", claims(name="open"))) == 1000
    assert await front.code(A, create("b.claims", claims())) == 1000


@launch_test
async def test_a_zone_without_phases_takes_no_extension(front):
    assert await front.code(A, create("a.plain", claims())) == 2103
    assert await front.code(A, create("a.plain")) == 1000


# --- section 3.3.1: sunrise


@launch_test
async def test_rfc_8334_section_3_3_1_sunrise_create(front):
    for number, mark in enumerate((HOUSE.signed("one", "two"), encoded(HOUSE.signed("one", "two")))):
        name = ("one.sunrise", "two.sunrise")[number]
        response = await front.ask(A, create(name, sunrise(mark)))
        assert response.results[0].code == 1000
        assert not response.extension, "section 3.3.5: only applications have creData"
    assert await front.code(B, create("one.sunrise", sunrise(HOUSE.signed("one")))) == 2302


@launch_test
async def test_rfc_8334_section_3_2_info_tells_the_phase_and_the_mark(front):
    assert await front.code(A, create("one.sunrise", sunrise(encoded(HOUSE.signed("one"))))) == 1000

    async def told(account, name="sunrise", include=True):
        asked = x.LaunchInfo(phase(name), include_mark=include)
        return await front.ask(account, requests.info_domain("one.sunrise", extension=[asked]))

    (data,) = (item for item in (await told(A)).extension if isinstance(item, x.LaunchInfoData))
    assert (data.phase, data.application_id, data.status) == (phase("sunrise"), None, None)
    (mark,) = data.marks
    assert mark.tag == "mark"
    assert b"Test &amp; Validate" in mark.xml
    (data,) = (item for item in (await told(A, include=False)).extension if isinstance(item, x.LaunchInfoData))
    assert not data.marks
    (data,) = (item for item in (await told(B)).extension if isinstance(item, x.LaunchInfoData))
    assert not data.marks, "others do not see whose mark it is"
    assert (await told(A, "claims")).results[0].code == 2306
    assert await front.code(A, requests.info_domain("one.sunrise")) == 1000


BAD_MARKS = {
    "none": ((), 2003),
    "another label": ((HOUSE.signed("other"),), 2306),
    "altered": ((HOUSE.signed("one").replace(b"guitar", b"lute"),), 2306),
    "another anchor": ((Clearinghouse(Authority()).signed("one"),), 2306),
    "expired": ((HOUSE.signed("one", end=-DAY),), 2306),
    "not yet": ((HOUSE.signed("one", start=DAY),), 2306),
    "revoked": ((HOUSE.signed("one", id=REVOKED),), 2306),
    "revoked signer": ((GONE.signed("one"),), 2306),
    "not base64": ((encoded(b"").replace(b">", b">!!!", 1),), 2005),
    "document type": ((encoded(b"<!DOCTYPE x []>" + HOUSE.signed("one")),), 2005),
    "huge": ((encoded(HOUSE.signed("one", *[f"label-{i}" for i in range(3000)])),), 2005),
    "two": ((HOUSE.signed("one"), HOUSE.signed("one")), 2306),
}


@pytest.mark.parametrize("which", BAD_MARKS)
def test_rfc_8334_section_3_3_1_marks_that_do_not_count(which):
    marks, code = BAD_MARKS[which]

    @launch_test
    async def run(front):
        assert await front.code(A, create("one.sunrise", sunrise(*marks))) == code
        assert await front.code(A, create("one.sunrise", sunrise(HOUSE.signed("one")))) == 1000

    run()


@launch_test
async def test_a_create_in_sunrise_needs_the_extension(front):
    assert await front.code(A, create("one.sunrise")) == 2003


@launch_test
async def test_rfc_8334_section_2_6_1_mark_codes(front):
    def coded(name, *codes):
        return create(name, x.LaunchCreate(phase("sunrise"), code_marks=codes))

    right = x.LaunchCode("49FD46E6C4B45C55D4AC")
    mark = Raw(b'<mark:mark xmlns:mark="urn:ietf:params:xml:ns:mark-1.0"/>')
    assert await front.code(A, coded("other.sunrise", x.LaunchCodeMark(right))) == 2306
    assert (
        await front.code(A, coded("test-code.sunrise", x.LaunchCodeMark(x.LaunchCode("49FD46E6C4B45C55D4AD")))) == 2306
    )
    assert await front.code(A, coded("test-code.sunrise", x.LaunchCodeMark(mark=mark))) == 2306
    foreign = x.LaunchCodeMark(x.LaunchCode("49FD46E6C4B45C55D4AC", "sample"))
    assert await front.code(A, coded("test-code.sunrise", foreign)) == 2306
    assert await front.code(A, coded("test-code.sunrise", x.LaunchCodeMark(right, mark))) == 1000


# --- section 3.3.2: claims


@launch_test
async def test_rfc_8334_section_3_3_2_claims_create(front):
    name = f"{LABEL}.claims"
    assert await front.code(A, create(name)) == 2003
    assert await front.code(A, create(name, claims())) == 2003
    assert await front.code(A, create("other.claims")) == 1000
    assert await front.code(A, create(name, claims(noticed(validator="unknown")))) == 2306
    response = await front.ask(A, create(name, claims(noticed())))
    assert response.results[0].code == 1000
    asked = requests.info_domain(name, extension=[x.LaunchInfo(phase("claims"))])
    (data,) = (item for item in (await front.ask(A, asked)).extension if isinstance(item, x.LaunchInfoData))
    assert data.phase == phase("claims")


@pytest.mark.parametrize(
    "wrong",
    [
        noticed("another"),
        notice("00000000" + "9223372036854775807", START + DAY, START),
        noticed(ends=START - HOUR),
        noticed(accepted=START - 49 * HOUR),
        noticed(accepted=START - 367 * DAY),
        noticed(accepted=START + DAY),
    ],
    ids=["label", "checksum", "expired", "49 hours", "a year", "future"],
)
def test_rfc_9361_notices_that_do_not_count(wrong):
    @launch_test
    async def run(front):
        assert await front.code(A, create(f"{LABEL}.claims", claims(wrong))) == 2306

    run()


@launch_test
async def test_rfc_8334_section_3_3_4_mixed_create(front):
    front.clock.move_to(dt.datetime(2025, 4, 2, tzinfo=dt.UTC))
    now = front.clock.now()
    accepted = noticed(ends=now + DAY, accepted=now - HOUR)
    mark = Raw(HOUSE.signed(LABEL))
    vip = phase("custom", "vip")
    name = f"{LABEL}.later"
    assert await front.code(A, create(name, x.LaunchCreate(vip, notices=(accepted,)))) == 2003
    assert await front.code(A, create(name, x.LaunchCreate(vip, signed_marks=(mark,)))) == 2003
    assert await front.code(A, create(name, x.LaunchCreate(vip, signed_marks=(mark,), notices=(accepted,)))) == 1000


@launch_test
async def test_lists_are_read_again_when_they_change(front):
    assert items(await front.ask(A, claims_check("new.claims")))["new.claims"] == (False, [])
    write_labels(front.folder / "dnl.csv", {"new": "a-key"})
    refresh()
    assert items(await front.ask(A, claims_check("new.claims")))["new.claims"] == (True, ["a-key"])


@launch_test
async def test_what_a_name_was_created_by_goes_with_it(front):
    assert await front.code(A, create("one.sunrise", sunrise(HOUSE.signed("one")))) == 1000
    with front.registry.store.read() as view:
        (record,) = view.records("launch")
        assert isinstance(record, LaunchRecord)
        assert record.proofs[0].id == "0000001751376056503931-65535"
    assert await front.code(A, requests.delete_domain("one.sunrise")) == 1000
    with front.registry.store.read() as view:
        assert view.records("launch") == []
        assert view.domain("one.sunrise") is None


@launch_test
async def test_an_update_with_the_extension_where_there_are_no_applications(front):
    asked = x.LaunchUpdate(phase("claims"), "abc123")
    update = requests.update_domain(
        "a.claims", extension=[asked], add=d.DomainAddRem(statuses=(d.DomainStatus("clientHold"),))
    )
    assert await front.code(A, update) == 2102
    delete = requests.delete_domain("a.claims", extension=[x.LaunchDelete(phase("claims"), "abc123")])
    assert await front.code(A, delete) == 2102


# --- settings


def test_launch_is_announced_by_every_registry_as_registry_tests_want(tmp_path):
    write_files(tmp_path)
    assert "launch" in announced(parse_config(SETTINGS, tmp_path / "registry.toml"))
    assert "launch" in announced(parse_config('[registry]\nzones = ["a"]\n', tmp_path / "registry.toml"))
    none = '[registry]\nzones = ["a"]\n[epp]\nextensions = ["rgp"]\n'
    assert "launch" not in announced(parse_config(none, tmp_path / "registry.toml"))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('name = "vip"', "", "without a name"),
        ("end = 2025-05-01", "end = 2025-03-01", "ends before it starts"),
        ('labels = "dnl.csv"', 'labels = "none.csv"', "cannot be read"),
        ('labels = "dnl.csv"', 'labels = "ca.pem"', "is no such list"),
        ('"ca.pem"', '"dnl.csv"', "holds no certificate"),
        ('phase = "sunrise"', 'phase = "sunset"', "not one of"),
        ("[[policy.launch.validators]]", "[[policy.launch.validators]]\n[[policy.launch.validators]]", "the same id"),
    ],
)
def test_settings_that_cannot_be(tmp_path, old, new, problem):
    write_files(tmp_path)
    with pytest.raises(ConfigError, match=problem):
        parse_config(SETTINGS.replace(old, new), tmp_path / "registry.toml")


@launch_test
async def test_signed_marks_are_verified_outside_the_loop_and_the_writer(front):
    seen = []
    verify = marks.verify_signed_mark

    def spied(*args, **more):
        seen.append(threading.current_thread())
        return verify(*args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marks, "verify_signed_mark", spied)
        assert await front.code(A, create("one.sunrise", sunrise(HOUSE.signed("one")))) == 1000
    (thread,) = seen
    assert thread is not threading.current_thread()
    assert thread is not front.registry.writer._thread


@launch_test
async def test_what_nobody_verified_does_not_count(front):
    """A caller that goes around `Registry.submit` cannot have a mark believed."""
    given = LaunchGiven(Phase("sunrise"), submitted=(SubmittedMark(HOUSE.signed("one")),))
    call = front.registry.call(A, CreateDomain("one.sunrise", extensions=(given,)))
    (outcome,) = await front.registry.writer.submit([call])
    assert (outcome.code, outcome.reason) == (2306, "marks that nobody verified")
