"""`xsi:type` in documents of IRIS: the types of the schemas, and those that they derive from one another."""

import pickle

import pytest
from lxml import etree
from xml_schemas import iris_validator, needs_spec

from regwire import iris
from regwire.errors import EncodeError, SchemaFault
from regwire.iris import core, dreg, ereg, narrowed
from regwire.schema import Raw

_NAMES = (
    'xmlns="urn:ietf:params:xml:ns:iris1" xmlns:dreg="urn:ietf:params:xml:ns:dreg1" '
    'xmlns:ereg="urn:ietf:params:xml:ns:ereg1" xmlns:dchk="urn:ietf:params:xml:ns:dchk1" '
    'xmlns:iris="urn:ietf:params:xml:ns:iris1" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_NAMED = 'authority="a.example" registryType="dreg1" entityClass="domain-name" entityName="a.example"'


def _request(search_set, attributes=""):
    return f"<request {_NAMES}><searchSet {attributes}>{search_set}</searchSet></request>".encode()


def _response(answer="", error=""):
    return f"<response {_NAMES}><resultSet><answer>{answer}</answer>{error}</resultSet></response>".encode()


_FIND = (
    "<dreg:findDomainsByName{0}><dreg:namePart{1}>"
    "<dreg:beginsWith>a</dreg:beginsWith><dreg:endsWith{2}>z</dreg:endsWith></dreg:namePart></dreg:findDomainsByName>"
)


@pytest.mark.parametrize(
    ("query", "named", "value"),
    [
        ("dreg:findDomainsByNameType", "dreg:partialMatchParameter", "dreg:endsWithType"),
        (" dreg:findDomainsByNameType ", "", ""),
    ],
)
def test_a_type_that_the_schema_declares_may_be_named(query, named, value):
    """`xsi:type` of an element's own type was refused, although it is valid."""
    typed = _request(_FIND.format(*(f' xsi:type="{name}"' if name else "" for name in (query, named, value))))
    plain = _request(_FIND.format("", "", ""))
    message = iris.decode(typed)
    assert message == iris.decode(plain)
    assert iris.decode(iris.encode(message)) == message
    assert b"xsi:type" not in iris.encode(message)


@pytest.mark.parametrize(
    "document",
    [
        _request(_FIND.format("", "", ""), 'xsi:type="iris:searchSetType"'),
        _request('<bag xsi:type="iris:bagType"><x xmlns="urn:x"/></bag>' + _FIND.format("", "", "")),
        _request(
            '<lookupEntity xsi:type="iris:lookupEntityType" registryType="d" entityClass="c" entityName="n"/>',
        ),
        _response(
            f'<dchk:domain xsi:type="dchk:domainType" {_NAMED}><dchk:domainName>a</dchk:domainName></dchk:domain>'
        ),
        _response(
            f"<dchk:domain {_NAMED}><dchk:domainName>a</dchk:domainName>"
            '<dchk:status><dchk:active xsi:type="dchk:domainStatusType"/></dchk:status></dchk:domain>'
        ),
        _response(
            f'<dchk:domain {_NAMED}><dchk:domainName xsi:type="xs:token">a</dchk:domainName>'
            '<dchk:createdDateTime xsi:type="xs:dateTime">2000-01-01T00:00:00Z</dchk:createdDateTime></dchk:domain>'
        ),
        _response(f'<entity xsi:type="iris:entityType" iris:referentType="ANY" {_NAMED}/>'),
        _response(
            f'<limits xsi:type="iris:limitsType" {_NAMED}><totalQueries>'
            '<perHour xsi:type="xs:nonNegativeInteger">1</perHour></totalQueries></limits>'
        ),
        _response(error='<nameNotFound xsi:type="iris:codeType"/>'),
        _response(error='<dreg:searchTooWide xsi:type="iris:codeType"/>'),
    ],
)
def test_every_kind_of_type_may_be_named(document):
    """Elements, substitutes, wrappers, values, and types that several elements share."""
    untyped = document
    while b"xsi:type=" in untyped:
        before, _, rest = untyped.partition(b" xsi:type=")
        untyped = before + rest.split(b'"', 2)[2]
    assert iris.decode(document) == iris.decode(untyped)


@pytest.mark.parametrize(
    "document",
    [
        _request(_FIND.format(' xsi:type="iris:queryType"', "", "")),
        _request(_FIND.format(' xsi:type="dreg:findContactsType"', "", "")),
        _request(_FIND.format(' xsi:type="findDomainsByNameType"', "", "")),
        _request(_FIND.format("", "", ' xsi:type="xs:token"')),
        _request(_FIND.format("", "", ' xsi:type="nowhere:endsWithType"')),
        _response(f'<dchk:domain {_NAMED}><dchk:domainName xsi:type="xs:string">a</dchk:domainName></dchk:domain>'),
        _response(
            f"<dreg:domain {_NAMED}><dreg:domainName>a</dreg:domainName>"
            f'<dreg:registrar xsi:type="iris:entityType" iris:referentType="ANY" {_NAMED}/></dreg:domain>'
        ),
        _response(error='<nameNotFound xsi:type="dreg:languageNotSupportedType"/>'),
    ],
)
def test_a_type_that_is_not_derived_from_the_declared_one_is_refused(document):
    for role in ("strict", "server", "client"):
        with pytest.raises(SchemaFault):
            iris.decode(document, role=role)


@pytest.mark.parametrize("prefix", ["dreg", "ereg"])
@pytest.mark.parametrize("error", ["nameNotFound", "bagRefused", "ereg:searchTooWide", "dreg:searchTooWide"])
def test_an_error_of_a_derived_type_keeps_it(prefix, error):
    listed = f"<{prefix}:unsupportedLanguage>de</{prefix}:unsupportedLanguage>"
    document = _response(error=f'<{error} xsi:type="{prefix}:languageNotSupportedType">{listed}</{error}>')
    message = iris.decode(document)
    (result_set,) = message.result_sets
    assert result_set.error.unsupported_languages == ("de",)
    assert isinstance(result_set.error, core.Code)
    assert iris.decode(iris.encode(message)) == message
    assert pickle.loads(pickle.dumps(message)) == message


def test_a_derived_error_is_the_error():
    error = narrowed.NARROWED["DregNameNotFound"](unsupported_languages=("en",))
    assert isinstance(error, core.NameNotFound)
    assert narrowed.NARROWED["DregEregSearchTooWide"].__mro__[1] is ereg.SearchTooWide


def test_derived_types_of_a_registry_type_that_is_not_served_are_not_known():
    schema = iris.schema_of([cls for cls in iris.DEFAULT.elements if cls.__ns__ == ereg.EREG])
    listed = "<dreg:unsupportedLanguage>de</dreg:unsupportedLanguage>"
    with pytest.raises(SchemaFault):
        schema.decode(
            _response(error=f'<nameNotFound xsi:type="dreg:languageNotSupportedType">{listed}</nameNotFound>')
        )
    assert dreg.DREG.uri not in schema.namespaces


_STRANGERS = [
    '<x:find xmlns:x="urn:example:x"><x:a>1</x:a></x:find>',
    "<dreg:findNothing/>",
    '<find xmlns=""/>',
]


@pytest.mark.parametrize("stranger", _STRANGERS[:2])
def test_a_server_reads_queries_that_nobody_declared(stranger):
    document = _request(stranger)
    (search_set,) = iris.decode(document, role="server").search_sets
    assert isinstance(search_set.query, Raw)
    for role in ("strict", "client"):
        with pytest.raises(SchemaFault, match="searchSet"):
            iris.decode(document, role=role)
    with pytest.raises(EncodeError):
        iris.encode(iris.decode(document, role="server"))


@pytest.mark.parametrize(
    "inside",
    [
        _STRANGERS[2],
        "<iris:find/>",
        "<dreg:searchTooWide/>",
        f"<dchk:domain {_NAMED}><dchk:domainName>a</dchk:domainName></dchk:domain>",
        f"{_STRANGERS[0]}{_STRANGERS[0]}",
        f"{_STRANGERS[0]}{_FIND.format('', '', '')}",
    ],
)
def test_what_is_no_query_is_refused_by_a_server_too(inside):
    with pytest.raises(SchemaFault, match="searchSet"):
        iris.decode(_request(inside), role="server")


# --- built-in types that are derived from the one that is declared (XML Schema part 2, section 3.3)

_BUILT_IN = (
    "string", "normalizedString", "token", "language", "NMTOKEN", "Name", "NCName", "ID", "IDREF", "integer", "long",
    "int", "short", "byte", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger",
    "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte", "date", "boolean", "anySimpleType", "anyType",
)  # fmt: skip
_WHOLE = frozenset(iris.DEFAULT.namespaces)


def _named_so(kind, value):
    return _response(
        f'<dchk:domain {_NAMED}><dchk:domainName xsi:type="xs:{kind}">{value}</dchk:domainName></dchk:domain>'
    )


def _numbered(kind, value):
    named = 'authority="a.example" registryType="areg1" entityClass="as-handle" entityName="AS1"'
    return _response(
        f'<areg:autonomousSystem xmlns:areg="urn:ietf:params:xml:ns:areg1" {named}>'
        f'<areg:asNumberStart xsi:type="xs:{kind}">{value}</areg:asNumberStart></areg:autonomousSystem>'
    )


@needs_spec
@pytest.mark.parametrize("kind", _BUILT_IN)
def test_a_built_in_type_derived_from_the_declared_one_holds_instead_of_it(kind):
    """As XML Schema has it: what such a type does not allow is refused, other types are."""
    documents = [
        _named_so(kind, value) for value in ("a", "a b", "a:b", "1a", "-", "x-klingon", " a ", "ä", "&lt;", "")
    ]
    documents += [
        _numbered(kind, value)
        for value in (
            "0", "1", "-1", "127", "128", "255", "256", "65535", "65536", "-32769", "4294967296", "+5", " 7 ",
            "18446744073709551616", "9223372036854775808", "x", "1.0", "",
        )
    ]  # fmt: skip
    schema = iris_validator(_WHOLE)
    for document in documents:
        try:
            found = iris.decode(document)
        except SchemaFault:
            found = None
        assert (found is not None) == schema.validate(etree.fromstring(document)), document
        if found is not None:
            assert iris.decode(iris.encode(found)) == found


def test_a_derived_built_in_type_changes_no_value():
    (result,) = iris.decode(_named_so("NMTOKEN", " a.example ")).result_sets[0].answer.results
    assert result.domain_name == "a.example"
    (result,) = iris.decode(_numbered("unsignedShort", " +64500 ")).result_sets[0].answer.results
    assert result.start == 64500
    with pytest.raises(SchemaFault, match="asNumberStart: max"):
        iris.decode(_numbered("unsignedByte", "256"))
