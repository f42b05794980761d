"""Values of the wrong kind: one EncodeError that can be shown, kept and sent on, whatever the value is."""

import datetime as dt
import pickle

import pytest

from regwire import epp
from regwire.epp.compose import DEFAULT_DCP
from regwire.errors import EncodeError
from regwire.schema import Duration


class Mute:
    """An object without a repr."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


def check(name: object) -> epp.Command:
    return epp.command(epp.DomainCheck((name,)))  # type: ignore[arg-type]


def refused(message: object) -> EncodeError:
    with pytest.raises(EncodeError) as raised:
        epp.encode(message)  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 500
    return raised.value


def test_an_object_without_a_repr():
    error = refused(check(Mute()))
    assert (error.path, error.rule) == ("command/check/domain:check/domain:name", "datatype")
    assert str(error).endswith("got <Mute>")


def test_an_integer_that_python_does_not_write():
    q = epp.MsgQ(10**5000, "1")
    error = refused(epp.Response((epp.Result(1000, epp.Msg("x")),), q, tr_id=epp.TrId(sv_trid="SV-1")))
    assert error.path == "response/msgQ/@count"
    assert "an int of fewer digits is needed, got <int>" in str(error)
    assert refused(check(10**5000)).rule == "datatype"


def test_a_long_value_is_shown_in_part_and_kept_whole():
    error = refused(check("x" * 70_000))
    assert error.value == "x" * 70_000
    assert str(error).endswith("x…")
    assert pickle.loads(pickle.dumps(error)).value == error.value


@pytest.mark.parametrize("junk", [1, 0, "yes", "", (), dt.date(2026, 1, 1)])
def test_flags_are_true_or_false_in_a_choice_too(junk):
    access = epp.DcpAccess(all=True, none=junk)
    dcp = epp.Dcp(access, DEFAULT_DCP.statements)
    greeting = epp.greeting("server", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), ("urn:x",), dcp=dcp)
    error = refused(greeting)
    assert error.rule == "datatype"
    assert "True or False is needed" in str(error)


def test_durations_are_made_of_numbers():
    with pytest.raises(TypeError, match=r"Duration\.parse\(\) reads text"):
        Duration("P1Y")  # type: ignore[arg-type]
