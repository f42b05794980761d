"""The demonstration on a few labels: everything as expected, and the table says so."""

import os
import subprocess
import sys


def demo(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "regwire.cli", "demo", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "160"} | environment,
        timeout=300,
        check=False,
    )


def test_demo_succeeds_and_prints_its_table(tmp_path):
    result = demo("--labels", "120", "--sessions", "4", "--keep", str(tmp_path / "kept"))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "every outcome as expected" in result.stdout
    for row in ("domain create", "domain check", "domain info", "domain renew", "poll ack", "durable commits"):
        assert row in result.stdout
    for code in ("1000", "1001", "1300", "1301", "2202", "2302", "2303"):
        assert f" {code} " in result.stdout
    assert (tmp_path / "kept" / "registry.toml").is_file()


def test_demo_does_not_overwrite(tmp_path):
    (tmp_path / "pki").mkdir()
    result = demo("--labels", "2", "--keep", str(tmp_path))
    assert result.returncode == 2
    assert "exists already" in result.stderr
