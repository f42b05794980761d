"""Simple types and facets at their edges, read from elements and attributes and checked before they are written."""

import datetime as dt
import enum
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regwire.errors import DeclarationError, EncodeError, SchemaFault
from regwire.schema import (
    Duration,
    Element,
    Namespace,
    Schema,
    any_uri,
    attribute,
    base64,
    boolean,
    child,
    date,
    date_time,
    decimal,
    duration,
    hex_binary,
    integer,
    integer_or_nothing,
    language,
    list_of,
    nmtoken,
    normalized,
    string,
    token,
    xml_id,
)

NS = Namespace("urn:test:f")


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "dark blue"


class Plain(enum.Enum):
    A = "a"
    B = "b"


class Code(enum.IntEnum):
    OK = 1000
    FAILED = 2400


def schema_of(annotation: Any) -> Schema:
    """A document with the type as an element and as an optional attribute."""
    namespace = {
        "__module__": __name__,
        "__qualname__": "Doc",
        "__annotations__": {"v": annotation, "a": annotation | None},
        "v": child(),
        "a": attribute(default=None),
    }
    meta: Any = type(Element)
    return Schema(meta("Doc", (Element,), namespace, ns=NS, tag="doc"))


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def frame(text: str) -> bytes:
    return f'<doc xmlns="urn:test:f"><v>{escape(text)}</v></doc>'.encode()


def attribute_frame(good: str, text: str) -> bytes:
    return f'<doc xmlns="urn:test:f" a="{escape(text)}"><v>{escape(good)}</v></doc>'.encode()


GOOD: list[tuple[Any, str, Any]] = [
    (Annotated[str, token()], "  a \t\n b  ", "a b"),
    (Annotated[str, token()], "", ""),
    (Annotated[str, token()], "&<>\"'é\U0001f600", "&<>\"'é\U0001f600"),
    (Annotated[str, token(min_length=3, max_length=3)], " a b ", "a b"),
    (Annotated[str, token(max_length=2)], "éé", "éé"),
    (Annotated[str, token(length=1)], "\U0001f600", "\U0001f600"),
    (Annotated[str, token(pattern="[a-z]+")], " abc ", "abc"),
    (Annotated[str, token(pattern=("[a-z]+", ".{2}"))], "ab", "ab"),
    (Annotated[str, token(enumeration=("a b",))], " a\n b ", "a b"),
    (Annotated[str, normalized()], " a\tb ", " a b "),
    (Annotated[str, normalized(min_length=3)], "   ", "   "),
    (Annotated[str, string()], " a b ", " a b "),
    (Annotated[str, language()], " en-GB ", "en-GB"),
    (Annotated[str, any_uri()], " http://x/?a=b#c ", "http://x/?a=b#c"),
    (Annotated[str, any_uri()], "", ""),
    (Annotated[str, nmtoken()], "-a.1:é", "-a.1:é"),
    (Annotated[str, xml_id()], "_a-1", "_a-1"),
    (bool, " true ", True),
    (bool, "1", True),
    (Annotated[bool, boolean()], "0", False),
    (bool, "false", False),
    (int, "-0", 0),
    (int, "+0012", 12),
    (int, "9" * 50, int("9" * 50)),
    (int, "-" + "9" * 50, -int("9" * 50)),
    (int, str(2**63), 2**63),
    (Annotated[int, integer("unsignedLong")], str(2**64 - 1), 2**64 - 1),
    (Annotated[int, integer("byte")], "-128", -128),
    (Annotated[int, integer("unsignedShort", min=1, max=99)], "99", 99),
    (Annotated[int, integer("positiveInteger")], "9" * 40, int("9" * 40)),
    (Annotated[int, integer(pattern="[0-9]{1,2}")], "07", 7),
    (Annotated[int, integer(total_digits=2)], "0099", 99),
    (Annotated[str, integer_or_nothing(min=0, max=2**31 - 1)], " \n ", ""),
    (Annotated[str, integer_or_nothing(min=0, max=2**31 - 1)], " 02147483647 ", "02147483647"),
    (Annotated[str, integer_or_nothing(min=0)], "-000", "-000"),
    (Annotated[str, integer_or_nothing(min=0)], "9" * 50, "9" * 50),
    (Annotated[str, integer_or_nothing(max=5)], "-" + "9" * 50, "-" + "9" * 50),
    (Literal[1000, 2000], "02000", 2000),
    (Literal["a", "b"], " b ", "b"),
    (Colour, "dark  blue", Colour.BLUE),
    (Plain, "a", Plain.A),
    (Code, "2400", Code.FAILED),
    (Decimal, " -01.50 ", Decimal("-1.50")),
    (Decimal, ".5", Decimal("0.5")),
    (Decimal, "5.", Decimal("5")),
    (Annotated[Decimal, decimal(fraction_digits=2, total_digits=4)], "12.3400", Decimal("12.3400")),
    (Annotated[Decimal, decimal(min=0, max=Decimal("1.5"))], "1.500", Decimal("1.500")),
    (Annotated[Decimal, decimal(min_exclusive=0)], "0.001", Decimal("0.001")),
    (dt.date, "2024-02-29", dt.date(2024, 2, 29)),
    (Annotated[dt.date, date()], " 2024-02-29+14:00 ", dt.date(2024, 2, 29)),
    (dt.datetime, "2024-02-29T23:59:59", dt.datetime(2024, 2, 29, 23, 59, 59, tzinfo=dt.UTC)),
    (dt.datetime, "2024-02-28T24:00:00Z", dt.datetime(2024, 2, 29, tzinfo=dt.UTC)),
    (dt.datetime, "2024-02-29T00:00:00.1234567+00:30", dt.datetime(2024, 2, 28, 23, 30, 0, 123456, tzinfo=dt.UTC)),
    (Annotated[dt.datetime, date_time()], "0001-01-01T00:00:00Z", dt.datetime(1, 1, 1, tzinfo=dt.UTC)),
    (dt.datetime, "9999-12-31T23:59:59.999999Z", dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)),
    (Annotated[bytes, base64()], " Z m 9v\n Zg== ", b"foof"),
    (Annotated[bytes, base64()], "", b""),
    (Annotated[bytes, base64(length=1)], "AA==", b"\x00"),
    (Annotated[bytes, hex_binary()], "0aFf", b"\x0a\xff"),
    (Annotated[bytes, hex_binary(max_length=2)], "0aFf", b"\x0a\xff"),
    (Annotated[Duration, duration()], " -P1Y2M3DT4H5M6.70S ", Duration(1, 2, 3, 4, 5, Decimal("6.70"), negative=True)),
    (Annotated[tuple[int, ...], list_of(integer("byte"), min_length=1)], " 1  2\n3 ", (1, 2, 3)),
    (Annotated[tuple[str, ...], list_of(token(enumeration=("a", "b")))], "", ()),
]


