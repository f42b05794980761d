"""Signed marks (RFC 7848): what is accepted, and every way of getting one accepted that should not be."""

import base64
import datetime as dt

import pytest
from clearinghouse import DS, MARK, SMD, YEAR, Authority, Clearinghouse, encoded, write_pem
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from registry_world import START
from xml_schemas import SPEC

from regwire.errors import ConfigError
from regwire.registry.launch import read_certificates, read_crls
from regwire.registry.launch.marks import MarkError, TrustStore, verify_signed_mark

LIMIT = 65_536


@pytest.fixture(scope="module")
def house():
    return Clearinghouse(Authority())


def verify(xml, trust, now=START, limit=LIMIT):
    return verify_signed_mark(xml, trust, now, limit=limit)


def refusal(xml, trust, now=START, limit=LIMIT):
    with pytest.raises(MarkError) as info:
        verify(xml, trust, now, limit)
    return info.value


@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("wrap", [bytes, encoded])
def test_section_2_3_a_signed_mark_is_read(house, exclusive, wrap):
    found = verify(wrap(house.signed("validate", "VALIDATE-2", exclusive=exclusive)), house.trust())
    assert found.id == "0000001751376056503931-65535"
    assert found.issuer == "65535"
    assert found.labels == ("validate", "validate-2")
    assert found.marks == ("00052013734689731373468973-65535",)
    assert (found.not_before, found.not_after) == (START - YEAR, START + YEAR)
    mark = etree.fromstring(found.mark)
    assert mark.tag == f"{{{MARK}}}mark"
    assert mark.findtext(f".//{{{MARK}}}markName") == "Test & Validate"


def test_an_intermediate_authority(house):
    between = Authority("Between")
    certificate = house.authority.certify(between.name, between.key.public_key(), authority=True)
    signer = Clearinghouse(between, "below")
    assert verify(signer.signed("validate", chain=[certificate]), house.trust()).labels == ("validate",)
    assert refusal(signer.signed("validate"), house.trust()).reason == "no valid certificate of a trusted authority"
    crl = house.authority.crl(certificate)
    revoked = refusal(signer.signed("validate", chain=[certificate]), house.trust(crls=[crl]))
    assert revoked.reason == "its certificate is revoked"


def test_the_namespaces_of_a_frame_around_it_do_not_matter(house):
    signed = house.signed("validate", exclusive=False)
    inside = signed.replace(
        b"<smd:signedMark ", b'<smd:signedMark xmlns:launch="urn:ietf:params:xml:ns:launch-1.0" ', 1
    )
    assert verify(inside, house.trust()).labels == ("validate",)


class TestWhatIsNotTrusted:
    def test_another_anchor(self, house):
        other = Clearinghouse(Authority())
        assert refusal(other.signed("validate"), house.trust()).reason == "no valid certificate of a trusted authority"

    def test_no_anchor(self, house):
        assert refusal(house.signed("validate"), TrustStore(())).reason == "no authority is trusted"

    def test_its_own_authority_comes_along(self, house):
        other = Clearinghouse(Authority())
        signed = other.signed("validate", chain=[other.authority.certificate])
        assert refusal(signed, house.trust())

    def test_an_anchor_signs_nothing_itself(self, house):
        root = etree.fromstring(house.signed("validate"))
        root.find(f".//{{{DS}}}X509Certificate").text = base64_of(house.authority.certificate)
        assert refusal(etree.tostring(root), house.trust()).reason == "not one signing certificate"

    @pytest.mark.parametrize(
        "certificate",
        [{"end": dt.timedelta(days=-1)}, {"start": dt.timedelta(days=1)}, {"signs": False}, {"certifies": True}],
        ids=str,
    )
    def test_the_signers_certificate(self, house, certificate):
        signer = Clearinghouse(house.authority, "other", **certificate)
        assert refusal(signer.signed("validate"), house.trust()).reason == "no valid certificate of a trusted authority"

    def test_certificates_are_judged_by_the_registrys_clock(self, house):
        signed = house.signed("validate")
        assert refusal(signed, house.trust(), START + 6 * YEAR)

    def test_a_revoked_certificate(self, house):
        crl = house.authority.crl(house.certificate)
        assert refusal(house.signed("validate"), house.trust(crls=[crl])).reason == "its certificate is revoked"

    def test_a_revocation_by_somebody_else_does_not_count(self, house):
        forged = Authority().crl(house.certificate)
        assert verify(house.signed("validate"), house.trust(crls=[forged, house.authority.crl()]))

    def test_a_revoked_signed_mark(self, house):
        trust = house.trust(revoked=["0000001751376056503931-65535"])
        assert refusal(house.signed("validate"), trust).reason == "the signed mark is revoked"
        assert verify(house.signed("validate", id="0000001751376056503932-65535"), trust)


def base64_of(certificate):
    return b"".join(certificate.public_bytes(Encoding.PEM).split(b"\n")[1:-2])


