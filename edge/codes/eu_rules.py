"""The EU's rules for its certificates: whether one counts in a country, and which rule it does not meet.

Rules and value sets are values here (`edge.codes.eu_rules_text` reads them). Of a certificate whose
signature and times are good, the acceptance rules of the country the gate stands in are asked, and the
invalidation rules of the country that issued it; of every rule the newest version in force. Both kinds
are written so that true means in order. Source: Guidelines on validation rules of the eHealth Network.

A rule that cannot be evaluated leaves the result open, and so does a certificate no acceptance rule is
about: what nobody ruled on is not accepted. Pure, and bounded by the steps of CertLogic.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from edge.codes import times
from edge.codes.certlogic import MAX_STEPS, SPECIFICATION, Budget, LogicError, evaluate
from edge.codes.certlogic_check import variables
from edge.codes.hc1_facts import Entry, kind_of
from edge.domain.facts import Fact
from edge.domain.model import Code, CodeVerdict

ENGINE = "CERTLOGIC"
GENERAL = "General"
MAX_ALL_STEPS = 4 * MAX_STEPS  # for one certificate; a country's published rules take some thousand
# What else `applied` says in `Code.subject`: the rule that was not met, and its own words.
RULE, RULE_ZH, RULE_EN = "eu_rule", "eu_rule_zh_hans", "eu_rule_en"

DAY_US = 86_400_000_000

VALUE_SETS = "external.valueSets."  # where rules look the lists of values up

Version = tuple[int, int, int]


class EuResult(StrEnum):
    """What the rules say of a certificate."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `about` is the kind of certificate (General: any), `region` None for the whole country,
    `words` its description in each language it has, `logic` None where its engine is not ours."""

    identifier: str
    version: Version
    country: str
    about: str
    schema: Version
    from_us: int
    until_us: int
    logic: object = field(repr=False)
    invalidation: bool = False
    region: str | None = None
    engine: Version | None = SPECIFICATION
    words: Mapping[str, str] = field(default_factory=dict)

    def understood(self) -> bool:
        """Say whether the rule is in a language, and a version of it, that can be evaluated here."""
        return self.engine is not None and self.engine <= SPECIFICATION


@dataclass(frozen=True, slots=True)
class EuRules:
    """The rules a gate in `country` follows, from when they are, and the lists of values they use."""

    country: str
    as_of_us: int
    rules: tuple[Rule, ...]
    value_sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    region: str | None = None

    def too_old(self, at_us: int, max_age_us: int | None) -> bool:
        """Say whether the rules are older than they may be. Dated in the future they count as that too:
        a clock was wrong, and nobody knows how old they are."""
        return max_age_us is not None and not -DAY_US <= at_us - self.as_of_us <= max_age_us


@dataclass(frozen=True, slots=True)
class EuJudged:
    """The result; `rule` is the one that was not met or could not be evaluated, None where there is
    none. `steps` is the work it took."""

    result: EuResult
    rule: Rule | None = None
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """What rules may ask about besides the certificate itself: who issued it, and its envelope."""

    issued_in: str = ""
    key_id: str = ""
    from_us: int | None = None
    until_us: int | None = None


def applied(
    code: Code, certificate: Entry, rules: EuRules, at_us: int, *, max_age_us: int | None = None
) -> Code:
    """Return a certificate's code with what the rules say of it among its facts; one that is not valid
    as it is."""
    if code.verdict is not CodeVerdict.VALID:
        return code
    if rules.too_old(at_us, max_age_us):
        judged = EuJudged(EuResult.OPEN)
    else:
        country = code.subject.get(Fact.COUNTRY, "")
        envelope = Shown(country, code.key_id or "", code.valid_from_us, code.valid_until_us)
        judged = judge(rules, certificate, at_us, envelope)
    said = {str(Fact.EU_RULES): str(judged.result)}
    if judged.rule is not None:
        said[RULE] = judged.rule.identifier
        said |= {name: text for name, text in _words(judged.rule).items() if text}
    return replace(code, subject={**code.subject, **said})


def judge(rules: EuRules, certificate: Entry, at_us: int, shown: Shown) -> EuJudged:
    """Return what the rules say of a certificate's content at a time: failed before open before passed."""
    try:
        about = kind_of(certificate)[0].name.capitalize()
    except ValueError:
        return EuJudged(EuResult.OPEN)
    asked = _in_force(rules, about, at_us, shown.issued_in)
    data = {"payload": certificate, "external": _external(rules, at_us, shown)}
    steps, first_open = 0, None
    for rule in asked:
        budget = Budget(min(MAX_STEPS, MAX_ALL_STEPS - steps))
        before = budget.left
        result = _result(rule, certificate, rules, data, budget)
        steps += before - max(budget.left, 0)
        if result is EuResult.FAILED:
            return EuJudged(result, rule, steps)
        if result is EuResult.OPEN and first_open is None:
            first_open = rule
    if first_open is not None or all(rule.invalidation or rule.about == GENERAL for rule in asked):
        return EuJudged(EuResult.OPEN, first_open, steps)
    return EuJudged(EuResult.PASSED, steps=steps)