@pytest.mark.parametrize(("annotation", "text", "value"), GOOD)
def test_good_values(annotation: Any, text: str, value: Any) -> None:
    schema = schema_of(annotation)
    for data in (frame(text), attribute_frame(text, text)):
        message = schema.decode(data)
        assert (message.v, type(message.v)) == (value, type(value))
        assert message.a is None or message.a == value
        assert schema.decode(schema.encode(message)) == message


BAD: list[tuple[Any, str, str, str]] = [
    (Annotated[str, token(min_length=1)], " \n ", "value", "min_length"),
    (Annotated[str, token(max_length=2)], "ééé", "value", "max_length"),
    (Annotated[str, token(length=2)], "a", "value", "length"),
    (Annotated[str, token(pattern="[a-z]+")], "aBc", "value", "pattern"),
    (Annotated[str, token(pattern="[a-z]+")], "é", "value", "pattern"),
    (Annotated[str, token(pattern=("[a-z]+", ".{2}"))], "abc", "value", "pattern"),
    (Annotated[str, normalized(max_length=2)], "   ", "value", "max_length"),
    (Annotated[str, integer_or_nothing(max=5)], "1.0", "value", "pattern"),
    (Annotated[str, integer_or_nothing(max=5)], "--1", "value", "pattern"),
    (Annotated[str, integer_or_nothing(max=5)], "\u0661", "value", "pattern"),
    (Annotated[str, integer_or_nothing(max=2**31 - 1)], "2147483648", "range", "max"),
    (Annotated[str, integer_or_nothing(max=2**31 - 1)], "+" + "9" * 50, "range", "max"),
    (Annotated[str, integer_or_nothing(min=0)], "-1", "range", "min"),
    (Annotated[str, integer_or_nothing(min=0)], "-" + "9" * 50, "range", "min"),
    (Annotated[str, language()], "en_GB", "value", "datatype"),
    (Annotated[str, any_uri()], "%zz", "value", "datatype"),
    (Annotated[str, nmtoken()], "a b", "value", "datatype"),
    (Annotated[str, xml_id()], "1a", "value", "datatype"),
    (bool, "TRUE", "value", "datatype"),
    (bool, "", "value", "datatype"),
    (int, "1.0", "value", "datatype"),
    (int, "", "value", "datatype"),
    (Annotated[int, integer("unsignedLong")], str(2**64), "range", "max"),
    (Annotated[int, integer("unsignedLong")], "-1", "range", "min"),
    (Annotated[int, integer("unsignedShort", min=1, max=99)], "100", "range", "max"),
    (Annotated[int, integer("unsignedShort", min=1, max=99)], "0", "range", "min"),
    (Annotated[int, integer("int")], "9" * 60, "range", "max"),
    (Annotated[int, integer("int")], "-" + "9" * 60, "range", "min"),
    (Annotated[int, integer("byte")], "128", "range", "max"),
    (Annotated[int, integer(total_digits=2)], "100", "value", "datatype"),
    (Annotated[int, integer(pattern="[0-9]{2}")], "7", "value", "pattern"),
    (Literal[1000, 2000], "3000", "range", "enumeration"),
    (Literal["a", "b"], "c", "range", "enumeration"),
    (Literal["a", "b"], "", "range", "enumeration"),
    (Colour, "RED", "range", "enumeration"),
    (Decimal, "1e5", "value", "datatype"),
    (Decimal, "NaN", "value", "datatype"),
    (Annotated[Decimal, decimal(fraction_digits=2)], "1.234", "value", "datatype"),
    (Annotated[Decimal, decimal(total_digits=2)], "123", "value", "datatype"),
    (Annotated[Decimal, decimal(min=0)], "-0.1", "range", "min"),
    (Annotated[Decimal, decimal(max_exclusive=1)], "1.0", "range", "max"),
    (dt.date, "2023-02-29", "value", "datatype"),
    (dt.date, "2023-02-28T00:00:00Z", "value", "datatype"),
    (dt.datetime, "2023-02-28", "value", "datatype"),
    (dt.datetime, "2023-02-28T23:59:60Z", "value", "datatype"),
    (dt.datetime, "0001-01-01T00:00:00+00:01", "value", "datatype"),
    (Annotated[bytes, base64()], "Zg=", "value", "datatype"),
    (Annotated[bytes, base64(min_length=1)], "", "value", "min_length"),
    (Annotated[bytes, hex_binary()], "abc", "value", "datatype"),
    (Annotated[bytes, hex_binary(length=2)], "ab", "value", "length"),
    (Annotated[Duration, duration()], "P", "value", "datatype"),
    (Annotated[tuple[int, ...], list_of(integer("byte"))], "1 x", "value", "datatype"),
    (Annotated[tuple[int, ...], list_of(integer("byte"), min_length=2)], "1", "value", "min_length"),
]


