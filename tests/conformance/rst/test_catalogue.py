"""Our catalogue of cases, codes, severities and rows beside the published one."""

import re

import pytest
from rst_rig import DATA, RST, needs_rows

from regwire.testing.rst import INPUTS, Severity, catalogue, severity_of
from regwire.testing.rst.rows import TABLES, load_tables
from regwire.testing.rst.tmch import read_labels
from regwire.testing.rst.values import Values

pytestmark = needs_rows
PARTS = ("epp", "idn", "minimum-rpms")


def top_level(path):
    """Each top key of a published file with the lines below it; commented ones are left out."""
    blocks, name = {}, None
    for line in path.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"([\w.-]+):", line):
            name = found[1]
            blocks[name] = []
        elif name and not line.startswith("#"):
            blocks[name].append(line)
    return blocks


def published(file):
    return {name: lines for part in PARTS for name, lines in top_level(RST / part / file).items()}


def test_every_published_case_is_there():
    assert list(published("cases.yaml")) == list(catalogue())


@pytest.mark.parametrize("id", list(catalogue()))
def test_a_case_has_the_published_codes(id):
    lines = published("cases.yaml")[id]
    codes = {found[1] for line in lines if (found := re.fullmatch(r"\s+- ((?:EPP|IDN|RPMS)_\w+)", line))}
    assert catalogue()[id].codes | {"EPP_LOGIN_ERROR", "EPP_GENERIC_COMMAND_ERROR"} == codes | {
        "EPP_LOGIN_ERROR",
        "EPP_GENERIC_COMMAND_ERROR",
    }


def test_severities_are_the_published_ones():
    for code, lines in published("errors.yaml").items():
        found = next(line.split(":")[1].strip() for line in lines if line.strip().startswith("Severity:"))
        assert severity_of(code) is Severity(found), code


def test_published_inputs_are_known():
    ours = {item.name for item in INPUTS}
    assert set(published("inputs.yaml")) <= ours


@pytest.mark.parametrize("name", TABLES)
def test_our_rows_mean_what_the_published_ones_mean(name):
    theirs, ours = load_tables(DATA)[name], load_tables(None)[name]
    assert set(theirs.rows[0].cells) == set(ours.rows[0].cells)
    # Ours also try what the codes speak of and the published rows do not.
    assert {(row.passes, row.code) for row in theirs.rows} <= {(row.passes, row.code) for row in ours.rows}


@pytest.mark.parametrize("folder", [DATA, None], ids=["published", "ours"])
@pytest.mark.parametrize("name", TABLES)
def test_every_value_can_be_computed(name, folder):
    variables = {
        "TLD": "example",
        "EXTERNAL": "invalid",
        "PREFIX": "p-",
        "DOMAIN": "d.example",
        "RESERVEDNAME": "taken.example",
    }
    table = load_tables(folder)[name]
    rows = list(table.resolved(Values(1), variables=variables, auto=dict.fromkeys(table.rows[0].cells, lambda: "auto")))
    assert len(rows) == len(table.rows)
    assert not any("{" in value for _, values in rows for value in values.values())
    # A seed gives the same values again.
    again = table.resolved(Values(1), variables=variables, auto=dict.fromkeys(table.rows[0].cells, lambda: "auto"))
    assert [values for _, values in again] == [values for _, values in rows]


def test_the_published_label_list_is_read():
    labels = read_labels(RST / "resources" / "testDNL.csv")
    assert labels
    assert all(key.count("/") == 4 for key in labels.values())