def version_of(text: object) -> Version | None:
    """Return the three numbers of a version, None where it is none."""
    parts = text.split(".") if isinstance(text, str) and len(text) <= 24 else []
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() for part in parts):
        return None
    major, minor, patch = map(int, parts)
    return major, minor, patch


def _in_force(rules: EuRules, about: str, at_us: int, issued_in: str) -> list[Rule]:
    newest: dict[str, Rule] = {}
    for rule in _of_place(rules, issued_in):
        if rule.about not in (GENERAL, about) or not rule.from_us <= at_us < rule.until_us:
            continue
        known = newest.get(rule.identifier)
        if known is None or known.version < rule.version:
            newest[rule.identifier] = rule
    return [newest[identifier] for identifier in sorted(newest)]


def _of_place(rules: EuRules, issued_in: str) -> Iterator[Rule]:
    for rule in rules.rules:
        if rule.invalidation:
            if rule.country == issued_in:
                yield rule
        elif rule.country == rules.country and rule.region in (None, rules.region):
            yield rule


def _result(
    rule: Rule, certificate: Entry, rules: EuRules, data: Mapping[str, object], budget: Budget
) -> EuResult:
    schema = version_of(certificate.get("ver"))
    if not rule.understood() or schema is None or schema[0] != rule.schema[0] or schema < rule.schema:
        return EuResult.OPEN
    # A list that is not there would look like one without this value, and a rule may negate that.
    for path in variables(rule.logic):
        # Within `reduce` the same lists stand behind `data.`.
        _, used, name = f".{path}".partition(f".{VALUE_SETS}")
        if used and name not in rules.value_sets:
            return EuResult.OPEN
    try:
        value = evaluate(rule.logic, data, budget)
    except LogicError:
        return EuResult.OPEN
    if not isinstance(value, bool):
        return EuResult.OPEN
    return EuResult.PASSED if value else EuResult.FAILED


def _external(rules: EuRules, at_us: int, shown: Shown) -> Mapping[str, object]:
    return {
        "validationClock": times.text(at_us),
        "valueSets": {name: list(values) for name, values in rules.value_sets.items()},
        "countryCode": rules.country,
        "issuerCountryCode": shown.issued_in,
        "region": rules.region or "",
        "kid": shown.key_id,
        "exp": None if shown.until_us is None else times.text(shown.until_us),
        "iat": None if shown.from_us is None else times.text(shown.from_us),
    }


def _words(rule: Rule) -> dict[str, str]:
    chinese = next((words for name, words in rule.words.items() if name.startswith("zh")), "")
    return {RULE_ZH: chinese, RULE_EN: rule.words.get("en", "")}