@pytest.mark.parametrize(("annotation", "text", "cls", "rule"), BAD)
def test_bad_values(annotation: Any, text: str, cls: str, rule: str) -> None:
    schema = schema_of(annotation)
    with pytest.raises(SchemaFault) as caught:
        schema.decode(frame(text))
    item = caught.value.fault.faults[0]
    assert (item.cls, item.path, item.rule, item.value) == (cls, "/doc/v", rule, text)


def test_bad_attribute() -> None:
    schema = schema_of(int)
    with pytest.raises(SchemaFault, match="/doc/@a: datatype, got 'x'"):
        schema.decode(attribute_frame("1", "x"))


def test_secret_values_do_not_show() -> None:
    schema = schema_of(Annotated[str, token(min_length=6, secret=True)])
    fault = schema.decode_or_fault(frame("hush"))
    assert fault.faults[0].value == "***"
    assert "hush" not in repr(fault)
    with pytest.raises(EncodeError) as caught:
        schema.encode(schema.roots[0]("hush"))
    assert (caught.value.path, caught.value.rule, caught.value.value) == ("doc/v", "min_length", None)
    data = b'<doc xmlns="urn:test:f" a="other&amp;secret"><v>very <![CDATA[secret]]></v></doc>'
    assert schema.mask(data) == b'<doc xmlns="urn:test:f" a="***"><v>***<![CDATA[***]]></v></doc>'
    assert schema.mask(b"<doc") is None


