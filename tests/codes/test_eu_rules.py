"""The EU's rules: which are asked, what they say, and which rule it was. All of them are made here."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import hc1, times
from edge.codes.certlogic import MAX_STEPS, SPECIFICATION
from edge.codes.eu_rules import MAX_ALL_STEPS, EuJudged, EuResult, EuRules, Shown, applied, judge, version_of
from edge.codes.eu_rules_text import MAX_RULES, parse_rules
from edge.codes.outcome import proven
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier, Code, CodeVerdict
from tests.codes.hc1_samples import KID_TEXT, RECOVERY, TEST, VACCINATION, content, hc1_code, hc1_store, token
from tests.codes.samples import DAY_S, NOW_S, NOW_US

DAY_US = DAY_S * 1_000_000
NEWER = ".".join(map(str, (*SPECIFICATION[:2], SPECIFICATION[2] + 1)))
HERE, THERE = "XB", "XA"  # the gate's country, and the issuer's in the samples

CLOCK = {"plusTime": [{"var": "external.validationClock"}, 0, "day"]}
COMPLETE = {">=": [{"var": "payload.v.0.dn"}, {"var": "payload.v.0.sd"}]}
FOURTEEN_DAYS = {"not-before": [CLOCK, {"plusTime": [{"var": "payload.v.0.dt"}, 14, "day"]}]}
KNOWN_VACCINE = {"in": [{"var": "payload.v.0.mp"}, {"var": "external.valueSets.vaccines"}]}


def rule(identifier: str = f"VR-{HERE}-0001", logic: object = COMPLETE, **changes: Any) -> dict[str, Any]:
    kinds = {"GR": "General", "VR": "Vaccination", "TR": "Test", "RR": "Recovery", "IR": "General"}
    prefix, country, _number = identifier.split("-")
    return {
        "Identifier": identifier,
        "Type": "Invalidation" if prefix == "IR" else "Acceptance",
        "Country": country,
        "Version": "1.0.0",
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "0.7.5",
        "CertificateType": kinds[prefix],
        "Description": [
            {"lang": "en", "desc": "All doses were given."},
            {"lang": "zh", "desc": "全程接种。"},
        ],
        "ValidFrom": "2021-07-01T00:00:00Z",
        "ValidTo": "2030-06-01T00:00:00Z",
        "AffectedFields": ["v.0.dn", "v.0.sd"],
        "Logic": logic,
    } | changes


def text(*rules: object, **changes: Any) -> str:
    found = {
        "as_of": "2021-12-01T00:00:00Z",
        "country": HERE,
        "value_sets": {"vaccines": ["EU/1/20/1528"]},
        "rules": list(rules),
    } | changes
    return json.dumps({name: value for name, value in found.items() if value is not None})


def rules(*given_rules: object, **changes: Any) -> EuRules:
    return parse_rules(text(*given_rules, **changes), "hc1-rules.json")


def judged(found: EuRules, certificate: dict[str, Any] | None = None, at_us: int = NOW_US) -> EuJudged:
    return judge(found, certificate or content(), at_us, Shown(THERE))


def asked(result: EuJudged) -> tuple[str, str | None]:
    return str(result.result), result.rule.identifier if result.rule else None


def faults(source: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_rules(source, "hc1-rules.json")
    return list(caught.value.faults)


def read_or_faults(source: str) -> EuRules | list[str]:
    try:
        return parse_rules(source, "hc1-rules.json")
    except ConfigError as error:
        return list(error.faults)


def read(payload: bytes, found: EuRules, at_us: int = NOW_US, **options: Any) -> Code:
    certificate, claims = hc1.hcert(payload, hc1_store())
    return applied(
        proven(Carrier.HC1, claims, at_us, clock_trusted=True), certificate, found, at_us, **options
    )


def test_a_certificate_that_meets_every_rule_has_passed() -> None:
    found = rules(rule(), rule(f"VR-{HERE}-0002", FOURTEEN_DAYS), rule(f"VR-{HERE}-0003", KNOWN_VACCINE))
    assert asked(judged(found)) == ("passed", None)


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"dn": 1}, "0001"),
        ({"dt": "2021-12-19"}, "0002"),
        ({"mp": "Vaccine-of-Nowhere"}, "0003"),
        ({"dn": 1, "mp": "Vaccine-of-Nowhere"}, "0001"),
    ],
)
def test_the_first_rule_that_is_not_met_is_named(changes: dict[str, Any], broken: str) -> None:
    found = rules(rule(f"VR-{HERE}-0003", KNOWN_VACCINE), rule(f"VR-{HERE}-0002", FOURTEEN_DAYS), rule())
    certificate = content(v=[VACCINATION | changes])
    assert asked(judged(found, certificate)) == ("failed", f"VR-{HERE}-{broken}")


def test_the_fourteenth_day_counts_from_its_first_moment_in_utc() -> None:
    found = rules(rule(f"VR-{HERE}-0002", FOURTEEN_DAYS))
    certificate = content(v=[VACCINATION | {"dt": "2021-12-18"}])
    edge_us = times.parse("2022-01-01T00:00:00Z")
    assert judged(found, certificate, edge_us).result is EuResult.PASSED
    assert judged(found, certificate, edge_us - 1_000).result is EuResult.FAILED


def test_of_a_rule_the_newest_version_in_force_is_asked() -> None:
    never, always = {"===": [1, 2]}, {"===": [1, 1]}
    found = rules(
        rule(logic=never),
        rule(logic=always, Version="1.10.0"),
        rule(logic=never, Version="1.9.0"),
        rule(logic=never, Version="2.0.0", ValidFrom="2022-01-01T00:00:01Z"),
        rule(logic=never, Version="3.0.0", ValidTo="2021-12-31T00:00:00Z"),
    )
    assert judged(found).result is EuResult.PASSED
    assert judged(found, at_us=NOW_US + 1_000_000).result is EuResult.FAILED
    assert judged(found, at_us=times.parse("2021-12-30T00:00:00Z")).result is EuResult.FAILED


def test_only_rules_about_this_kind_of_certificate_are_asked() -> None:
    never = {"===": [1, 2]}
    found = rules(rule(), rule(f"TR-{HERE}-0001", never), rule(f"GR-{HERE}-0001", {"===": [1, 1]}))
    assert judged(found).result is EuResult.PASSED
    assert asked(judged(found, content(t=[TEST]))) == ("failed", f"TR-{HERE}-0001")


def test_a_certificate_that_no_acceptance_rule_is_about_stays_open() -> None:
    found = rules(rule(), rule(f"GR-{HERE}-0001", {"===": [1, 1]}), rule(f"IR-{THERE}-0001", {"===": [1, 1]}))
    assert asked(judged(found, content(r=[RECOVERY]))) == ("open", None)


def test_acceptance_is_ruled_where_the_gate_stands_and_invalidation_where_it_was_issued() -> None:
    never = {"===": [1, 2]}
    found = rules(rule(), rule(f"VR-{THERE}-0001", never), rule(f"IR-{HERE}-0001", never))
    assert judged(found).result is EuResult.PASSED
    withdrawn = rules(rule(), rule(f"IR-{THERE}-0001", never))
    assert asked(judged(withdrawn)) == ("failed", f"IR-{THERE}-0001")


def test_rules_of_a_region_are_asked_only_in_that_region() -> None:
    local = rule(f"VR-{HERE}-0002", {"===": [1, 2]}, Region="North")
    assert judged(rules(rule(), local)).result is EuResult.PASSED
    assert judged(rules(rule(), local, region="South")).result is EuResult.PASSED
    assert judged(rules(rule(), local, region="North")).result is EuResult.FAILED


@pytest.mark.parametrize(
    "odd",
    [
        {"Engine": "OTHERLOGIC", "Logic": {"any": ["thing"]}},
        {"EngineVersion": NEWER, "Logic": {"new": []}},
        {"SchemaVersion": "1.3.1"},
        {"SchemaVersion": "2.0.0"},
        {"Logic": KNOWN_VACCINE | {}, "value_sets": {}},
        {"Logic": {"!": [KNOWN_VACCINE]}, "value_sets": {}},
        {"Logic": {"var": "payload.v.0.dn"}},
        {"Logic": {"after": [CLOCK, {"plusTime": [{"var": "payload.v.0.none"}, 0, "day"]}]}},
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_evaluated_leaves_the_result_open(odd: dict[str, Any]) -> None:
    sets = odd.pop("value_sets", {"vaccines": ["EU/1/20/1528"]})
    strange = rule(f"VR-{HERE}-0002", **({"logic": odd.pop("Logic")} if "Logic" in odd else {}), **odd)
    assert asked(judged(rules(rule(), strange, value_sets=sets))) == ("open", f"VR-{HERE}-0002")
    broken = rule(f"VR-{HERE}-0003", {"===": [1, 2]})
    assert asked(judged(rules(rule(), strange, broken, value_sets=sets))) == ("failed", f"VR-{HERE}-0003")


@pytest.mark.parametrize(
    "text", ["1.0", "1.0.0.0", "a.b.c", "１.0.0", "1.-1.0", "", None, 1, f"1.0.{'0' * 21}"]
)
def test_what_is_no_version_is_none(text: object) -> None:
    assert version_of(text) is None
    assert judged(rules(rule()), content() | {"ver": text}).result is EuResult.OPEN


def test_a_certificate_of_the_very_schema_a_rule_is_for_can_be_ruled_on() -> None:
    assert judged(rules(rule(SchemaVersion=content()["ver"]))).result is EuResult.PASSED


def test_a_version_is_three_numbers() -> None:
    assert version_of("1.20.3") == (1, 20, 3)
    assert version_of(f"1.0.{'0' * 20}") == (1, 0, 0)


def test_a_rule_in_the_newest_language_there_is_can_be_evaluated() -> None:
    newest = rule(EngineVersion=".".join(map(str, SPECIFICATION)))
    assert judged(rules(newest)).result is EuResult.PASSED


def test_the_steps_of_all_rules_are_counted() -> None:
    # An operation, two variables with four fragments each.
    assert judged(rules(rule())).steps == 1 + 2 + 8
    assert judged(rules(rule(), rule(f"VR-{HERE}-0002"))).steps == 2 * (1 + 2 + 8)


def test_everything_outside_of_the_certificate_can_be_asked_about() -> None:
    wanted = {
        "countryCode": HERE,
        "issuerCountryCode": THERE,
        "kid": KID_TEXT,
        "region": "North",
        "validationClock": "2022-01-01T00:00:00Z",
        "exp": times.text((NOW_S + 30 * DAY_S) * 1_000_000),
        "iat": times.text((NOW_S - DAY_S) * 1_000_000),
    }
    same = [{"===": [{"var": f"external.{name}"}, value]} for name, value in wanted.items()]
    found = rules(rule(logic={"and": same}), region="North")
    code = read(hc1_code(token()), found)
    assert code.subject["eu_rules"] == "passed"


def test_the_code_says_which_rule_it_was_and_in_its_own_words() -> None:
    code = read(hc1_code(token(content(v=[VACCINATION | {"dn": 1}]))), rules(rule()))
    assert code.verdict is CodeVerdict.VALID
    assert {name: value for name, value in code.subject.items() if name.startswith("eu_")} == {
        "eu_rules": "failed",
        "eu_rule": f"VR-{HERE}-0001",
        "eu_rule_en": "All doses were given.",
        "eu_rule_zh_hans": "全程接种。",
    }
    assert code.subject["vaccination_doses"] == "1"


def test_words_in_one_language_only_stand_alone() -> None:
    german = rule(Description=[{"lang": "de", "desc": "Vollständig."}, {"lang": "en", "desc": "Complete."}])
    code = read(hc1_code(token(content(v=[VACCINATION | {"dn": 1}]))), rules(german))
    assert code.subject["eu_rule_en"] == "Complete."
    assert "eu_rule_zh_hans" not in code.subject


def test_a_code_that_is_not_valid_is_left_alone() -> None:
    code = read(hc1_code(token()), rules(rule()), at_us=NOW_US + 31 * DAY_US)
    assert code.verdict is CodeVerdict.EXPIRED
    assert "eu_rules" not in code.subject


def test_rules_older_than_they_may_be_leave_the_result_open() -> None:
    found = rules(rule())
    payload = hc1_code(token())
    age_us = NOW_US - found.as_of_us
    assert read(payload, found, max_age_us=age_us).subject["eu_rules"] == "passed"
    late = read(payload, found, max_age_us=age_us - 1)
    assert late.subject["eu_rules"] == "open"
    assert "eu_rule" not in late.subject


def test_the_work_for_one_certificate_is_capped_over_all_rules() -> None:
    inner = {"reduce": [{"var": "external.valueSets.many"}, {"+": [{"var": "accumulator"}, 1]}, 0]}
    heavy = {"and": [{"===": [inner, 4_000]}] * 2}
    many = [rule(f"VR-{HERE}-{number:04}", heavy) for number in range(20)]
    found = judged(rules(*many, value_sets={"many": [str(n) for n in range(4_000)]}))
    assert found.result is EuResult.OPEN
    assert MAX_ALL_STEPS - MAX_STEPS < found.steps <= MAX_ALL_STEPS


def test_a_value_set_may_stand_as_the_gateway_hands_it_out() -> None:
    gateway = {"valueSetId": "vaccines", "valueSetValues": {"EU/1/20/1528": {"display": "x", "active": True}}}
    found = rules(rule(logic=KNOWN_VACCINE), value_sets={"vaccines": gateway})
    assert judged(found).result is EuResult.PASSED


def test_logic_that_is_none_is_a_fault_with_the_way_to_it() -> None:
    broken = rule(f"VR-{HERE}-0002", {"if": [True, {"and": [True, {"==": [1, 1]}]}, {"var": "a..b"}]})
    assert faults(text(rule(), broken)) == [
        'hc1-rules.json: rules.1.Logic.if.1.and.1.==: unrecognised operator: "=="',
        "hc1-rules.json: rules.1.Logic.if.2.var: data access path doesn't have a valid format: a..b",
    ]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda r: r.pop("Identifier"), "rules.0.Identifier: must be like VR-AT-0001"),
        (lambda r: r.update(Identifier="XX-XB-0001"), "rules.0.Identifier: must be like VR-AT-0001"),
        (
            lambda r: r.update(Type="BoosterNotification"),
            "rules.0.Type: must be one of Acceptance, Invalidation",
        ),
        (lambda r: r.update(Country="Nowhere"), "rules.0.Country: must be two capital letters"),
        (lambda r: r.update(Country="XC"), "rules: VR-XB-0001: Country says XC"),
        (lambda r: r.update(Version="1.0"), "rules.0.Version: must be a version like 1.0.0"),
        (lambda r: r.update(SchemaVersion=1), "rules.0.SchemaVersion: must be a version like 1.0.0"),
        (lambda r: r.update(Engine=""), "rules.0.Engine: must be a name, such as CERTLOGIC"),
        (lambda r: r.update(EngineVersion="new"), "rules.0.EngineVersion: must be a version like 1.0.0"),
        (
            lambda r: r.update(CertificateType="Exemption"),
            "rules.0.CertificateType: must be one of General, Vaccination, Test, Recovery",
        ),
        (lambda r: r.update(ValidFrom="soon"), "rules.0.ValidFrom: must be a time like 2022-01-01T00:00:00Z"),
        (lambda r: r.update(ValidTo="2021-06-30"), "rules.0.ValidTo: lies before ValidFrom"),
        (
            lambda r: r.update(Description=[]),
            'rules.0.Description: must be a list of {"lang": "en", "desc": ...}',
        ),
        (lambda r: r.pop("Logic"), "rules.0.Logic: invalid CertLogic expression"),
    ],
)
def test_a_rule_that_lacks_something_is_a_fault(
    change: Callable[[dict[str, Any]], object], fault: str
) -> None:
    broken = rule()
    change(broken)
    assert f"hc1-rules.json: {fault}" in faults(text(broken, rule(f"VR-{HERE}-0009")))


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "must be a JSON object"),
        (text(rule(), as_of=None), "as_of: must be a time"),
        (text(rule(), country="Austria"), "country: must be two capital letters"),
        (text(rule(), country="XC"), "country: there is no acceptance rule of XC in the list"),
        (text(rule(), region="a b"), "region: must be a short name"),
        (text(rule(), colour="red"), "unknown field 'colour'"),
        (text(), "rules: must be a list of 1 to"),
        (text(*[1] * (MAX_RULES + 1)), "rules: must be a list of 1 to"),
        (text(7), "rules.0: must be an object"),
        (text(rule(), rule()), f"rules: VR-{HERE}-0001 1.0.0 stands twice"),
        (text(rule(), value_sets=[]), "value_sets: must be an object of lists"),
        (text(rule(), value_sets={"a": [1]}), "value_sets.a: must be a list"),
    ],
)
def test_a_file_that_lacks_something_is_a_fault(source: str, fault: str) -> None:
    assert any(line.startswith(f"hc1-rules.json: {fault}") for line in faults(source))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(st.sampled_from(sorted(rule())), JSON)
def test_whatever_stands_in_a_field_it_is_read_or_a_fault(name: str, value: object) -> None:
    found = read_or_faults(text(rule(f"VR-{HERE}-0009"), rule() | {name: value}))
    if isinstance(found, EuRules):
        assert judged(found).result in EuResult
    else:
        assert all(line.startswith("hc1-rules.json: ") for line in found)


@given(JSON | st.builds(json.loads, st.just(text(rule()))))
def test_whatever_the_file_is_it_is_read_or_a_fault(value: object) -> None:
    assert read_or_faults(json.dumps(value)) != []


@given(st.dictionaries(st.sampled_from(sorted(VACCINATION)), JSON), JSON)
def test_whatever_an_issuer_wrote_the_rules_say_one_of_three_things(
    entry: dict[str, Any], version: object
) -> None:
    found = rules(rule(), rule(f"VR-{HERE}-0002", FOURTEEN_DAYS), rule(f"VR-{HERE}-0003", KNOWN_VACCINE))
    certificate = content(v=[VACCINATION | entry]) | {"ver": version}
    assert judged(found, certificate).result in EuResult
