"""A run's result for people and for programs: JSON, Markdown, and one HTML file that needs nothing else."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from regwire.errors import ConfigError
from regwire.testing.rst.verdicts import CaseResult, Finding, RunResult, Verdict

__all__ = ["as_html", "as_json", "as_markdown", "write_report"]


def write_report(run: RunResult, path: Path) -> None:
    """Write the result to a file; its suffix (.json, .md, .html) says in which form.

    Raises:
        ConfigError: another suffix, or a file that cannot be written.

    """
    forms = {".json": as_json, ".md": as_markdown, ".html": as_html, ".htm": as_html}
    form = forms.get(path.suffix.lower())
    if form is None:
        raise ConfigError(f"--report {path}", "its suffix says no form", "name it .html, .md or .json")
    try:
        path.write_text(form(run), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--report {path}", f"cannot be written ({error.strerror})") from error


def as_json(run: RunResult) -> str:
    """One JSON object: the run, and its cases with verdict, findings and frames."""
    return json.dumps(
        {
            "server": run.server,
            "server_id": run.server_id,
            "started": run.started,
            "seconds": run.seconds,
            "seed": run.seed,
            "rows": run.rows,
            "regwire": run.version,
            "verdict": "fail" if run.failed else "pass",
            "counts": {verdict.value: run.count(verdict) for verdict in Verdict},
            "cases": [_plain(case) for case in run.cases],
        },
        ensure_ascii=False,
        indent=2,
    )


def _plain(case: CaseResult) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": case.id,
        "title": case.title,
        "verdict": case.verdict.value,
        "reason": case.reason,
        "crash": case.crash,
        "codes": case.codes,
        "seconds": case.seconds,
        "steps": case.steps,
        "commands": case.commands,
        "slowest_reply": case.slowest,
        "notes": case.notes,
    }
    plain["findings"] = [
        {
            "code": finding.code,
            "severity": finding.severity.value,
            "step": finding.step,
            "detail": finding.detail,
            "frames": [
                {
                    "session": f.session,
                    "direction": "sent" if f.sent else "received",
                    "seconds": f.seconds,
                    "text": f.text,
                }
                for f in finding.frames
            ],
        }
        for finding in case.findings
    ]
    return plain


# --------------------------------------------------------------------------------------------------------- Markdown


def as_markdown(run: RunResult) -> str:
    """A page: the table of cases, then what was found with its frames."""
    return "\n".join(_markdown(run)) + "\n"


def _told(case: CaseResult) -> str:
    """What a line about a case says beside its verdict."""
    return ", ".join(case.codes) or case.crash or case.reason


def _summary(run: RunResult) -> str:
    return ", ".join(f"{run.count(verdict)} {verdict.value}" for verdict in Verdict if run.count(verdict))


def _facts(run: RunResult) -> list[tuple[str, str]]:
    return [
        ("Server", f"{run.server_id} at {run.server}" if run.server_id else run.server),
        ("Started", run.started),
        ("Took", f"{run.seconds:.1f} s"),
        ("Result", _summary(run)),
        ("Data rows", run.rows),
        ("Seed", str(run.seed)),
        ("Made by", f"regwire {run.version}"),
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _markdown(run: RunResult) -> Iterator[str]:
    yield f"# Registry System Testing: {run.server}"
    yield ""
    yield from (f"- {name}: {value}" for name, value in _facts(run))
    yield ""
    yield "| Case | What | Verdict | Error codes | Steps | Time | Slowest reply |"
    yield "|---|---|---|---|---|---|---|"
    for case in run.cases:
        told = _told(case)
        yield (
            f"| {case.id} | {_cell(case.title)} | {case.verdict.value} | {_cell(told)} | {case.steps} "
            f"| {case.seconds:.2f} s | {case.slowest * 1000:.0f} ms |"
        )
    for case in run.cases:
        if case.findings or case.notes or case.crash:
            yield ""
            yield f"## {case.id}: {case.title}"
            yield ""
            yield from (f"- note: {note}" for note in case.notes)
            if case.crash:
                yield f"- the case itself failed: {case.crash}"
            for finding in case.findings:
                yield from _markdown_finding(finding)


def _markdown_finding(finding: Finding) -> Iterator[str]:
    yield f"- **{finding.code}** ({finding.severity.value}): {finding.step}: {finding.detail}"
    for frame in finding.frames:
        yield ""
        yield f"  {'sent' if frame.sent else 'received'} in session {frame.session} at {frame.seconds:.3f} s:"
        yield ""
        yield "  ````xml"
        yield from (f"  {line}" for line in frame.text.splitlines())
        yield "  ````"


# ------------------------------------------------------------------------------------------------------------- HTML

_STYLE = """\
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .3rem .6rem; vertical-align: top; }
tr { border-bottom: 1px solid #ddd; }
pre { background: #f6f6f6; padding: .6rem; overflow-x: auto; white-space: pre-wrap; }
.pass { color: #176f2c; }
.fail { color: #b3261e; font-weight: 600; }
.warning { color: #8a5a00; }
.skipped { color: #666; }
dt { float: left; clear: left; width: 7rem; color: #666; }
dd { margin-left: 8rem; }
code { overflow-wrap: anywhere; }"""


def as_html(run: RunResult) -> str:
    """One file without scripts and without anything from elsewhere."""
    return "\n".join(_html(run)) + "\n"


def _html(run: RunResult) -> Iterator[str]:
    title = html.escape(f"Registry System Testing: {run.server}")
    yield f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>'
    yield f"<style>\n{_STYLE}\n</style>\n</head>\n<body>\n<h1>{title}</h1>\n<dl>"
    yield from (f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in _facts(run))
    yield "</dl>\n<table>"
    yield "<tr><th>Case</th><th>What</th><th>Verdict</th><th>Error codes</th><th>Steps</th><th>Time</th></tr>"
    for case in run.cases:
        told = html.escape(_told(case))
        verdict = case.verdict.value
        yield (
            f'<tr><td><a href="#{case.id}">{case.id}</a></td><td>{html.escape(case.title)}</td>'
            f'<td class="{verdict}">{verdict}</td><td><code>{told}</code></td>'
            f"<td>{case.steps}</td><td>{case.seconds:.2f}&nbsp;s</td></tr>"
        )
    yield "</table>"
    for case in run.cases:
        yield from _html_case(case)
    yield "</body>\n</html>"


def _html_case(case: CaseResult) -> Iterator[str]:
    yield f'<h2 id="{case.id}">{case.id}: {html.escape(case.title)}</h2>'
    verdict = case.verdict.value
    reason = f": {html.escape(case.reason)}" if case.reason else ""
    yield f'<p><span class="{verdict}">{verdict}</span>{reason}; {case.steps} steps, {case.commands} commands,'
    yield f"{case.seconds:.2f} s, slowest reply {case.slowest * 1000:.0f} ms.</p>"
    if case.crash:
        yield f"<p>The case itself failed: <code>{html.escape(case.crash)}</code></p>"
    for note in case.notes:
        yield f"<p>Note: {html.escape(note)}</p>"
    for finding in case.findings:
        yield f"<h3><code>{finding.code}</code> ({finding.severity.value})</h3>"
        yield f"<p>{html.escape(finding.step)}: {html.escape(finding.detail)}</p>"
        for frame in finding.frames:
            way = "sent" if frame.sent else "received"
            yield f"<p>{way} in session {frame.session} at {frame.seconds:.3f} s</p>"
            yield f"<pre>{html.escape(frame.text)}</pre>"