ENCODE_BAD: list[tuple[Any, Any, str]] = [
    (Annotated[str, token()], " a", "whitespace"),
    (Annotated[str, token()], "a  b", "whitespace"),
    (Annotated[str, token()], "a\tb", "whitespace"),
    (Annotated[str, normalized()], "a\nb", "whitespace"),
    (Annotated[str, string()], "a\x00b", "character"),
    (Annotated[str, string()], "\ufffe", "character"),
    (Annotated[str, string()], "\ud800", "character"),
    (Annotated[str, token()], 5, "datatype"),
    (Annotated[str, token()], b"x", "datatype"),
    (Annotated[str, token()], None, "required"),
    (Annotated[str, token(max_length=2)], "abc", "max_length"),
    (Annotated[str, token(pattern="[a-z]")], "A", "pattern"),
    (Literal["a", "b"], "c", "enumeration"),
    (int, True, "datatype"),
    (int, "1", "datatype"),
    (int, 1.0, "datatype"),
    (Annotated[int, integer("byte")], 128, "max"),
    (Annotated[int, integer("byte")], -(10**50), "min"),
    (Annotated[int, integer("unsignedLong")], 2**64, "max"),
    (Literal[1000, 2000], 1500, "enumeration"),
    (bool, 1, "datatype"),
    (Decimal, "1", "datatype"),
    (Decimal, 1.5, "datatype"),
    (Decimal, Decimal("NaN"), "datatype"),
    (Annotated[Decimal, decimal(fraction_digits=1)], Decimal("1.25"), "datatype"),
    (dt.date, dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "datatype"),
    (dt.date, "2024-01-01", "datatype"),
    (dt.datetime, dt.date(2024, 1, 1), "datatype"),
    (dt.datetime, dt.datetime(2024, 1, 1), "datatype"),
    (dt.datetime, dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))), "datatype"),
    (Annotated[bytes, base64()], "x", "datatype"),
    (Annotated[bytes, hex_binary(length=2)], b"x", "length"),
    (Annotated[Duration, duration()], dt.timedelta(1), "datatype"),
    (Annotated[tuple[str, ...], list_of(token())], ("a b",), "whitespace"),
    (Annotated[tuple[str, ...], list_of(token())], ("",), "whitespace"),
    (Annotated[tuple[str, ...], list_of(token())], ["a"], "datatype"),
    (Plain, Colour.RED, "enumeration"),
]


@pytest.mark.parametrize(("annotation", "value", "rule"), ENCODE_BAD)
def test_encoding_refuses(annotation: Any, value: Any, rule: str) -> None:
    schema = schema_of(annotation)
    with pytest.raises(EncodeError) as caught:
        schema.encode(schema.roots[0](value))
    assert (caught.value.path, caught.value.rule) == ("doc/v", rule)
    assert "\n" not in str(caught.value) or "\n" in repr(value)


def test_encoding_converts() -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    schema = schema_of(dt.datetime)
    assert b"<v>2024-01-01T00:30:00.5Z</v>" in schema.encode(
        schema.roots[0](dt.datetime(2024, 1, 1, 2, 30, 0, 500000, zone))
    )
    schema = schema_of(Decimal)
    assert b"<v>100</v>" in schema.encode(schema.roots[0](Decimal("1E+2")))
    assert b"<v>7</v>" in schema.encode(schema.roots[0](7))
    schema = schema_of(Plain)
    assert b"<v>b</v>" in schema.encode(schema.roots[0](Plain.B))
    assert b"<v>a</v>" in schema.encode(schema.roots[0]("a"))
    schema = schema_of(Annotated[str, string()])
    text = "a\r\n\tb]]>&<\"'"
    assert schema.decode(schema.encode(schema.roots[0](text, text))) == schema.roots[0](text, text)


def test_attribute_defaults_and_fixed() -> None:
    class Doc(Element, ns=NS, tag="doc"):
        lang: Annotated[str, language()] = attribute(default="en")
        urgent: bool = attribute(default=False)
        version: Annotated[str, token()] = attribute(fixed="1.0", default="1.0")
        need: Literal["x", "y"] = attribute(kw_only=True)

    schema = Schema(Doc)
    assert schema.decode(b'<doc xmlns="urn:test:f" need="x"/>') == Doc(need="x")
    assert Doc(need="x").lang == "en"
    assert schema.encode(Doc(need="x")).endswith(b'<doc xmlns="urn:test:f" need="x"/>')
    assert b' lang="de" urgent="1"' in schema.encode(Doc("de", True, need="y"))
    with pytest.raises(SchemaFault, match="/doc/@need: required"):
        schema.decode(b'<doc xmlns="urn:test:f"/>')
    with pytest.raises(SchemaFault, match=r"/doc/@version: enumeration, got '2.0'"):
        schema.decode(b'<doc xmlns="urn:test:f" need="x" version="2.0"/>')
    with pytest.raises(EncodeError, match=r"doc/@version: enumeration, got '2.0'"):
        schema.encode(Doc(version="2.0", need="x"))
    with pytest.raises(EncodeError, match="doc/@need: is required"):
        schema.encode(Doc(need=None))  # type: ignore[arg-type]


