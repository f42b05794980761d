"""Lists that operators keep in files."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from regwire.errors import ConfigError
from regwire.registry.lists import read_premiums
from regwire.registry.model.fees import Premium


def read(folder: Path, text: str) -> tuple[Premium, ...]:
    path = folder / "premium.csv"
    path.write_text(text, "utf-8")
    return read_premiums(path)


def test_names_with_tiers_and_prices(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "\ufeffname, tier,create,renew\n# a comment\n\nGold.example,gold,,\n"
        '"münchen.example",,500.00,\nb.example,,1,2.5\n',
    )
    assert found == (
        Premium("gold.example", "gold"),
        Premium("xn--mnchen-3ya.example", "", Decimal("500.00")),
        Premium("b.example", "", Decimal(1), Decimal("2.5")),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", r"premium\.csv:1: names no columns; begin with a line such as name,tier"),
        ("a.example,gold\n", r"premium\.csv:1: names no columns"),
        ("name,price\n", r"premium\.csv:1: has a column 'price'; known: name, tier"),
        ("# list\nname,tier\na.example\n", r"premium\.csv:3: has 1 fields; write 2"),
        ("name,create\na.example,cheap\n", r"premium\.csv:2: 'cheap' is no price; write digits"),
        ("name\n-.example\n", r"premium\.csv:2: '-\.example' is no domain name"),
        ("name\na.example\nA.example\n", r"premium\.csv:3: a\.example is in line 2 already; remove"),
    ],
)
def test_errors_name_line_and_cure(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        read(tmp_path, text)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"premium\.csv: cannot be read .*; it must be a readable UTF-8 file"):
        read_premiums(tmp_path / "premium.csv")
