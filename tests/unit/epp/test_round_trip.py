"""Random messages come back as they were sent, and what is sent is valid by the XML schemas."""

import copy
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree
from message_strategies import Messages
from xml_schemas import XSD, validator

from regwire import epp
from regwire.epp.ext import signed_mark
from regwire.epp.ext.vendor import core_mark_ext, tango_mark_ext, verification_code

MESSAGES = Messages(epp.DEFAULT, lists={"TtlCreate": 1, "TtlUpdate": 1, "TtlInfoData": 1})
NAMESPACES = frozenset(epp.DEFAULT.namespaces)

WITH_SIGNATURE = {
    signed_mark.SignedMark,
    verification_code.SignedCode,
    core_mark_ext.CoreAugmentedMark,
    tango_mark_ext.TangoAugmentedMark,
}
"""Raw in our declarations: what is drawn for it is no signature."""

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


@pytest.mark.parametrize(
    "cls", [cls for cls in epp.DEFAULT.elements if not cls.__regwire__.abstract], ids=lambda cls: cls.__name__
)
def test_each_element(cls):
    @settings(quiet, max_examples=10)
    @given(MESSAGES.of(cls))
    def run(element):
        message = epp.ProtocolExtension((element,))
        frame = epp.encode(message)
        assert epp.decode(frame) == message
        assert epp.decode(frame, role="client") == message
        if XSD.is_dir() and cls not in WITH_SIGNATURE:
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
