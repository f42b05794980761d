"""What a run is told about the server: one TOML file, its names those of the published input parameters.

`INPUTS` is the one list of them; the reader, the template and the documentation derive from it. Names in the section
`run` are ours: how to get to the server, which the published parameters do not say.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from regwire.errors import ConfigError

__all__ = ["INPUTS", "IdnTable", "Input", "Inputs", "Tld", "load_inputs", "parse_inputs", "template"]


@dataclass(frozen=True, slots=True)
class Input:
    """One input parameter. `name` is section and key, `kind` one of text, path, list, bool, whole, number."""

    name: str
    kind: str
    why: str
    example: Any
    default: Any = None
    required: bool = False
    choices: tuple[str, ...] = ()


_CONTACT_PARTS = ("org", "street", "sp", "pc", "voice", "voice:ext", "fax", "fax:ext")

INPUTS: tuple[Input, ...] = (
    Input(
        "epp.hostName", "text", "the server's name; its certificate must be for it", "epp.example.net", required=True
    ),
    Input("epp.clid01", "text", "the first registrar", "rst-01", required=True),
    Input("epp.pwd01", "text", "its password; or in the environment as REGWIRE_RST_PWD01", "first-password"),
    Input("epp.clid02", "text", "the second registrar, for transfers and foreign objects", "rst-02", required=True),
    Input("epp.pwd02", "text", "its password; or in the environment as REGWIRE_RST_PWD02", "second-password"),
    Input("epp.serverIssuedClientCertificate01", "path", "PEM: the first registrar's certificate", "rst-01.pem"),
    Input("epp.serverIssuedClientCertificate02", "path", "PEM: the second registrar's certificate", "rst-02.pem"),
    Input(
        "general.registryDataModel",
        "text",
        "minimum: domains have no contacts; maximum: they must have a registrant; any, also when it is not given: they "
        "may have one, and no case asks whether they must",
        "maximum",
        default="any",
        choices=("minimum", "maximum", "per-registrar", "any"),
    ),
    Input(
        "epp.clid01DataModel",
        "text",
        "of the first registrar, where the registry has one per registrar",
        "maximum",
        choices=("minimum", "maximum"),
    ),
    Input(
        "epp.clid02DataModel",
        "text",
        "of the second registrar, where the registry has one per registrar",
        "minimum",
        choices=("minimum", "maximum"),
    ),
    Input(
        "epp.hostModel",
        "text",
        "name servers as objects of their own or as attributes of domains",
        "objects",
        default="objects",
        choices=("objects", "attributes"),
    ),
    Input(
        "epp.secDNSInterfaces",
        "text",
        "which of the two forms of RFC 5910 section 4 the server takes",
        "dsData",
        default="dsData",
        choices=("dsData", "keyData"),
    ),
    Input(
        "epp.registeredNames",
        "list",
        "domains that exist and belong to neither registrar; one below each TLD",
        ["taken.example"],
        default=(),
    ),
    Input(
        "epp.registeredNameservers",
        "list",
        "host objects that exist; one below each TLD. Leave out where hosts are attributes",
        ["ns1.taken.example"],
        default=(),
    ),
    Input(
        "epp.registeredContacts",
        "list",
        "contacts that exist, at least two. Leave out in the minimum data model",
        ["taken-1", "taken-2"],
        default=(),
    ),
    Input(
        "epp.requiredContactTypes",
        "list",
        "contacts without which a domain cannot be created, beside the registrant",
        ["admin", "tech"],
        default=(),
        choices=("admin", "tech", "billing"),
    ),
    Input(
        "epp.supportedContactElements",
        "list",
        "optional elements of a contact that the server takes",
        list(_CONTACT_PARTS),
        default=_CONTACT_PARTS,
        choices=_CONTACT_PARTS,
    ),
    Input(
        "epp.requiredContactElements",
        "list",
        "those of them that the server demands",
        ["street"],
        default=(),
        choices=_CONTACT_PARTS,
    ),
    Input(
        "epp.supportedContactPostalInfoTypes",
        "text",
        "which forms of a postal address the server takes",
        "int",
        default="int",
        choices=("int", "loc", "both"),
    ),
    Input("epp.loginExtension", "text", "an <extension> element for every login (XML); loginSec is not put here", ""),
    Input(
        "dns.gluePolicy",
        "text",
        "wide: the server publishes glue of hosts that delegate other domains; narrow: it does not",
        "wide",
        default="wide",
        choices=("narrow", "wide"),
    ),
    Input(
        "idn.domainCreateExtension",
        "text",
        "an <extension> element for creates of IDN domains (XML); <!-- tag --> becomes the table's tag",
        "",
    ),
    Input(
        "minimumRPMS.sunriseModel",
        "text",
        "start-date: first come, first served; end-date: applications",
        "start-date",
        choices=("start-date", "end-date"),
    ),
    Input("minimumRPMS.sunriseTLD", "text", "a zone that is always in sunrise", "sunrise.example"),
    Input("minimumRPMS.claimsTLD", "text", "a zone that is always in the claims period", "claims.example"),
    Input("tmch.dnl", "path", "CSV: the domain name label list that the server was given", "testDNL.csv"),
    Input("tmch.validSMDs", "list", "signed mark files that the server must take", ["valid.smd"], default=()),
    Input("tmch.invalidSMDs", "list", "with a broken signature or out of their time", ["invalid.smd"], default=()),
    Input("tmch.revokedSMDs", "list", "on the revocation list of signed marks", ["revoked.smd"], default=()),
    Input("tmch.revokedCertificateSMDs", "list", "signed by a certificate that was revoked", ["old.smd"], default=()),
    Input("run.port", "whole", "the TCP port", 700, default=700),
    Input(
        "run.addresses",
        "list",
        "the service ports' addresses; without it they are looked up in the DNS",
        ["192.0.2.1", "2001:db8::1"],
        default=(),
    ),
    Input("run.ca", "path", "PEM: authorities to trust instead of the system's, for a server under test", "ca.pem"),
    Input("run.clientKey01", "path", "PEM: the key of serverIssuedClientCertificate01", "rst-01.key"),
    Input("run.clientKey02", "path", "PEM: the key of serverIssuedClientCertificate02", "rst-02.key"),
    Input("run.timeout", "number", "seconds for connecting, and again for each reply", 30.0, default=30.0),
    Input("run.pause", "number", "seconds before each command, for a server that limits rates", 0.5, default=0.0),
    Input(
        "run.statusTimeout",
        "number",
        "seconds until a change must show, where the case allows for a delay",
        120.0,
        default=120.0,
    ),
    Input(
        "run.glue4",
        "list",
        "IPv4 addresses that test hosts may have as glue",
        ["208.77.190.250", "208.77.190.251"],
        default=("208.77.190.250", "208.77.190.251"),
    ),
    Input(
        "run.externalZone",
        "text",
        "where the tests' hosts outside of the registry lie; a server may want a TLD that exists",
        "invalid",
        default="invalid",
    ),
    Input(
        "run.launchRequired",
        "bool",
        "the greeting must offer launch-1.0; false for tests of a change of provider",
        True,
        default=True,
    ),
    Input(
        "run.registeredUris",
        "list",
        "namespaces that IANA has registered for EPP and this program does not know yet",
        ["urn:ietf:params:xml:ns:epp:new-1.0"],
        default=(),
    ),
    Input(
        "run.repositoryIds",
        "list",
        "what may stand behind the hyphen of a ROID; without it only its form is looked at",
        ["EXMPL"],
        default=(),
    ),
)

_BY_NAME = {item.name: item for item in INPUTS}
_SECRETS = {"epp.pwd01": "REGWIRE_RST_PWD01", "epp.pwd02": "REGWIRE_RST_PWD02"}


@dataclass(frozen=True, slots=True)
class IdnTable:
    """``[[tld.idnTable]]``: labels (U- or A-labels) of one table; each of `variants` is a label and one variant."""

    tag: str
    valid: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    variants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Tld:
    """``[[tld]]``: one zone of the server. `variant_policy` is "blocked" or "same-registrant"."""

    name: str
    idn_only: bool = False
    variant_policy: str = "blocked"
    tables: tuple[IdnTable, ...] = ()


@dataclass(frozen=True, slots=True)
class Inputs:
    """The parameters of a run: `inputs["epp.hostModel"]`; what is not given has its default or None."""

    values: Mapping[str, Any]
    tlds: tuple[Tld, ...]
    directory: Path = field(default=Path())

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name, _BY_NAME[name].default)

    def path(self, name: str) -> Path | None:
        """A file that a parameter names, as seen from the inputs' own file."""
        value = self[name]
        return None if value is None else self.directory / value

    def paths(self, name: str) -> tuple[Path, ...]:
        """The files that a list names."""
        return tuple(self.directory / value for value in self[name])

    def client(self, number: int) -> tuple[str, str]:
        """The identifier and the password of registrar 1 or 2."""
        return self[f"epp.clid0{number}"], self[f"epp.pwd0{number}"]

    def certificate(self, number: int) -> tuple[Path, Path] | None:
        """The certificate and the key of registrar 1 or 2, if there are any."""
        certificate = self.path(f"epp.serverIssuedClientCertificate0{number}")
        if certificate is None:
            return None
        return certificate, self.path(f"run.clientKey0{number}") or certificate

    def minimum(self, number: int) -> bool:
        """Whether domains of registrar 1 or 2 have no contacts."""
        model = self["general.registryDataModel"]
        if model == "per-registrar":
            model = self[f"epp.clid0{number}DataModel"]
        return bool(model == "minimum")

    def thick_client(self) -> int | None:
        """A registrar whose domains have contacts: 1 or 2; None if no registrar's have."""
        return next((number for number in (1, 2) if not self.minimum(number)), None)

    @property
    def contacts_optional(self) -> bool:
        """Whether domains may have contacts or not: RST has no such model."""
        return bool(self["general.registryDataModel"] == "any")

    @property
    def host_objects(self) -> bool:
        """Whether name servers are objects of their own."""
        return bool(self["epp.hostModel"] == "objects")

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be in any report."""
        return tuple(self[name] for name in _SECRETS if self[name])

    def overridden(self, **values: Any) -> Inputs:
        """These inputs with others in place of some: `overridden(epp_hostName="localhost")`."""
        changes = {name.replace("_", ".", 1): value for name, value in values.items() if value is not None}
        return replace(self, values={**self.values, **changes})


def load_inputs(path: Path, **overrides: Any) -> Inputs:
    """Read a file of inputs; `overrides` as of `Inputs.overridden` stand in for what the file lacks too.

    Raises:
        ConfigError: naming the file, the parameter and the cure.

    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(str(path), "no such file", "`regwire rst --template` writes one to fill in") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "it must be a readable UTF-8 file") from error
    return parse_inputs(text, path, **overrides)


