"""Errors in the RFC texts of IRIS, each by name: docs/reference/iris-errata.md says what is decided."""

from pathlib import Path

import pytest

from regwire import iris
from regwire.errors import ConfigError, SchemaFault, XmlError
from regwire.iris import areg, dchk, dreg, ereg
from regwire.iris.messages import transport
from regwire.iris.resolve import Naptr, Question, candidates
from regwire.iris.transport import sasl_data
from regwire.iris.uri import IrisUri
from regwire.schema import QName

ROLES = ("strict", "server", "client")
NAMES = "".join(f' xmlns:{ns.prefix}="{ns.uri}"' for ns in (iris.DREG, iris.DCHK, iris.AREG, iris.EREG))


def request(query):
    names = f'xmlns="{iris.IRIS.uri}" xmlns:iris="{iris.IRIS.uri}"{NAMES}'
    return f"<request {names}><searchSet>{query}</searchSet></request>".encode()


def response(result):
    return (
        f'<response xmlns="{iris.IRIS.uri}" xmlns:iris="{iris.IRIS.uri}"{NAMES}><resultSet><answer>{result}</answer>'
        "</resultSet></response>"
    ).encode()


ENTITY = 'authority="com" registryType="dreg1" entityClass="c" entityName="n"'


def refused(document):
    """The first fault of a document, which must be the same in every role."""
    found = set()
    for role in ROLES:
        with pytest.raises(SchemaFault) as caught:
            iris.decode(document, role=role)
        found.add((caught.value.path.rpartition("/")[2], caught.value.rule))
    (fault,) = found
    return fault


def taken(document):
    """The message of a document, which must be the same in every role."""
    found = [iris.decode(document, role=role) for role in ROLES]
    assert found[0] == found[1] == found[2]
    assert iris.decode(iris.encode(found[0])) == found[0]
    return found[0]


def result_of(document):
    return taken(document).result_sets[0].answer.results[0]


def test_every_row_of_the_page_has_a_test():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "iris-errata.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| RFC")]
    tests = [name for name in globals() if name.startswith("test_rfc_")]
    assert len(rows) == len(tests)


def test_rfc_3981_class_domain_for_domain_name():
    uri = IrisUri.parse("iris:dreg1//example.com/domain/example.com")
    assert (uri.entity_class, uri.lookup.entity_class) == ("domain", "domain-name")
    assert IrisUri.parse("iris:dchk1//com/Domain/a.com").lookup.entity_class == "domain-name"
    assert IrisUri.parse("iris:ereg1//e164.arpa/domain/x").lookup.entity_class == "domain"
    query = '<lookupEntity registryType="dreg1" entityClass="domain" entityName="a.com"/>'
    assert taken(request(query)).search_sets[0].query.entity_class == "domain"


@pytest.mark.parametrize(
    ("element", "plural", "singular"),
    [
        ("domain", "billingContacts", "billingContact"),
        ("domain", "technicalContacts", "technicalContact"),
        ("contact", "translatedContacts", "translatedContact"),
    ],
)
def test_rfc_3982_plurals(element, plural, singular):
    name = "<dreg:domainName>a.com</dreg:domainName>" if element == "domain" else ""
    text = f'<dreg:{element} {ENTITY}>{name}<dreg:X {ENTITY} iris:referentType="ANY"/></dreg:{element}>'
    assert refused(response(text.replace("X", plural))) == (f"dreg:{plural}", "unexpected")
    assert result_of(response(text.replace("X", singular)))


def test_rfc_3982_ends_with_is_declared_twice():
    def query(inner):
        return request(f"<dreg:findDomainsByName><dreg:namePart>{inner}</dreg:namePart></dreg:findDomainsByName>")

    begins, ends = "<dreg:beginsWith>a</dreg:beginsWith>", "<dreg:endsWith>z</dreg:endsWith>"
    for inner, expected in (
        (begins, dreg.PartialMatch("a")),
        (ends, dreg.PartialMatch(ends_with="z")),
        (begins + ends, dreg.PartialMatch("a", "z")),
    ):
        assert taken(query(inner)).search_sets[0].query.name_part == expected
    assert refused(query(begins + begins)) == ("dreg:beginsWith", "duplicate")
    assert refused(query("<dreg:endsWith/>")) == ("dreg:endsWith", "min_length")


def test_rfc_3982_status_is_not_nillable():
    nil = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
    text = f"<dreg:domain {ENTITY}><dreg:domainName>a.com</dreg:domainName><dreg:@@ {nil}/></dreg:domain>"
    assert refused(response(text.replace("@@", "status"))) == ("@xsi:nil", "unexpected")
    assert result_of(response(text.replace("@@", "expirationDateTime"))).expiration == dreg.PrivateDateTime()
    denied = "<dreg:status><dreg:assignedAndActive denied='true'/></dreg:status>"
    found = result_of(response(text.replace(f"<dreg:@@ {nil}/>", denied)))
    assert found.status.assigned_and_active == dreg.Status(denied=True)


