"""The error tree: drawn as it is, found by code, picklable."""

import copy
import pickle
import re
from typing import Any

import pytest

from regwire import epp, errors

CLASSES = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.RegwireError)]


def drawn() -> list[tuple[str, str | None, int | None]]:
    """(class, parent, code) of every line of the drawing."""
    found: list[tuple[str, str | None, int | None]] = []
    stack: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    ([ │├└─]*)(\w+)(?:\s+(\d{4})$|\s|$)", line)
        if not match or not (match[1] or match[2] == "RegwireError"):
            continue
        depth = len(match[1])
        while stack and stack[-1][0] >= depth:
            stack.pop()
        found.append((match[2], stack[-1][1] if stack else None, int(match[3]) if match[3] else None))
        stack.append((depth, match[2]))
    return found


def test_the_drawing_is_the_tree() -> None:
    real = {(c.__name__, c.__mro__[1].__name__ if c is not errors.RegwireError else None) for c in CLASSES}
    assert {(name, parent) for name, parent, _ in drawn()} == real


def test_the_drawing_shows_the_codes() -> None:
    assert {name: code for name, _, code in drawn() if code} == {
        c.__name__: code for code, c in errors.CommandError.by_code.items()
    }


def test_every_public_class_is_exported() -> None:
    assert sorted([c.__name__ for c in CLASSES] + ["command_error"]) == sorted(errors.__all__)


@pytest.mark.parametrize("code", sorted(errors.CommandError.by_code))
def test_code_is_class_data(code: int) -> None:
    error = errors.command_error(code, "text", reasons=("because",), response={"a": 1})
    assert type(error).code == code == error.code
    assert "code" not in error.__dict__
    assert str(error) == f"{code} text: because"
    assert error.response == {"a": 1}


@pytest.mark.parametrize(
    ("code", "cls"), [(2099, errors.SyntaxRefused), (2399, errors.DataRefused), (2999, errors.CommandError)]
)
def test_a_code_nobody_claims_gets_its_group(code: int, cls: type[errors.CommandError]) -> None:
    error = errors.command_error(code, "odd")
    assert type(error) is cls
    assert error.code == code


@pytest.mark.parametrize(
    "error",
    [
        errors.DeclarationError("DomainCreate.period", "no type"),
        errors.EncodeError("a/b", "max_length", "x"),
        errors.XmlError("bad name", 7, 2),
        errors.SchemaFault("a/b", "pattern", "x"),
        errors.ConfigError("registry.toml:3", "unknown key", "write port"),
        errors.ReplyMismatch("clTRID", expected="A", got="B"),
        errors.ConnectionLost("cut", clean=False),
        errors.NotSent("window full", command="c"),
        errors.OutcomeUnknown("cut", command="c", cl_trid="A-1", query="q"),
        errors.SaslFailed("refused", mechanism="PLAIN"),
        errors.TransferRefused("data-error", ("not XML",)),
        errors.SizeRefused("size", octets=1211),
        errors.NameNotFound("no such name", others=(("kein solcher Name", "de"),)),
        errors.LanguageNotSupported(languages=("fr",)),
        errors.command_error(2302, "Object exists"),
        errors.command_error(2999, "odd"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_errors_survive_pickle_and_copy(error: errors.RegwireError) -> None:
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(other) is type(error)
        assert str(other) == str(error)
        assert other.__dict__ == error.__dict__


def test_a_secret_value_is_not_needed_in_the_text() -> None:
    assert str(errors.EncodeError("login/pw", "min_length")) == "login/pw: min_length"


def test_a_fault_of_a_frame_survives_pickle_without_what_belongs_to_its_process() -> None:
    with pytest.raises(errors.SchemaFault) as caught:
        epp.decode(b'<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command/></epp>')
    assert caught.value.fault is not None
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again), again.path, again.fault) == (
        errors.SchemaFault,
        str(caught.value),
        caught.value.path,
        None,
    )


def test_what_has_no_path_is_told_without_one() -> None:
    with pytest.raises(errors.EncodeError, match=r"^str is no document of the schema epp$"):
        epp.encode("x")


def test_text_in_the_place_of_a_class_is_shown_by_its_type_only() -> None:
    """A password where an authInfo belongs is still a password."""
    misplaced: Any = "hunter22"
    create = epp.DomainCreate("a.example", auth_info=misplaced)
    assert repr(create) == "DomainCreate(name='a.example', auth_info=<str>)"
    with pytest.raises(errors.EncodeError) as caught:
        epp.encode(epp.command(create))
    assert str(caught.value) == "command/create/domain:create/domain:authInfo: a DomainAuthInfo is needed, not a str"
    assert "hunter22" not in repr(vars(caught.value))