def test_text_in_pieces_is_joined() -> None:
    schema = schema_of(Annotated[str, token()])
    data = b'<doc xmlns="urn:test:f"><v> a<!-- c -->b<![CDATA[ <&]]>&#x20;&amp;<?pi x?>\r\nz </v></doc>'
    assert schema.decode(data).v == "ab <& & z"
    assert schema_of(Annotated[str, string()]).decode(data).v == " ab <& &\nz "


def test_client_forgives_length_only() -> None:
    schema = schema_of(Annotated[str, token(min_length=2, max_length=4)])
    assert schema.decode(frame("abcdef"), role="client").v == "abcdef"
    with pytest.raises(SchemaFault, match="min_length"):
        schema.decode(frame("a"), role="client")


@given(
    st.text(
        st.characters(exclude_categories=("Cs",), exclude_characters="\ufffe\uffff")
        | st.sampled_from("\t\n\r <&>]\"'"),
        max_size=40,
    )
)
def test_any_text_survives_or_is_refused(text: str) -> None:
    schema = STRING
    doc = schema.roots[0]
    if any(ord(c) < 0x20 and c not in "\t\n\r" for c in text):
        with pytest.raises(EncodeError, match="cannot carry"):
            schema.encode(doc(text, text))
    else:
        assert schema.decode(schema.encode(doc(text, text))) == doc(text, text)


STRING = schema_of(Annotated[str, string()])


@given(st.datetimes(timezones=st.just(dt.UTC)), st.datetimes(timezones=st.timezones()))
def test_any_time_survives(utc: dt.datetime, local: dt.datetime) -> None:
    for value in (utc, local):
        try:
            expected = value.astimezone(dt.UTC)
        except OverflowError:
            continue
        data = TIME.encode(TIME.roots[0](value))
        assert TIME.decode(data).v == expected


TIME = schema_of(dt.datetime)


@given(st.decimals(allow_nan=False, allow_infinity=False), st.integers(), st.binary(max_size=70))
def test_any_number_and_octets_survive(number: Decimal, whole: int, octets: bytes) -> None:
    if abs(number.adjusted() if number else 0) < 200:
        assert DECIMAL.decode(DECIMAL.encode(DECIMAL.roots[0](number))).v == number
    assert INTEGER.decode(INTEGER.encode(INTEGER.roots[0](whole))).v == whole
    for schema in (BASE64, HEX):
        assert schema.decode(schema.encode(schema.roots[0](octets))).v == octets


DECIMAL, INTEGER = schema_of(Decimal), schema_of(int)
BASE64, HEX = schema_of(Annotated[bytes, base64()]), schema_of(Annotated[bytes, hex_binary()])


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "1Y", "P1S", "PT1Y", "P-1D", "P1.5D", "+P1D", "PT1.S", "P1YT", "P1M1Y", "P1Y\n", "P\u0661Y"]
)
def test_duration_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        Duration.parse(text)


def test_duration_values() -> None:
    assert str(Duration()) == "PT0S"
    assert str(Duration.parse("-P1Y2M3DT4H5M6.70S")) == "-P1Y2M3DT4H5M6.70S"
    assert Duration.of(dt.timedelta(days=-1, seconds=-3661, microseconds=-500000)) == Duration(
        days=1, hours=1, minutes=1, seconds=Decimal("1.5"), negative=True
    )
    assert Duration.parse("P1DT1H").to_timedelta() == dt.timedelta(days=1, hours=1)
    with pytest.raises(ValueError, match="no fixed length"):
        Duration(months=1).to_timedelta()
    with pytest.raises(ValueError, match="not negative"):
        Duration(days=-1)


def test_facets_that_allow_nothing_are_refused() -> None:
    for make in (
        lambda: integer("byte", min=200),
        lambda: integer("bite"),  # type: ignore[arg-type]
        lambda: decimal(min=1, min_exclusive=0),
        lambda: decimal(max=1, max_exclusive=0),
        lambda: list_of(string()),
        lambda: token(min_length=-1),
        lambda: integer_or_nothing(min=1, max=0),
    ):
        with pytest.raises(DeclarationError):
            make()
