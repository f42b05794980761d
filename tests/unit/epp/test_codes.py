"""Result codes and the replies built from them."""

import pytest
from xml_schemas import XS, needs_spec, schema_files

from regwire.epp import MESSAGES, Reply, ResultCode, error, ok

EPP = "urn:ietf:params:xml:ns:epp-1.0"


@needs_spec
def test_codes_are_those_of_the_schema():
    from lxml import etree

    values = etree.parse(schema_files()[EPP]).iterfind(f".//{XS}simpleType[@name='resultCodeType']//{XS}enumeration")
    assert {int(value.get("value")) for value in values} == set(ResultCode)


def test_every_code_has_a_text():
    assert MESSAGES.keys() == set(ResultCode)
    assert len(set(MESSAGES.values())) == len(MESSAGES)
    assert ResultCode(2303).message == "Object does not exist"


def test_severity():
    assert {code for code in ResultCode if code.is_success} == {1000, 1001, 1300, 1301, 1500}
    assert all(code.is_error is not code.is_success for code in ResultCode)
    assert {code for code in ResultCode if code.ends_session} == {1500, 2500, 2501, 2502}
    assert {code for code in ResultCode if code.is_pending} == {1001}


def test_replies():
    assert ok() == Reply(1000)
    assert ok("data", code=ResultCode.OK_PENDING) == Reply(1001, ("data",))
    assert error(2303, "value") == Reply(2303, values=("value",))
    with pytest.raises(ValueError, match="2303 is not the code of a success"):
        ok(code=2303)
    with pytest.raises(ValueError, match="1000 is not the code of an error"):
        error(1000)
