"""Puts what the EU's gateway and the countries publish of rules into one text `hc1-rules.json`.

What a file may hold: a rule; a list of rules; value sets as the gateway hands them out (`valueSetId`,
`valueSetValues`), one or a list; a file `hc1-rules.json` made before. Of all countries' rules those stay
that a gate in one of them asks: its own for acceptance, and every country's for invalidation.

One rule that cannot be used refuses the whole: without it more would be accepted than the country means.
Source: dgc-business-rules-testdata and dgca-businessrule-service.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from edge.codes import times
from edge.codes.certlogic_check import variables
from edge.codes.eu_rules import VALUE_SETS, EuRules
from edge.codes.eu_rules_text import rule_faults, value_set_faults
from edge.domain.errors import ConfigError

_KNOWN_BY = {"Identifier", "valueSetId"}


@dataclass(slots=True)
class Collected:
    """What files hold of rules. `elsewhere` counts the rules of other countries, `passed_over` names
    files that hold neither rules nor value sets, `as_of_us` is the oldest date they say."""

    rules: list[dict[str, object]] = field(default_factory=list)
    value_sets: dict[str, object] = field(default_factory=dict)
    passed_over: list[str] = field(default_factory=list)
    elsewhere: int = 0
    as_of_us: int | None = None


def collected(files: Iterable[tuple[str, str]], country: str) -> Collected:
    """Return what files, each a name and its text, hold for a gate in `country`; ConfigError with every
    rule that cannot be used, named by file and identifier."""
    found = Collected()
    faults: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    for source, text in files:
        entries = [entry for entry in _entries(text, source, found) if entry.keys() & _KNOWN_BY]
        if not entries:
            found.passed_over.append(source)
        for entry in entries:
            faults += _take(entry, source, country, found, seen)
    if faults:
        raise ConfigError(faults)
    return found


def dump_rules(found: Collected, country: str, region: str | None, as_of_us: int) -> str:
    """Return the text that `eu_rules_text.parse_rules` reads."""
    rules = sorted(found.rules, key=lambda rule: (str(rule["Identifier"]), str(rule["Version"])))
    fields: dict[str, object] = {"as_of": times.text(as_of_us), "country": country}
    if region is not None:
        fields["region"] = region
    fields |= {"value_sets": found.value_sets, "rules": rules}
    return json.dumps(fields, indent=1, ensure_ascii=False) + "\n"


def missing_value_sets(rules: EuRules) -> list[str]:
    """Return the value sets that rules ask for and that are not there: such rules stay open."""
    asked = {
        name
        for rule in rules.rules
        if rule.understood()
        for path in variables(rule.logic)
        for name in [f".{path}".partition(f".{VALUE_SETS}")[2]]
        if name
    }
    return sorted(asked - rules.value_sets.keys())


def _entries(text: str, source: str, found: Collected) -> Iterator[dict[str, object]]:
    try:
        held = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: not JSON: {error}") from error
    match held:
        case {"rules": list(rules), "value_sets": dict(sets), **more}:
            as_of_us = _time(more.get("as_of"))
            if as_of_us is not None:
                found.as_of_us = min(as_of_us, as_of_us if found.as_of_us is None else found.as_of_us)
            held = [
                *rules,
                *({"valueSetId": name, "valueSetValues": values} for name, values in sets.items()),
            ]
        case dict():
            held = [held]
        case list():
            pass
        case _:
            return
    for entry in held:
        if isinstance(entry, dict):
            yield entry


def _take(
    entry: dict[str, object], source: str, country: str, found: Collected, seen: dict[tuple[str, str], str]
) -> list[str]:
    if "valueSetId" in entry:
        name, values = entry["valueSetId"], entry.get("valueSetValues")
        wrong = value_set_faults(name, values)
        if isinstance(name, str) and not wrong:
            found.value_sets[name] = list(values) if isinstance(values, dict | list) else []
        return [f"{source}: {fault}" for fault in wrong]
    named = str(entry["Identifier"])[:40]
    if wrong := rule_faults(entry, named):
        return [f"{source}: {fault}" for fault in wrong]
    if entry["Type"] == "Acceptance" and entry["Country"] != country:
        found.elsewhere += 1
        return []
    key, text = (named, str(entry["Version"])), json.dumps(entry, sort_keys=True)
    if seen.setdefault(key, text) != text:
        return [f"{source}: {named} {entry['Version']} stands twice, and not the same"]
    if entry not in found.rules:
        found.rules.append(entry)
    return []


def _time(value: object) -> int | None:
    try:
        return times.parse(value) if isinstance(value, str) else None
    except ValueError:
        return None
