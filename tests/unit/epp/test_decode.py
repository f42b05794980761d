"""`regwire.epp.decode` is a native function; it has the manners of one written in Python."""

import inspect
import pickle

import pytest

from regwire import epp
from regwire.errors import SchemaFault, XmlError
from regwire.schema import Raw

HELLO = epp.encode(epp.Hello())
UNKNOWN = b"""<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="1000"><msg>Done</msg></result>
<extension><x xmlns="urn:example:unknown"/></extension><trID><svTRID>SV-1</svTRID></trID></response></epp>"""


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_takes_octets_of_any_kind(kind):
    assert epp.decode(kind(HELLO)) == epp.Hello()


def test_refuses_what_holds_no_octets():
    with pytest.raises(TypeError):
        epp.decode(HELLO.decode())


def test_faults_are_raised():
    with pytest.raises(XmlError):
        epp.decode(HELLO[:-1])
    with pytest.raises(SchemaFault) as raised:
        epp.decode(HELLO.replace(b"hello", b"hullo"))
    assert raised.value.fault.root == ("urn:ietf:params:xml:ns:epp-1.0", "epp")


def test_role_and_schema_are_keywords():
    with pytest.raises(SchemaFault):
        epp.decode(UNKNOWN)
    response = epp.decode(UNKNOWN, role="client")
    assert isinstance(response.extension[0], Raw)
    with pytest.raises(ValueError, match="role 'registry' is not one of strict, server, client"):
        epp.decode(HELLO, role="registry")
    with pytest.raises(TypeError):
        epp.decode(HELLO, "client")


def test_a_schema_takes_the_place_of_the_default():
    check = epp.encode(epp.command(epp.DomainCheck(("a.example",))))
    core = epp.DEFAULT.only(())
    assert epp.decode(HELLO, schema=core) == epp.Hello()
    with pytest.raises(SchemaFault):
        epp.decode(check, schema=core)
    with pytest.raises(AttributeError):
        epp.decode(HELLO, schema="epp")


def test_it_is_known_by_its_signature_and_its_text():
    signature = inspect.signature(epp.decode)
    assert str(signature) == "(frame, *, role='strict', schema=None)"
    assert "SchemaFault" in inspect.getdoc(epp.decode)


def test_it_can_be_sent_to_another_process():
    assert pickle.loads(pickle.dumps(epp.decode))(HELLO) == epp.Hello()