def parse_inputs(text: str, path: Path, **overrides: Any) -> Inputs:
    """Read the text of a file of inputs; relative files are looked for beside `path`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), f"not TOML: {error}", "correct it") from error
    tlds = tuple(_tld(path, item) for item in _tables(path, "tld", data.pop("tld", [])))
    values: dict[str, Any] = {}
    for section, content in data.items():
        if not isinstance(content, dict):
            raise _unknown(path, section, {name.partition(".")[0] for name in _BY_NAME} | {"tld"})
        for key, value in content.items():
            name = f"{section}.{key}"
            if name not in _BY_NAME:
                raise _unknown(path, name, _BY_NAME)
            values[name] = _value(path, _BY_NAME[name], value)
    for name, variable in _SECRETS.items():
        if name not in values and variable in os.environ:
            values[name] = os.environ[variable]
    inputs = Inputs(values, tlds, path.parent).overridden(**overrides)
    _check(path, inputs)
    return inputs


def _unknown(path: Path, name: str, known: Iterable[str]) -> ConfigError:
    near = difflib.get_close_matches(name, known, 1, 0.5)
    return ConfigError(f"{path}: {name}", "no such input", f"did you mean {near[0]}?" if near else "remove it")


_PYTHON = {"text": str, "path": str, "list": list, "bool": bool, "whole": int, "number": (int, float)}
_SPOKEN = {
    "text": "a string in quotes",
    "path": "a file name in quotes",
    "list": "a list of strings",
    "bool": "true or false",
    "whole": "a whole number",
    "number": "a number",
}


def _value(path: Path, item: Input, value: Any) -> Any:
    fits = isinstance(value, _PYTHON[item.kind]) and (item.kind == "bool" or not isinstance(value, bool))  # type: ignore[arg-type]
    entries = value if item.kind == "list" and fits else [value]
    if not fits or (item.kind == "list" and not all(isinstance(entry, str) for entry in entries)):
        raise ConfigError(f"{path}: {item.name}", f"must be {_SPOKEN[item.kind]}")
    for entry in entries:
        if item.choices and entry not in item.choices:
            raise ConfigError(f"{path}: {item.name}", f'"{entry}" is not one of {", ".join(item.choices)}')
    return tuple(value) if item.kind == "list" else value


def _tables(path: Path, name: str, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ConfigError(f"{path}: {name}", f"must be written as [[{name}]]")
    return value


def _tld(path: Path, value: dict[str, Any]) -> Tld:
    known = {"name": str, "idnOnly": bool, "variantPolicy": str, "idnTable": list}
    _keys(path, "tld", value, known)
    if "name" not in value:
        raise ConfigError(f"{path}: tld", "name is missing", 'add name = "…"')
    policy = value.get("variantPolicy", "blocked")
    if policy not in {"blocked", "same-registrant"}:
        raise ConfigError(f"{path}: tld.variantPolicy", f'"{policy}" is not one of blocked, same-registrant')
    tables = tuple(_idn_table(path, item) for item in _tables(path, "tld.idnTable", value.get("idnTable", [])))
    return Tld(value["name"].lower().rstrip("."), value.get("idnOnly", False), policy, tables)


def _idn_table(path: Path, value: dict[str, Any]) -> IdnTable:
    _keys(path, "tld.idnTable", value, {"tag": str, "valid": list, "invalid": list, "variants": list})
    variants = value.get("variants", [])
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in variants):
        raise ConfigError(f"{path}: tld.idnTable.variants", "must be a list of pairs: a label and one variant of it")
    return IdnTable(
        value.get("tag", ""),
        tuple(value.get("valid", ())),
        tuple(value.get("invalid", ())),
        tuple((str(first), str(second)) for first, second in variants),
    )


def _keys(path: Path, where: str, value: dict[str, Any], known: Mapping[str, type]) -> None:
    for key, content in value.items():
        if key not in known:
            raise _unknown(path, f"{where}.{key}", [f"{where}.{name}" for name in known])
        if not isinstance(content, known[key]):
            raise ConfigError(f"{path}: {where}.{key}", f"must be a {known[key].__name__}")


def _check(path: Path, inputs: Inputs) -> None:
    """Refuse what no parameter shows alone."""
    for item in INPUTS:
        if item.required and not inputs[item.name]:
            raise ConfigError(f"{path}: {item.name}", "missing", f"add it: {item.why}")
    for name, variable in _SECRETS.items():
        if not inputs[name]:
            raise ConfigError(f"{path}: {name}", "missing", f"add it, or set {variable} in the environment")
    if not inputs.tlds:
        raise ConfigError(f"{path}: tld", "missing", 'add a section [[tld]] with name = "…" for each zone')
    if inputs["general.registryDataModel"] == "per-registrar":
        models = {inputs["epp.clid01DataModel"], inputs["epp.clid02DataModel"]}
        if models != {"minimum", "maximum"}:
            raise ConfigError(
                f"{path}: epp.clid01DataModel and clid02DataModel", "must be minimum and maximum, one of them each"
            )
    for name in ("epp.serverIssuedClientCertificate01", "epp.serverIssuedClientCertificate02", "run.ca", "tmch.dnl"):
        _file(path, name, inputs.path(name))
    for name in ("tmch.validSMDs", "tmch.invalidSMDs", "tmch.revokedSMDs", "tmch.revokedCertificateSMDs"):
        for file in inputs.paths(name):
            _file(path, name, file)


def _file(path: Path, name: str, file: Path | None) -> None:
    if file is not None and not file.is_file():
        raise ConfigError(f"{path}: {name}", f"{file}: no such file", "paths are relative to the inputs' file")


def template() -> str:
    """A file of inputs to fill in, with every parameter, what it is for and what it may be."""
    out = [_HEADER]
    section = ""
    for item in INPUTS:
        if (found := item.name.partition(".")[0]) != section:
            section = found
            # A TOML section may be written once: parameters of a section follow each other in INPUTS but for these.
            if f"\n[{section}]" in "\n".join(out):
                continue
            rows = [row for row in INPUTS if row.name.startswith(f"{section}.")]
            out += ["", f"[{section}]", *(line for row in rows for line in _template_lines(row))]
    out.append(_TLD)
    return "\n".join(out)


def _template_lines(item: Input) -> list[str]:
    choices = f" ({', '.join(item.choices)})" if item.choices and item.kind != "list" else ""
    mark = "" if item.required or item.name in _SECRETS else "# "
    return [f"# {item.why}{choices}", f"{mark}{item.name.partition('.')[2]} = {_toml(item.example)}"]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


_HEADER = """\
# Inputs of `regwire rst`: what the test cases must know about the server. Lines that are commented out show an example;
# without them the default holds or the cases that need them are skipped. Files are relative to this one."""

_TLD = """
# One section for each zone of the server.
[[tld]]
name = "example"
# Whether names in it must be IDNs.
# idnOnly = false
# What may be done with variants of a registered label (blocked, same-registrant).
# variantPolicy = "blocked"

# One section for each IDN table of the zone, with labels to try and pairs of variants.
# [[tld.idnTable]]
# tag = "de"
# valid = ["stra\u00dfe"]
# invalid = ["\u0436"]
# variants = [["\u00e4", "ae"]]
"""
