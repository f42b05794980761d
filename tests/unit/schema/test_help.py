"""What editors and `help()` show of message classes."""

import inspect
import pydoc

import pytest

from regwire import epp
from regwire.schema import MISSING


def test_the_signature_is_that_of_the_constructor():
    assert str(inspect.signature(epp.DomainCheck)) == "(names: tuple[str, ...])"
    shown = str(inspect.signature(epp.DomainCreate))
    assert shown.startswith("(name: str, period: regwire.epp.messages.")
    assert ", *, auth_info: " in shown
    assert "Simple(" not in shown
    assert str(inspect.signature(epp.Hello)) == "()"


@pytest.mark.parametrize("cls", [cls for cls in epp.DEFAULT.elements if cls.__ns__])
def test_every_signature_names_all_fields(cls):
    parameters = inspect.signature(cls).parameters
    assert tuple(parameters) == cls.__match_args__
    assert not any(parameter.default is MISSING for parameter in parameters.values())


def test_help_says_what_each_field_is():
    text = pydoc.plain(pydoc.render_doc(epp.DomainCreate))
    assert "class DomainCreate(regwire.schema" in text
    assert "DomainCreate(name: str, " in text
    assert "<domain:authInfo>" in text
    assert inspect.getdoc(epp.Transfer.op) == "the attribute op"
    assert inspect.getdoc(epp.Transfer.object) == "elements of other namespaces"
    assert inspect.getdoc(epp.DcpAccess.none) == "whether there is <none>"
