"""Random messages come back as they were sent, and what is sent is valid by the XML schemas."""

import copy
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree
from message_strategies import Messages
from xml_schemas import XSD, validator

from regwire import epp

MESSAGES = Messages(epp.DEFAULT, lists={"TtlCreate": 1, "TtlUpdate": 1, "TtlInfoData": 1})
NAMESPACES = frozenset(epp.DEFAULT.namespaces)

quiet = settings(
    deadline=None,
    derandomize=True,
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@quiet
@given(MESSAGES.documents())
def test_documents(message):
    frame = epp.encode(message)
    assert epp.decode(frame) == message
    assert epp.encode(epp.decode(frame)) == frame
    if XSD.is_dir():
        validator(NAMESPACES).assertValid(etree.fromstring(frame))


@pytest.mark.parametrize("cls", epp.DEFAULT.elements, ids=lambda cls: cls.__name__)
def test_each_element(cls):
    @settings(quiet, max_examples=10)
    @given(MESSAGES.of(cls))
    def run(element):
        message = epp.ProtocolExtension((element,))
        frame = epp.encode(message)
        assert epp.decode(frame) == message
        assert epp.decode(frame, role="client") == message
        if XSD.is_dir():
            validator(NAMESPACES).assertValid(etree.fromstring(frame))

    run()


@settings(quiet, max_examples=50)
@given(MESSAGES.documents())
def test_messages_are_values(message):
    assert copy.deepcopy(message) == message
    assert pickle.loads(pickle.dumps(message)) == message
    assert message.replace() == message
    assert hash(message) == hash(message.replace())
    assert isinstance(message.to_dict(), dict)
    assert repr(message)