@pytest.mark.parametrize("name", ["all-less-specific", "all-more-specific"])
def test_rfc_4698_specifics(name):
    def query(specificity):
        return request(
            "<areg:findNetworksByHandle><areg:networkHandle>N</areg:networkHandle>"
            f"<areg:specificity>{specificity}</areg:specificity></areg:findNetworksByHandle>"
        )

    assert refused(query(f"{name}s")) == ("areg:specificity", "enumeration")
    assert taken(query(name)).search_sets[0].query == areg.FindNetworksByHandle("N", name)


def test_rfc_4414_referent_type_of_contacts():
    def answer(kind):
        return response(
            f"<ereg:enum {ENTITY}><ereg:e164Number>43</ereg:e164Number>"
            f'<ereg:registrant {ENTITY} iris:referentType="{kind}"/></ereg:enum>'
        )

    for kind, ns in (("iris:contact", iris.IRIS), ("ereg:contact", iris.EREG)):
        found = result_of(answer(kind))
        assert isinstance(found, ereg.Enum)
        assert found.registrants[0].referent_type == QName(ns.uri, "contact")


def _transport(text):
    return text.replace(">", f' xmlns="{iris.IRIS_TRANSPORT.uri}">', 1).encode()


def test_rfc_4991_protocol_id():
    for name in ("iris.lwz", "iris.lwz1"):
        found = taken(_transport(f"<versions><transferProtocol protocolId='{name}'/></versions>"))
        assert found == transport.Versions((transport.TransferProtocol(protocol_id=name),))


def test_rfc_4991_type_system():
    for name in ("system", "system-error"):
        assert taken(_transport(f"<other type='{name}'></other>")) == transport.Other(type=name)


def test_rfc_4992_dchk_status():
    status = "<dchk:status><dchk:X/></dchk:status>"
    text = f"<dchk:domain {ENTITY}><dchk:domainName>a.com</dchk:domainName>{status}</dchk:domain>"
    assert refused(response(text.replace("X", "assignedAndActive"))) == ("dchk:assignedAndActive", "unexpected")
    assert result_of(response(text.replace("X", "active"))).statuses == (dchk.Active(),)


def test_rfc_4992_prefix_xsi():
    document = request('<lookupEntity registryType="dchk1" entityClass="iris" entityName="id"/>')
    for role in ROLES:
        with pytest.raises(XmlError, match="prefix"):
            iris.decode(document.replace(b"<request ", b'<request xsi:schemaLocation="a b" ', 1), role=role)


def test_rfc_4992_dot_of_authorities():
    with pytest.raises(ConfigError, match="must be escaped"):
        IrisUri.parse("iris:dchk1//example#com/domain-name/a")
    with pytest.raises(ConfigError, match="neither a domain name"):
        IrisUri.parse("iris:dchk1//example%23com/domain-name/a")


def test_rfc_4993_response_size():
    inner = "<octets>1211</octets>"
    assert refused(_transport(f"<responseSize>{inner}</responseSize>")) == ("t:responseSize", "unexpected")
    found = taken(_transport(f"<size><response>{inner}</response></size>"))
    assert found == transport.Size(response=transport.Octets(octets=1211))


def test_rfc_3958_tags_with_a_dot():
    steps = candidates("a.example", "dreg1", transports=("xpc",))
    assert next(steps) == Question("a.example", "NAPTR")
    step = steps.send([Naptr(1, 1, "a", "DREG1:iris.xpc", "", "b.example")])
    assert step == Question("b.example", "ADDRESS")


def test_rfc_3981_plus_is_a_space():
    assert IrisUri.parse("iris:ereg1//e164.arpa/e164-number/%2B43").entity_name == "+43"
    assert IrisUri.parse("iris:ereg1//e164.arpa/local/a+b").entity_name == "a b"
    with pytest.raises(ConfigError, match="white space"):
        IrisUri.parse("iris:ereg1//e164.arpa/e164-number/+43")


def test_rfc_5144_white_space_around_times():
    text = (
        f"<dchk:domain {ENTITY}><dchk:domainName>a.com</dchk:domainName>"
        "<dchk:createdDateTime>\n 2003-11-30T09:00:00Z </dchk:createdDateTime></dchk:domain>"
    )
    assert result_of(response(text)).created.year == 2003


@pytest.mark.parametrize("overrun", [1, 2])
def test_rfc_4992_sasl_length(overrun):
    """By the formula of section 6.5, two octets more than there are could still be announced."""
    whole = sasl_data.build("PLAIN", b"data")
    assert sasl_data.parse(whole) == ("PLAIN", b"data")
    longer = whole[:6] + (4 + overrun).to_bytes(2, "big") + whole[8:]
    assert len(b"data") + overrun <= len(whole) - len("PLAIN") - 1
    with pytest.raises(ValueError, match="not that of the chunk"):
        sasl_data.parse(longer)
