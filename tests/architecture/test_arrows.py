"""The arrows of the architecture hold, and the checker would notice if they did not."""

from __future__ import annotations

from pathlib import Path

import pytest

from architecture import arrows

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
CRATES = ROOT / "native" / "crates"


def test_python_arrows() -> None:
    found = list(arrows.imports(SOURCE))
    assert found, "no imports found: is the checker looking in the right place?"
    faults = [
        f"{item.path.relative_to(ROOT)}:{item.line}: {item.target}: {fault}"
        for item in found
        if (fault := arrows.fault_of(item)) is not None
    ]
    assert not faults, "\n".join(faults)


def test_every_package_has_a_layer() -> None:
    known = frozenset().union(*arrows.LAYERS)
    packages = {path.parent.name for path in (SOURCE / "regwire").glob("*/__init__.py")}
    modules = {path.stem for path in (SOURCE / "regwire").glob("*.py")} - {"__init__", "__main__"}
    assert packages | modules <= known


@pytest.mark.parametrize("crate", sorted(path.parent.name for path in CRATES.glob("*/Cargo.toml")))
def test_crate_arrows(crate: str) -> None:
    faults = arrows.crate_faults(crate, arrows.crate_dependencies(CRATES / crate / "Cargo.toml"))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("crate", sorted(set(arrows.RUST_ARROWS) - arrows.UNSAFE_IN))
def test_no_unsafe_outside_python_and_sys(crate: str) -> None:
    assert "#![forbid(unsafe_code)]" in (CRATES / crate / "src" / "lib.rs").read_text(encoding="utf-8")


def test_native_python_part_imports_only_itself() -> None:
    folder = ROOT / "native" / "python"
    targets = {item.target.partition(".")[0] for item in arrows.imports(folder)}
    assert "regwire_native" in targets
    assert not targets & {"regwire", "trio", "lxml"}


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("epp/session.py", "import trio", "nothing at or below"),
        ("epp/session.py", "def f():\n    import trio.lowlevel", "nothing at or below"),
        ("epp/session.py", "from regwire.iris import uri", "one layer"),
        ("epp/session.py", "from ..iris import uri", "one layer"),
        ("epp/session.py", "from regwire import trio", "goes back"),
        ("epp/messages/domain.py", "from ...trio import epp", "goes back"),
        ("schema/plan.py", "from regwire.session import table", "goes back"),
        ("session/_loop.pyx", "from regwire.epp cimport state", "goes back"),
        ("session/_loop.pyx", "cimport cython\nimport trio", "nothing at or below"),
        ("registry/store/sqlite.py", "from regwire.testing import clock", "goes back"),
        ("trio/epp.py", "from regwire.blocking import epp", "one layer"),
        ("epp/session.py", "from regwire.beep import channel", "iris, testing, trio only"),
        ("errors.py", "import regwire.schema", "goes back"),
        ("errors.py", "import regwire_native", "stands alone"),
        ("gossip/talk.py", "import regwire.epp", "knows no package"),
        ("__init__.py", "from regwire import epp", "must not load"),
        ("epp/session.py", "import importlib\nimportlib.import_module('regwire.trio.epp')", "goes back"),
    ],
)
def test_checker_sees_an_arrow_that_goes_back(tmp_path: Path, file: str, text: str, fault: str) -> None:
    path = tmp_path / "regwire" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    faults = [message for item in arrows.imports(tmp_path) if (message := arrows.fault_of(item)) is not None]
    assert len(faults) == 1
    assert fault in faults[0]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("trio/epp.py", "import trio\nfrom regwire.epp import messages\nfrom regwire.errors import Error"),
        ("blocking/epp.py", "from regwire.trio import epp"),
        ("iris/transport/beep.py", "from regwire.beep import channel"),
        ("epp/messages/domain.py", "from .core import Epp\nfrom regwire.schema import Element\nimport regwire_native"),
        ("cli/main.py", "import trio\nfrom regwire.registry import config\nfrom regwire import __version__"),
        ("__init__.py", "from regwire.errors import Error\nimport regwire_native"),
    ],
)
def test_checker_lets_proper_arrows_pass(tmp_path: Path, file: str, text: str) -> None:
    path = tmp_path / "regwire" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    found = list(arrows.imports(tmp_path))
    assert found
    assert [arrows.fault_of(item) for item in found] == [None] * len(found)


def test_checker_sees_crates_that_go_back(tmp_path: Path) -> None:
    manifest = tmp_path / "Cargo.toml"
    manifest.write_text(
        '[dependencies]\nregwire-plan.workspace = true\n[dev-dependencies]\npyo3 = "0.30"\n'
        '[target.\'cfg(unix)\'.dependencies]\nrenamed = { package = "regwire-reactor", path = "../reactor" }\n',
        encoding="utf-8",
    )
    dependencies = arrows.crate_dependencies(manifest)
    assert arrows.crate_faults("xml", dependencies) == [
        "xml must not depend on regwire-plan",
        "xml must not depend on regwire-reactor",
        "xml must not know PyO3",
    ]
    assert arrows.crate_faults("gossip", dependencies) == ["the architecture knows no crate gossip"]
