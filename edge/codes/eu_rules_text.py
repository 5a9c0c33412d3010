"""The JSON text of the EU's rules, as it stands in the trust folder: `hc1-rules.json`.

    {"as_of": "2022-03-01T00:00:00Z", "country": "AT", "region": "W",
     "value_sets": {"disease-agent-targeted": ["840539006"]},
     "rules": [{"Identifier": "VR-AT-0001", "Type": "Acceptance", ...}]}

The rules are the EU gateway's own objects, unchanged. A value set is a list of its values or the
gateway's object with `valueSetValues`. `region` may be left out.
"""

import json
import re
from collections.abc import Mapping

from edge.codes import times
from edge.codes.certlogic_check import issues
from edge.codes.eu_rules import ENGINE, GENERAL, EuRules, Rule, Version, version_of
from edge.domain.errors import ConfigError

NAME = "hc1-rules.json"
MAX_RULES = 2_000  # the gateway has some 700 of all countries
MAX_VALUES = 5_000  # of one value set
MAX_WORDS = 400
COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
REGION = re.compile(r"[A-Za-z0-9-]{1,16}", re.ASCII)

_KEYS = {"as_of", "country", "region", "value_sets", "rules"}
_ABOUT = (GENERAL, "Vaccination", "Test", "Recovery")
_TYPES = ("Acceptance", "Invalidation")
_IDENTIFIER = re.compile(r"(?:GR|VR|TR|RR|IR)-[A-Z]{2}-\d{4}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2}(?:-[A-Za-z]{2,8})?", re.ASCII)


def parse_rules(text: str, source: str) -> EuRules:
    """Return the rules a JSON text holds; ConfigError with every fault, each naming `source` and the path
    to it."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{source}: must be a JSON object with {', '.join(sorted(_KEYS))}")
    told = _Told([f"unknown field {name!r}" for name in sorted(found.keys() - _KEYS)])
    country = told.match(found.get("country"), COUNTRY, "country", "two capital letters")
    as_of_us = told.time(found.get("as_of"), "as_of")
    region = found.get("region")
    if region is not None:
        region = told.match(region, REGION, "region", "a short name")
    value_sets = _value_sets(found.get("value_sets", {}), told)
    entries = found.get("rules")
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_RULES:
        told.say("rules", f"must be a list of 1 to {MAX_RULES} rules")
        entries = []
    rules = [_rule(entry, f"rules.{number}", told) for number, entry in enumerate(entries)]
    good = tuple(rule for rule in rules if rule is not None)
    _look_over(good, country, told)
    if told.faults:
        raise ConfigError([f"{source}: {fault}" for fault in told.faults])
    return EuRules(country, as_of_us, good, value_sets, region)


def rule_faults(entry: object, path: str) -> list[str]:
    """Return what is wrong with one rule, each fault with the path to it below `path`."""
    told = _Told([])
    rule = _rule(entry, path, told)
    if rule is not None:
        _look_over((rule,), "", told)
    return told.faults


def value_set_faults(name: object, values: object) -> list[str]:
    """Return what is wrong with one value set of the gateway."""
    if not isinstance(name, str) or not name:
        return ["valueSetId: must be a name"]
    told = _Told([])
    _value_sets({name: {"valueSetValues": values}}, told)
    return told.faults


class _Told:
    """The faults so far."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults

    def say(self, path: str, what: str) -> None:
        self.faults.append(f"{path}: {what}")

    def match(self, value: object, pattern: re.Pattern[str], path: str, what: str) -> str:
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        self.say(path, f"must be {what}")
        return ""

    def one_of(self, value: object, known: tuple[str, ...], path: str) -> str:
        if isinstance(value, str) and value in known:
            return value
        self.say(path, f"must be one of {', '.join(known)}")
        return ""

    def time(self, value: object, path: str) -> int:
        try:
            return times.parse(value if isinstance(value, str) else "")
        except ValueError:
            self.say(path, "must be a time like 2022-01-01T00:00:00Z")
            return 0

    def version(self, value: object, path: str) -> Version:
        found = version_of(value)
        if found is None:
            self.say(path, "must be a version like 1.0.0")
        return found or (0, 0, 0)


