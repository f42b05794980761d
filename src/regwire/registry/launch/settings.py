"""``[policy.launch]``: phases, and the validators of rights that count in them."""

# ruff: noqa: RUF009  (setting is dataclasses.field with its metadata spelt out)
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from regwire.registry.config import setting
from regwire.registry.launch.files import Watched, watched
from regwire.registry.launch.lists import read_codes, read_labels, read_revoked
from regwire.registry.launch.trust import read_certificates, read_crls

__all__ = ["PHASES", "LaunchSettings", "PhaseSettings", "ValidatorSettings"]

#: RFC 8334 section 2.3.
PHASES = ("sunrise", "landrush", "claims", "open", "custom")

#: What a phase asks for when it does not say.
_DEFAULT_PROOF = {"sunrise": "mark", "claims": "notice"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSettings:
    """``[[policy.launch.phases]]``: one phase."""

    phase: str = setting(MISSING, why="RFC 8334 section 2.3", choices=PHASES)
    name: str | None = setting(None, why="of a sub-phase; a custom phase must have one")
    start: datetime | None = setting(None, why="from this instant on; unset: it has begun")
    end: datetime | None = setting(None, why="until just before this instant; unset: for good")
    mode: str = setting(
        "registration",
        why="registration: first come, first served; application: many for a name, the operator decides",
        choices=("registration", "application"),
    )
    proof: str | None = setting(
        None,
        why="what a create needs: a mark, an accepted notice for names with claims, both, a mark for names on a "
        "sunrise list; unset: sunrise: mark, claims: notice, the others: none",
        choices=("none", "mark", "notice", "both", "listed-mark"),
    )

    def needs(self) -> str:
        """Return what a create needs."""
        return self.proof or _DEFAULT_PROOF.get(self.phase, "none")

    def active(self, now: datetime) -> bool:
        """Tell whether the phase runs."""
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorSettings:
    """``[[policy.launch.validators]]``: one trademark validator.

    Files are relative to registry.toml, and read again when they change.
    """

    id: str = setting("tmch", why="validatorID; tmch is the Trademark Clearinghouse and the default of commands")
    trust: tuple[str, ...] = setting((), why="PEM: authorities of the signers of signed marks; none: no signed marks")
    crls: tuple[str, ...] = setting((), why="PEM or DER: revocation lists of those authorities")
    revoked: str | None = setting(None, why="CSV: revoked signed marks (RFC 9361 section 6.2)")
    labels: str | None = setting(None, why="CSV: names with claims, and their keys (RFC 9361 section 6.1)")
    sunrise: str | None = setting(None, why="CSV: the sunrise list, for proof = listed-mark and trademark checks")
    codes: str | None = setting(None, why="CSV (code,label): mark codes; unset: none are taken")
    notices: str = setting(
        "tmch",
        why="how notice identifiers are checked: as those of the clearinghouse, or only their times",
        choices=("tmch", "times"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSettings:
    """``[policy.launch]``. Without phases, a zone knows nothing of launch-1.0.

    Attributes:
        directory: what files are relative to; not a setting.

    """

    phases: tuple[PhaseSettings, ...] = setting((), why="when none runs, nothing can be registered")
    validators: tuple[ValidatorSettings, ...] = setting((), why="who says which names are somebody's mark")
    accepted_hours: int = setting(
        48, unit="hours", why="a notice must have been accepted this recently (RFC 9361)", minimum=1, maximum=9000
    )
    max_marks: int = setting(1, unit="marks", why="of one create; each takes milliseconds", minimum=1, maximum=10)
    mark_size: int = setting(
        65_536, unit="octets", why="of a signed mark; those of the clearinghouse have about 10,000", minimum=1024
    )
    directory: Path = field(default=Path(), compare=False)

    def relative_to(self, directory: Path) -> LaunchSettings:
        """See `regwire.registry.config`."""
        return replace(self, directory=directory)

    def validate(self) -> tuple[str, str] | None:
        """See `regwire.registry.config`.

        Raises:
            ConfigError: a file cannot be read or is not what it should be.

        """
        for phase in self.phases:
            if phase.phase == "custom" and not phase.name:
                return "phases", 'has a custom phase without a name; add `name = "…"`'
            if phase.start is not None and phase.end is not None and phase.end <= phase.start:
                return "phases", f"has a {phase.phase} phase that ends before it starts; correct start or end"
        ids = [validator.id for validator in self.validators]
        if len(set(ids)) != len(ids):
            return "validators", "has two of the same id; give each its own"
        for validator in self.validators:
            list(self._files(validator))
        return None

    def _files(self, validator: ValidatorSettings) -> Iterator[Watched[object]]:
        for path in validator.trust:
            yield watched(self.directory / path, read_certificates)
        for path in validator.crls:
            yield watched(self.directory / path, read_crls)
        readers = ((validator.revoked, read_revoked), (validator.codes, read_codes))
        for name, read in readers:
            if name is not None:
                yield watched(self.directory / name, read)
        for name in (validator.labels, validator.sunrise):
            if name is not None:
                yield watched(self.directory / name, read_labels)

    def path(self, name: str) -> Path:
        """Return where a file lies."""
        return self.directory / name