class TestAttacks:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b">validate<", b">other<"),
            (b">guitar<", b">Guitar<"),
            (b"0000001751376056503931", b"0000001751376056503932"),
            (b"</mark:label>", b"</mark:label><mark:label>other</mark:label>"),
            (b'issuerID="65535"', b'issuerID="65536"'),
        ],
    )
    def test_an_altered_mark(self, house, old, new):
        signed = house.signed("validate")
        assert old in signed
        assert refusal(signed.replace(old, new, 1), house.trust()).reason == "the signature does not fit"

    def test_comments_do_not_split_a_label(self, house):
        """A parser that stops at a comment would read "vali"."""
        signed = house.signed("validate").replace(b">validate<", b">vali<!-- -->date<")
        assert verify(signed, house.trust()).labels == ("validate",)

    def test_an_altered_signature(self, house):
        root = etree.fromstring(house.signed("validate"))
        value = root.find(f".//{{{DS}}}SignatureValue")
        octets = bytearray(base64.b64decode(value.text))
        octets[7] ^= 1
        value.text = base64.b64encode(octets)
        assert refusal(etree.tostring(root), house.trust()).reason == "the signature does not fit"

    def test_no_signature(self, house):
        root = etree.fromstring(house.signed("validate"))
        root.remove(root.find(f"{{{DS}}}Signature"))
        assert refusal(etree.tostring(root), house.trust()).syntax

    def test_wrapped_in_another_signed_mark(self, house):
        """The signature fits what it covers, but the reader would look at what is around it."""
        outer = etree.fromstring(house.signed("other"))
        outer.set("id", "evil")
        outer.remove(outer.find(f"{{{DS}}}Signature"))
        outer.append(etree.fromstring(house.signed("validate")))
        assert refusal(etree.tostring(outer), house.trust()).syntax

    def test_the_signature_moved_out(self, house):
        inner = etree.fromstring(house.signed("validate"))
        signature = inner.find(f"{{{DS}}}Signature")
        outer = etree.fromstring(house.signed("other"))
        outer.set("id", "evil")
        outer.replace(outer.find(f"{{{DS}}}Signature"), signature)
        outer.find(f"{{{MARK}}}mark").append(inner)
        assert refusal(etree.tostring(outer), house.trust()).reason == "the signature covers something else"

    def test_the_signed_mark_inside_the_signature(self, house):
        inner = etree.fromstring(house.signed("validate"))
        signature = inner.find(f"{{{DS}}}Signature")
        outer = etree.fromstring(house.signed("other"))
        outer.replace(outer.find(f"{{{DS}}}Signature"), signature)
        hidden = etree.SubElement(signature, f"{{{DS}}}Object")
        hidden.append(inner)
        assert refusal(etree.tostring(outer), house.trust()).syntax

    def test_two_elements_of_the_same_id(self, house):
        root = etree.fromstring(house.signed("validate"))
        root.find(f".//{{{MARK}}}trademark").set("id", "smd1")
        assert refusal(etree.tostring(root), house.trust()).reason == "two elements of the same id"

    def test_two_signatures(self, house):
        root = etree.fromstring(house.signed("validate"))
        other = etree.fromstring(Clearinghouse(Authority()).signed("validate"))
        root.append(other.find(f"{{{DS}}}Signature"))
        assert refusal(etree.tostring(root), house.trust()).syntax

    def test_two_references(self, house):
        root = etree.fromstring(house.signed("validate"))
        reference = root.find(f".//{{{DS}}}Reference")
        reference.addnext(etree.fromstring(etree.tostring(reference)))
        assert refusal(etree.tostring(root), house.trust()).syntax

    @pytest.mark.parametrize(
        "algorithm",
        ["http://www.w3.org/TR/1999/REC-xpath-19991116", "http://www.w3.org/TR/1999/REC-xslt-19991116", f"{DS}base64"],
    )
    def test_a_transform_that_leaves_something_out(self, house, algorithm):
        root = etree.fromstring(house.signed("validate"))
        transforms = root.find(f".//{{{DS}}}Transforms")
        etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=algorithm)
        assert refusal(etree.tostring(root), house.trust()).reason == "a transform that is not taken"

    @pytest.mark.parametrize("uri", ["", "#other", "http://www.example/", "file:///etc/passwd"])
    def test_another_reference(self, house, uri):
        root = etree.fromstring(house.signed("validate"))
        root.find(f".//{{{DS}}}Reference").set("URI", uri)
        assert refusal(etree.tostring(root), house.trust())

    def test_a_secret_key_of_the_attackers(self, house):
        """HMAC with the certificate's public octets as its key is an old confusion."""
        signed = house.signed("validate").replace(
            b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", b"http://www.w3.org/2000/09/xmldsig#hmac-sha1"
        )
        assert refusal(signed, house.trust()).reason == "the signature does not fit"

    def test_two_roots(self, house):
        signed = house.signed("validate")
        assert refusal(signed + signed, house.trust()).syntax

    @pytest.mark.parametrize("xml", [b"", b"<", b"text", b"<smd/>", b"\x00", b"<a>&x;</a>"])
    def test_no_signed_mark_at_all(self, house, xml):
        assert refusal(xml, house.trust()).syntax

    @pytest.mark.parametrize("wrap", [bytes, encoded])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_a_document_type(self, house, wrap, encoding):
        text = '<!DOCTYPE x [<!ENTITY e "validate">]>' + house.signed("validate").decode()
        if wrap is bytes and encoding == "utf-16":
            pytest.skip("frames are UTF-8 once they are decoded")
        assert refusal(wrap(text.encode(encoding)), house.trust()).reason == "a document type is not taken"

    def test_entities_are_not_expanded(self, house):
        text = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + house.signed(
            "validate"
        )
        assert refusal(encoded(text), house.trust()).syntax

    def test_a_huge_one(self, house):
        signed = house.signed(*[f"label-{i}" for i in range(2000)])
        assert refusal(signed, house.trust()).reason == "more than 65536 octets"
        assert refusal(encoded(signed), house.trust()).reason == "more than 65536 octets"
        small_outside = encoded(house.signed("validate"))
        assert refusal(small_outside, house.trust(), limit=len(small_outside) - 2000)

    @pytest.mark.parametrize("text", ["!!!", "PHNtZA=", "a b c", "=", "<x/>"])
    def test_what_is_not_base64(self, house, text):
        xml = f'<smd:encodedSignedMark xmlns:smd="{SMD}">{text}</smd:encodedSignedMark>'
        assert refusal(xml.encode(), house.trust()).syntax

    def test_another_encoding(self, house):
        xml = encoded(house.signed("validate")).replace(
            b"<smd:encodedSignedMark", b'<smd:encodedSignedMark encoding="hex"'
        )
        assert refusal(xml, house.trust()).reason == "not base64"

    def test_encoded_twice(self, house):
        assert refusal(encoded(encoded(house.signed("validate"))), house.trust()).reason == "no signed mark"

    def test_many_certificates(self, house):
        signed = house.signed("validate", chain=[Authority(str(i)).certificate for i in range(4)])
        assert refusal(signed, house.trust()).reason == "not between one and four certificates"

    def test_a_certificate_that_is_none(self, house):
        root = etree.fromstring(house.signed("validate"))
        root.find(f".//{{{DS}}}X509Certificate").text = "AAAA"
        assert refusal(etree.tostring(root), house.trust()).reason == "a certificate that cannot be read"


