"""Launch phases: which one a command is in, and what a create must prove there (RFC 8334 sections 2.3, 3.1, 3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from regwire.registry.launch import notice_fault, read_labels, watched
from regwire.registry.launch.settings import LaunchSettings, PhaseSettings, ValidatorSettings
from regwire.registry.model import codes
from regwire.registry.model.launch import LaunchChecked, LaunchGiven, LaunchName, LaunchQuery, MarkProof, Notice, Phase
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.requests import CheckDomains, CreateDomain
from regwire.registry.rules.context import Context
from regwire.registry.rules.policy import ZonePolicy

__all__ = [
    "NAME",
    "active",
    "check",
    "matching",
    "phase_of_create",
    "require_configured",
    "require_proof",
    "settings_of",
]

NAME: Final = "launch"
#: The validator that is meant when none is named (section 2.2).
_DEFAULT: Final = "tmch"
#: Where a create without an extension is, if several phases run.
_PLAIN: Final = ("open", "claims", "landrush", "custom", "sunrise")


def settings_of(zone: ZonePolicy) -> LaunchSettings:
    """Return the launch settings of a zone."""
    found: LaunchSettings = zone.feature(NAME)
    return found


def active(ctx: Context, zone: ZonePolicy) -> list[PhaseSettings]:
    """Return the phases that run now."""
    return [phase for phase in settings_of(zone).phases if phase.active(ctx.now)]


def matching(phases: Iterable[PhaseSettings], wanted: Phase) -> PhaseSettings | None:
    """Return the phase that a command names; without a name it means any sub-phase."""
    for phase in phases:
        if phase.phase == wanted.value and wanted.name in (None, phase.name):
            return phase
    return None


def _wrong_phase(wanted: Phase) -> Refusal:
    named = wanted.value if wanted.name is None else f"{wanted.value} {wanted.name}"
    return Refusal(codes.POLICY, f"not in phase {named}", "launch:phase", wanted.value)


def require_configured(zone: ZonePolicy, wanted: Phase) -> None:
    """Refuse (2306) a phase that the zone never has."""
    if matching(settings_of(zone).phases, wanted) is None:
        raise _wrong_phase(wanted)


def phase_of_create(ctx: Context, request: CreateDomain, zone: ZonePolicy) -> PhaseSettings:
    """Return the phase that a create is in: 2003, 2306."""
    given = request.extension(LaunchGiven)
    running = active(ctx, zone)
    if given is not None:
        found = matching(running, given.phase)
        if found is None:
            raise _wrong_phase(given.phase)
        if given.type not in (None, found.mode):
            raise Refusal(codes.POLICY, f"this phase takes {found.mode}s", "launch:create")
        return found
    if not running:
        raise Refusal(codes.POLICY, "no launch phase is running", "domain:name", request.name)
    plain = sorted(
        [phase for phase in running if phase.mode == "registration"], key=lambda phase: _PLAIN.index(phase.phase)
    )
    if not plain:
        raise Refusal(codes.MISSING, "an application names its phase", "launch:phase")
    label = _label(request.name)
    return next((phase for phase in plain if _lacking(phase, label, None, zone) is None), plain[0])


def require_proof(ctx: Context, request: CreateDomain, phase: PhaseSettings, zone: ZonePolicy) -> None:
    """Refuse a create that does not prove what its phase asks for, or proves something else: 2003, 2005, 2306."""
    given = request.extension(LaunchGiven)
    label, settings = _label(request.name), settings_of(zone)
    if given is not None:
        _check_marks(ctx, given, label, settings)
        for notice in given.notices:
            _check_notice(ctx, notice, label, settings)
    element = _lacking(phase, label, given, zone)
    if element is not None:
        what = "an accepted claims notice" if element == "launch:notice" else "proof of a mark"
        raise Refusal(codes.MISSING, f"this name needs {what}", element)


def _label(name: str) -> str:
    return name.partition(".")[0]


def _lacking(phase: PhaseSettings, label: str, given: LaunchGiven | None, zone: ZonePolicy) -> str | None:
    """Return the element that a create in a phase needs and lacks."""
    settings, needs = settings_of(zone), phase.needs()
    wants_mark = needs in ("mark", "both") or (needs == "listed-mark" and _on_sunrise_list(settings, label))
    if wants_mark and (given is None or not given.proofs):
        return "launch:create"
    if needs in ("notice", "both"):
        had = set() if given is None else {notice.validator or _DEFAULT for notice in given.notices}
        if any(validator not in had for validator, _ in _keys(settings, label)):
            return "launch:notice"
    return None


def _check_marks(ctx: Context, given: LaunchGiven, label: str, settings: LaunchSettings) -> None:
    count = len(given.submitted) + len(given.codes)
    if count > settings.max_marks:
        raise Refusal(codes.POLICY, f"at most {settings.max_marks} marks", "launch:create")
    if len(given.proofs) < count:
        # Only a caller that goes around the registry's submit gets here.
        raise Refusal(codes.POLICY, "marks that nobody verified", "launch:create")
    for proof in given.proofs:
        fault = _mark_fault(ctx, proof, label)
        if fault:
            raise Refusal(codes.SYNTAX if proof.syntax else codes.POLICY, fault, "launch:create")


def _mark_fault(ctx: Context, proof: MarkProof, label: str) -> str:
    if proof.fault:
        return proof.fault
    if proof.not_before is not None and ctx.now < proof.not_before:
        return "the signed mark is not valid yet"
    if proof.not_after is not None and ctx.now >= proof.not_after:
        return "the signed mark has expired"
    return "" if label in proof.labels else "not a label of the mark"


def _check_notice(ctx: Context, notice: Notice, label: str, settings: LaunchSettings) -> None:
    wanted = notice.validator or _DEFAULT
    validator = next((item for item in settings.validators if item.id == wanted), None)
    if validator is None:
        raise Refusal(codes.POLICY, "no such validator", "launch:noticeID", notice.id)
    fault = notice_fault(
        notice.id,
        label,
        notice.not_after,
        notice.accepted,
        now=ctx.now,
        accepted_within=timedelta(hours=settings.accepted_hours),
        identified=validator.notices == "tmch",
    )
    if fault is not None:
        element, reason = fault
        values = {
            "launch:noticeID": notice.id,
            "launch:notAfter": _moment(notice.not_after),
            "launch:acceptedDate": _moment(notice.accepted),
        }
        raise Refusal(codes.POLICY, reason, element, values[element])


def _moment(value: object) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"


# --- lists


def _list(settings: LaunchSettings, name: str | None) -> dict[str, str]:
    # Loaded when the settings were validated, and again when the file changes: nothing is read here.
    return {} if name is None else watched(settings.path(name), read_labels).value  # type: ignore[return-value]


def _keys(settings: LaunchSettings, label: str) -> Iterator[tuple[str, str]]:
    """Yield (validator, claims key) of those that have claims on a label."""
    for validator in settings.validators:
        key = _list(settings, validator.labels).get(label)
        if key is not None:
            yield validator.id, key


def _on_sunrise_list(settings: LaunchSettings, label: str) -> bool:
    return any(label in _list(settings, validator.sunrise) for validator in settings.validators)


# --- checks


def check(ctx: Context, request: CheckDomains, query: LaunchQuery) -> Outcome | None:
    """Answer a claims or trademark check (2003, 2306, 2307); None: it asks for availability."""
    zones = [ctx.policies.by_zone.get(name.partition(".")[2]) for name in request.names]
    here = {zone.zone: zone for zone in zones if zone is not None and settings_of(zone).phases}
    if query.form != "trademark":
        if query.phase is None:
            raise Refusal(codes.MISSING, "the phase is missing", "launch:phase")
        if not any(matching(active(ctx, zone), query.phase) for zone in here.values()):
            raise _wrong_phase(query.phase)
    if query.form == "avail":
        return None
    if not any(_has_list(validator) for zone in here.values() for validator in settings_of(zone).validators):
        raise Refusal(codes.OBJECT_SERVICE, "no list of claims is kept here", "launch:check")
    if len(request.names) > ctx.policies.check_limit:
        raise Refusal(codes.POLICY, f"at most {ctx.policies.check_limit} names", "domain:check")
    found = [_claims(ctx, name, here.get(name.partition(".")[2]), query) for name in request.names]
    ctx.extend(LaunchChecked(query.phase if query.form == "claims" else None, tuple(found)))
    return ctx.answer(None)


def _has_list(validator: ValidatorSettings) -> bool:
    return validator.labels is not None or validator.sunrise is not None


def _claims(ctx: Context, name: str, zone: ZonePolicy | None, query: LaunchQuery) -> LaunchName:
    if zone is None:
        return LaunchName(name, exists=False)
    settings, label = settings_of(zone), _label(name)
    keys = tuple(_keys(settings, label))
    if query.form == "trademark":
        return LaunchName(name, bool(keys) or _on_sunrise_list(settings, label), keys)
    assert query.phase is not None
    phase = matching(active(ctx, zone), query.phase)
    if phase is None or phase.needs() not in ("notice", "both"):
        return LaunchName(name, exists=False)
    return LaunchName(name, bool(keys), keys)
