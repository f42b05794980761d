"""What a type checker sees of a declared class."""

from pathlib import Path

import pytest

CODE = """
from typing import Annotated, Literal
from regwire.schema import Element, Namespace, Schema, Type, attribute, child, content, flag, replace, token, wrapped

NS = Namespace("urn:x", "x")
Label = Annotated[str, token(max_length=63)]

class Period(Type, ns=NS):
    value: int = content()
    unit: Literal["y", "m"] = attribute(default="y")

class Create(Element, ns=NS, tag="create"):
    name: Label
    period: Period | None = None
    tags: tuple[Label, ...] = child("tag", default=())
    uris: tuple[Label, ...] = wrapped("uris", child("uri"), default=())
    pw: Label = child(kw_only=True)
    on: bool = flag(default=False)

good: Create = Create("a", Period(1), ("x",), pw="x", on=True)
period: Period | None = good.period
other: Create = good.replace(name="b")
another: Create = replace(good, name="b")
octets: bytes = Schema(Create).encode(good)
match good:
    case Create(name):
        text: str = name
"""

WRONG = {
    'good.name = "x"': "read-only",
    'Create("a")': 'Missing named argument "pw"',
    'Create(1, pw="x")': "incompatible type",
    'Create("a", pw="x", nome=1)': 'Unexpected keyword argument "nome"',
    'Period(1, unit="d")': "incompatible type",
}


def test_mypy_strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = pytest.importorskip("mypy.api")
    source = tmp_path / "user.py"
    source.write_text(CODE + "\n".join(WRONG) + "\n", encoding="utf-8")
    first = CODE.count("\n") + 1
    root = Path(__file__).parents[3]
    monkeypatch.setenv("MYPYPATH", f"{root / 'src'}:{root / 'native/python'}")
    report, errors, _ = api.run(
        ["--strict", "--no-error-summary", "--config-file=", f"--cache-dir={tmp_path / 'cache'}", str(source)]
    )
    assert not errors
    lines = [line for line in report.splitlines() if "error:" in line]
    assert len(lines) == len(WRONG), report
    for number, (line, expected) in enumerate(zip(lines, WRONG.values(), strict=True)):
        assert f"user.py:{first + number}: error:" in line
        assert expected in line
