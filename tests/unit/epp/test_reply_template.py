"""Replies written without their objects: the octets, and the errors, of the document made of the same parts."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from message_strategies import Messages, simple_values
from regwire_native import ReplyTemplate

from regwire import epp
from regwire.epp import DomainCheck, DomainInfoData, DomainStatus, Response, TrId, check_data
from regwire.epp.messages.core import Command, Msg, Result
from regwire.epp.server import RESULTS
from regwire.errors import EncodeError
from regwire.schema import Raw
from regwire.schema._message import fields_of

MESSAGES = Messages(epp.DEFAULT, lists={"TtlCreate": 1, "TtlUpdate": 1, "TtlInfoData": 1})
CODEC = epp.DEFAULT.codec
TEMPLATE = ReplyTemplate(CODEC, Response, result="results", data="res_data", identifiers="tr_id")
OK = RESULTS[1000]
FREE = check_data(DomainCheck(("a.example", "b.example")), {"b.example"})

quiet = settings(
    deadline=None,
    derandomize=True,
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def written(result: Any, cl_trid: Any, sv_trid: Any, data: Any) -> bytes:
    data = data if isinstance(data, tuple) else (data,)
    return epp.encode(Response((result,), None, data, (), tr_id=TrId(cl_trid, sv_trid)))


def identifiers() -> st.SearchStrategy[Any]:
    simple = next(info.simple for info in fields_of(TrId) if info.name == "sv_trid")
    assert simple is not None
    return simple_values(simple)


def elements() -> st.SearchStrategy[Any]:
    kinds = [cls for cls in epp.DEFAULT.elements if cls.__ns__.uri != "urn:ietf:params:xml:ns:epp-1.0"]
    return st.sampled_from(kinds).flatmap(MESSAGES.of)


@quiet
@given(
    st.one_of(st.sampled_from(list(RESULTS.values())), MESSAGES.of(Result)),
    st.one_of(st.none(), identifiers()),
    identifiers(),
    st.one_of(st.lists(elements(), max_size=3).map(tuple), elements()),
)
def test_the_octets_are_those_of_the_document(result: Any, cl_trid: Any, sv_trid: Any, data: Any) -> None:
    expected = written(result, cl_trid, sv_trid, data)
    assert TEMPLATE.encode(result, cl_trid, sv_trid, data) == expected
    # A second time: results are remembered.
    assert TEMPLATE.encode(result, cl_trid, sv_trid, data) == expected


@pytest.mark.parametrize(
    ("result", "cl_trid", "sv_trid", "data"),
    [
        (OK, "ab", "SV-1", ()),
        (OK, "ABC-1", "x" * 65, ()),
        (OK, "ABC-1", None, ()),
        (OK, 5, "SV-1", ()),
        (OK, "A\x01BC", "SV-1", ()),
        (OK, "ABC-1", "SV-1", None),
        (OK, "ABC-1", "SV-1", (FREE, "text")),
        (OK, "ABC-1", "SV-1", [FREE]),
        (OK, "ABC-1", "SV-1", TrId("ABC-1", "SV-1")),
        (OK, "ABC-1", "SV-1", Raw(b'<a xmlns="urn:ietf:params:xml:ns:epp-1.0"/>')),
        (None, "ABC-1", "SV-1", ()),
        (1000, "ABC-1", "SV-1", FREE),
        (TrId("ABC-1", "SV-1"), "ABC-1", "SV-1", ()),
        (Result(999, Msg("no such code")), "ABC-1", "SV-1", ()),
        (OK, "ABC-1", "SV-1", DomainInfoData("a b\t", "no-roid", (DomainStatus("ok"),), cl_id="x")),
    ],
)
def test_the_errors_are_those_of_the_document(result: Any, cl_trid: Any, sv_trid: Any, data: Any) -> None:
    with pytest.raises(EncodeError) as expected:
        written(result, cl_trid, sv_trid, data)
    with pytest.raises(EncodeError) as raised:
        TEMPLATE.encode(result, cl_trid, sv_trid, data)
    assert str(raised.value) == str(expected.value)
    # Nothing of the failure stays.
    assert TEMPLATE.encode(OK, "ABC-1", "SV-1", FREE) == written(OK, "ABC-1", "SV-1", FREE)


def test_more_results_than_are_remembered() -> None:
    results = [Result(2400, Msg(f"text {n}")) for n in range(2000)]
    for result in results + results[::-1]:
        assert TEMPLATE.encode(result, None, "SV-1", ()) == written(result, None, "SV-1", ())
    for n in range(2000):
        # Objects that die where others lay.
        result = Result(2400, Msg(f"other {n}"))
        assert f"other {n}<".encode() in TEMPLATE.encode(result, None, "SV-1", ())


@pytest.mark.parametrize(
    ("cls", "fields", "named"),
    [
        (Response, {"result": "nothing"}, "Response has no field nothing"),
        (Response, {"result": "tr_id"}, "the declaration of result"),
        (Response, {"data": "results"}, "result"),
        (Response, {"identifiers": "msg_q"}, "msgQ"),
        (Result, {}, "Result has no field results"),
        (Command, {}, "Command has no field results"),
        (TrId, {"result": "cl_trid", "data": "cl_trid", "identifiers": "sv_trid"}, "TrId is no document"),
        (int, {}, "int is no class of the schema"),
    ],
)
def test_declarations_that_do_not_fit(cls: Any, fields: dict[str, str], named: str) -> None:
    wanted = {"result": "results", "data": "res_data", "identifiers": "tr_id"} | fields
    with pytest.raises(ValueError, match=named):
        ReplyTemplate(CODEC, cls, **wanted)
