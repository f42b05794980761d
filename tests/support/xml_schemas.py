"""The XML schemas of EPP and IRIS out of the reference material beside the checkout: validation, a model to compare.

The material is no part of the repository; tests that need it are skipped where it is missing.
"""

import csv
import tempfile
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

SPEC = Path(__file__).resolve().parents[2].parent / "shared" / "spec"
XSD = SPEC / "xsd"
EXAMPLES = SPEC / "examples"

needs_spec = pytest.mark.skipif(not XSD.is_dir(), reason="the reference material (../shared/spec) is not here")

XS = "{http://www.w3.org/2001/XMLSchema}"


@cache
def schema_files() -> dict[str, Path]:
    """Map each target namespace to its file."""
    found = {}
    # Of a schema that the RFC has wrong, the repaired one.
    iris = sorted((SPEC / "xsd-iris").glob("*1*.xsd"), key=lambda path: (".fixed" not in path.name, path.name))
    iris += [path for path in [SPEC / "xsd-iris" / "iris-transport.xsd"] if path.is_file()]
    for path in (*sorted(XSD.glob("*.xsd")), *iris):
        namespace = etree.parse(path).getroot().get("targetNamespace")
        if namespace is not None:
            found.setdefault(namespace, path)
    return found


@cache
def validator(namespaces: frozenset[str]) -> etree.XMLSchema:
    """Give the schema of these namespaces and all that they import."""
    files = schema_files()
    imports = "".join(
        f'<import namespace="{uri}" schemaLocation="{files[uri].as_uri()}"/>'
        for uri in sorted(_with_imports(namespaces), key=_load_order)
    )
    wrapper = f'<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:all">{imports}</schema>'
    return etree.XMLSchema(etree.fromstring(wrapper))


@cache
def iris_validator(namespaces: frozenset[str]) -> etree.XMLSchema:
    """Give the schema of these namespaces; what stands in controls and reactions is looked at where it is declared.

    The schema skips it, and the RFC means it to be what its definition says (3981 section 4.3.8).
    """
    with tempfile.TemporaryDirectory() as folder:
        imports = []
        for uri in sorted(namespaces & schema_files().keys(), key=lambda uri: (not uri.endswith(":iris1"), uri)):
            text = schema_files()[uri].read_text(encoding="utf-8")
            if uri.endswith(":iris1"):
                for name in ("controlType", "reactionType"):
                    at = text.index("skip", text.index(f'name="{name}"'))
                    text = text[:at] + "lax" + text[at + 4 :]
            path = Path(folder) / f"{len(imports)}.xsd"
            path.write_text(text, encoding="utf-8")
            imports.append(f'<import namespace="{uri}" schemaLocation="{path.as_uri()}"/>')
        wrapper = f'<schema xmlns="{XS[1:-1]}" targetNamespace="urn:all">{"".join(imports)}</schema>'
        return etree.XMLSchema(etree.fromstring(wrapper))


def _with_imports(namespaces: frozenset[str]) -> set[str]:
    found: set[str] = set()
    todo = [uri for uri in namespaces if uri in schema_files()]
    while todo:
        uri = todo.pop()
        if uri in found:
            continue
        found.add(uri)
        tree = etree.parse(schema_files()[uri])
        todo.extend(i.get("namespace") for i in tree.iter(f"{XS}import") if i.get("namespace") in schema_files())
    return found


def _load_order(uri: str) -> tuple[int, str]:
    """Imports without a location resolve to what was read before them: the shared ones come first."""
    first = ("urn:ietf:params:xml:ns:eppcom-1.0", "urn:ietf:params:xml:ns:epp-1.0", "urn:ietf:params:xml:ns:host-1.0")
    return (first.index(uri) if uri in first else len(first), uri)


def example_rows() -> list[tuple[Path, bool]]:
    """List the RFCs' commands and responses, with what the index says about their validity."""
    if not EXAMPLES.is_dir():
        return []
    with (EXAMPLES / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        kinds = {"epp-command", "epp-response"}
        return [(EXAMPLES / r["file"], r["schema-valid"] == "yes") for r in rows if r["kind"] in kinds]