def test_the_examples_of_the_rfcs_are_of_an_authority_that_nobody_trusts(house):
    examples = SPEC / "examples" / "epp"
    if not examples.is_dir():
        pytest.skip("the examples (../shared/spec/examples) are not here")
    found = 0
    for path in sorted(examples.glob("8334-*.xml")):
        for element in etree.parse(path).iter(f"{{{SMD}}}signedMark", f"{{{SMD}}}encodedSignedMark"):
            found += 1
            assert refusal(etree.tostring(element, with_tail=False), house.trust())
    assert found


def test_files_of_certificates_and_revocations(house, tmp_path):
    write_pem(tmp_path / "ca.pem", house.authority.certificate, house.certificate)
    assert read_certificates(tmp_path / "ca.pem") == (house.authority.certificate, house.certificate)
    crl = house.authority.crl(house.certificate)
    write_pem(tmp_path / "crl.pem", crl, crl)
    assert read_crls(tmp_path / "crl.pem") == (crl, crl)
    (tmp_path / "crl.der").write_bytes(crl.public_bytes(Encoding.DER))
    assert read_crls(tmp_path / "crl.der") == (crl,)
    for name in ("none.pem", "empty.pem"):
        (tmp_path / "empty.pem").touch()
        for read in (read_certificates, read_crls):
            with pytest.raises(ConfigError):
                read(tmp_path / name)


SIGNED = Clearinghouse(Authority())


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_change_of_an_octet_changes_what_is_read(data):
    """What is accepted says what was signed, whatever became of the octets on the way."""
    signed, trust = SIGNED.signed("validate"), SIGNED.trust()
    right = verify(signed, trust)
    place = data.draw(st.integers(0, len(signed) - 1))
    kind = data.draw(st.sampled_from(["change", "drop", "double", "insert"]))
    octet = bytes([data.draw(st.integers(1, 127))])
    changed = {
        "change": signed[:place] + octet + signed[place + 1 :],
        "drop": signed[:place] + signed[place + 1 :],
        "double": signed[:place] + signed[place : place + 40] + signed[place:],
        "insert": signed[:place] + octet + signed[place:],
    }[kind]
    try:
        found = verify(changed, trust)
    except MarkError:
        return
    assert found == right