def _value_sets(found: object, told: _Told) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(found, dict):
        told.say("value_sets", "must be an object of lists")
        return {}
    sets: dict[str, tuple[str, ...]] = {}
    for name, given in found.items():
        values = given.get("valueSetValues") if isinstance(given, dict) else given
        listed = list(values) if isinstance(values, dict | list) else None
        if listed is None or len(listed) > MAX_VALUES or not all(isinstance(value, str) for value in listed):
            told.say(f"value_sets.{name}", f"must be a list of at most {MAX_VALUES} texts")
        else:
            sets[name] = tuple(listed)
    return sets


def _rule(entry: object, path: str, told: _Told) -> Rule | None:
    if not isinstance(entry, dict):
        told.say(path, "must be an object")
        return None
    before = len(told.faults)
    region = entry.get("Region")
    rule = Rule(
        identifier=told.match(entry.get("Identifier"), _IDENTIFIER, f"{path}.Identifier", "like VR-AT-0001"),
        version=told.version(entry.get("Version"), f"{path}.Version"),
        country=told.match(entry.get("Country"), COUNTRY, f"{path}.Country", "two capital letters"),
        about=told.one_of(entry.get("CertificateType"), _ABOUT, f"{path}.CertificateType"),
        schema=told.version(entry.get("SchemaVersion"), f"{path}.SchemaVersion"),
        from_us=told.time(entry.get("ValidFrom"), f"{path}.ValidFrom"),
        until_us=told.time(entry.get("ValidTo"), f"{path}.ValidTo"),
        logic=entry.get("Logic"),
        invalidation=told.one_of(entry.get("Type"), _TYPES, f"{path}.Type") == "Invalidation",
        region=None if region in (None, "") else told.match(region, REGION, f"{path}.Region", "a short name"),
        engine=_engine(entry, path, told),
        words=_words(entry.get("Description"), path, told),
    )
    if rule.until_us <= rule.from_us and len(told.faults) == before:
        told.say(f"{path}.ValidTo", "lies before ValidFrom")
    # Of a newer language nothing is known: such a rule leaves the result open, it is no fault.
    if rule.understood():
        for issue in issues(rule.logic):
            told.say(f"{path}.{issue.path}", issue.message)
    return rule if len(told.faults) == before else None


def _engine(entry: Mapping[str, object], path: str, told: _Told) -> Version | None:
    name = entry.get("Engine")
    if not isinstance(name, str) or not name:
        told.say(f"{path}.Engine", f"must be a name, such as {ENGINE}")
        return None
    found = told.version(entry.get("EngineVersion"), f"{path}.EngineVersion")
    return found if name == ENGINE else None


def _words(found: object, path: str, told: _Told) -> Mapping[str, str]:
    words: dict[str, str] = {}
    for entry in found if isinstance(found, list) else []:
        said = (entry.get("lang"), entry.get("desc")) if isinstance(entry, dict) else (None, None)
        language, text = said
        if isinstance(language, str) and _LANGUAGE.fullmatch(language) and isinstance(text, str):
            words.setdefault(language, " ".join(text.split())[:MAX_WORDS])
    if not any(words.values()):
        told.say(f"{path}.Description", 'must be a list of {"lang": "en", "desc": ...}')
    return words


def _look_over(rules: tuple[Rule, ...], country: str, told: _Told) -> None:
    seen: set[tuple[str, Version]] = set()
    for rule in rules:
        key = (rule.identifier, rule.version)
        if key in seen:
            told.say("rules", f"{rule.identifier} {'.'.join(map(str, rule.version))} stands twice")
        seen.add(key)
        if rule.identifier.split("-")[1] != rule.country:
            told.say("rules", f"{rule.identifier}: Country says {rule.country}")
    if rules and country and not any(rule.country == country and not rule.invalidation for rule in rules):
        told.say("country", f"there is no acceptance rule of {country} in the list")
