"""How `gatepost trust` prints a list: a line with what matters of it, then the keys."""

import json
from collections import Counter
from collections.abc import Iterator

from edge.codes import times
from edge.codes.eu_rules import EuRules
from edge.codes.trust import TrustList

DAY_US = 86_400_000_000
RULES = "hc1-rules"
MOST_KEYS = 50  # a list with more is told by issuers, unless every key is asked for


def lines_of(entry: TrustList, now_us: int, *, every: bool = False) -> Iterator[str]:
    """Yield a list as lines to read."""
    issuers = Counter(key.issuer for key in entry.keys)
    parts = [
        str(entry.carrier),
        f"as of {_as_of(entry) or 'unknown'}",
        f"{len(entry.revoked)} withdrawn",
        f"{len(entry.keys)} keys of {len(issuers)} issuers",
        *([_age(entry.as_of_us, now_us)] if entry.as_of_us is not None else []),
        *([f"version {entry.version} of the district"] if entry.version is not None else []),
        *(["TEST"] if entry.test else []),
    ]
    yield "  ".join(parts)
    mark = "  TEST" if entry.test else ""
    if every or len(entry.keys) <= MOST_KEYS:
        for key in entry.keys:
            yield f"  {key.issuer}  {key.key_id}  {key.algorithm}{mark}"
        return
    for issuer, count in sorted(issuers.items()):
        yield f"  {issuer}  {count} keys{mark}"


def objects_of(entry: TrustList, now_us: int, *, whole: bool = False) -> Iterator[str]:
    """Yield a list as JSON objects: one for each key, or one for the list itself."""
    fields: dict[str, object] = {"carrier": str(entry.carrier), "as_of": _as_of(entry)}
    if whole:
        fields |= {"age_days": _days(entry, now_us), "version": entry.version, "test": entry.test}
        counts = {"keys": len(entry.keys), "issuers": len({key.issuer for key in entry.keys})}
        yield json.dumps(fields | counts | {"withdrawn": len(entry.revoked)}, ensure_ascii=False)
        return
    for key in entry.keys:
        one = {"issuer": key.issuer, "key_id": key.key_id, "algorithm": str(key.algorithm)}
        bounds = {"purposes": sorted(key.purposes), "from": key.from_us, "until": key.until_us}
        limits = {
            name: times.text(value) if isinstance(value, int) else value
            for name, value in bounds.items()
            if value
        }
        yield json.dumps({**fields, **one, "test": key.test, **limits}, ensure_ascii=False)


def rules_line(rules: EuRules, now_us: int) -> str:
    """Return the EU's rules as a line to read."""
    place = rules.country if rules.region is None else f"{rules.country} {rules.region}"
    counts = f"{len(rules.rules)} rules for {place}  {len(rules.value_sets)} value sets"
    return f"{RULES}  as of {times.text(rules.as_of_us)}  {counts}  {_age(rules.as_of_us, now_us)}"


def rules_objects(rules: EuRules, now_us: int, *, whole: bool = False) -> Iterator[str]:
    """Yield the EU's rules as JSON objects: one for each rule, or one for all."""
    fields: dict[str, object] = {"carrier": RULES, "as_of": times.text(rules.as_of_us)}
    if whole:
        fields |= {"age_days": (now_us - rules.as_of_us) // DAY_US, "country": rules.country}
        fields |= {"region": rules.region, "rules": len(rules.rules), "value_sets": len(rules.value_sets)}
        yield json.dumps(fields, ensure_ascii=False)
        return
    for rule in rules.rules:
        version = ".".join(map(str, rule.version))
        bounds = {"from": times.text(rule.from_us), "until": times.text(rule.until_us)}
        yield json.dumps({**fields, "rule": rule.identifier, "version": version, **bounds})


def _as_of(entry: TrustList) -> str | None:
    return None if entry.as_of_us is None else times.text(entry.as_of_us)


def _days(entry: TrustList, now_us: int) -> int | None:
    return None if entry.as_of_us is None else (now_us - entry.as_of_us) // DAY_US


def _age(as_of_us: int, now_us: int) -> str:
    days = (now_us - as_of_us) // DAY_US
    return f"{days} days old" if days >= 0 else f"{-days} days ahead of this machine's clock"
