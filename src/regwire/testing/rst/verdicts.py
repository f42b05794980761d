"""What a case comes to: findings with their error codes, and the verdict that follows from them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from regwire.testing.rst.catalogue import Severity, severity_of

__all__ = ["CaseResult", "Finding", "Frame", "RunResult", "Verdict"]


class Verdict(enum.StrEnum):
    """Pass: nothing was found; warning: nothing but warnings; fail: an error; skipped: the case does not apply."""

    PASS = "pass"  # noqa: S105 - a verdict
    WARNING = "warning"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a session. `session` is its number within the case, `seconds` since the case began.

    `text` has every password and authInfo replaced by asterisks.
    """

    session: int
    sent: bool
    seconds: float
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the case demands.

    `step` says what the case was about to show, `detail` what came instead, `frames` what was exchanged for it.
    """

    code: str
    step: str
    detail: str
    frames: tuple[Frame, ...] = ()

    @property
    def severity(self) -> Severity:
        """As the published error codes define it."""
        return severity_of(self.code)


@dataclass(slots=True)
class CaseResult:
    """One case's outcome.

    Attributes:
        steps: how many steps were taken; a step is usually one command and what its reply must be.
        commands: how many commands were answered.
        seconds: from the first step to the last.
        slowest: the longest time to an answer, in seconds.
        reason: why it was skipped; empty otherwise.
        crash: what went wrong in the case itself, a fault of this program that an odd answer may have woken; empty
            otherwise.
        notes: what was not applicable or is worth knowing, without an error code.

    """

    id: str
    title: str
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reason: str = ""
    crash: str = ""
    steps: int = 0
    commands: int = 0
    seconds: float = 0.0
    slowest: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """Pass, warning, fail or skipped."""
        if self.crash or any(finding.severity is not Severity.WARNING for finding in self.findings):
            return Verdict.FAIL
        if self.findings:
            return Verdict.WARNING
        return Verdict.SKIPPED if self.reason else Verdict.PASS

    @property
    def codes(self) -> list[str]:
        """The error codes found, each once, in order."""
        return list(dict.fromkeys(finding.code for finding in self.findings))


@dataclass(slots=True)
class RunResult:
    """A run: its cases in order, when it was, against what, and the seed that makes its random values come again."""

    server: str = ""
    started: str = ""
    seed: int = 0
    version: str = ""
    rows: str = ""
    server_id: str = ""
    cases: list[CaseResult] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether any case failed."""
        return any(case.verdict is Verdict.FAIL for case in self.cases)

    def count(self, verdict: Verdict) -> int:
        """How many cases came to this verdict."""
        return sum(case.verdict is verdict for case in self.cases)
