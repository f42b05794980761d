"""ICANN's Registry System Testing (RST v2.0), run against any EPP server.

- `load_inputs`: what the cases must know about the server, from a TOML file.
- `run_cases`: run them; gives a `RunResult` with a verdict and findings for each case.
- `write_report`: the result as JSON, Markdown or HTML.

The cases are functions in `regwire.testing.rst.cases`, found by their identifiers; `regwire rst` is the command.
"""

from regwire.testing.rst.catalogue import Severity, catalogue, severity_of
from regwire.testing.rst.inputs import INPUTS, Inputs, load_inputs, parse_inputs, template
from regwire.testing.rst.report import as_html, as_json, as_markdown, write_report
from regwire.testing.rst.runner import run_cases, select
from regwire.testing.rst.verdicts import CaseResult, Finding, Frame, RunResult, Verdict

__all__ = [
    "INPUTS",
    "CaseResult",
    "Finding",
    "Frame",
    "Inputs",
    "RunResult",
    "Severity",
    "Verdict",
    "as_html",
    "as_json",
    "as_markdown",
    "catalogue",
    "load_inputs",
    "parse_inputs",
    "run_cases",
    "select",
    "severity_of",
    "template",
    "write_report",
]
