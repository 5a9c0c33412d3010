"""What is taken out of a health card's bundle, and what is left out."""

from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes.fhir import Person, facts_of, person_of
from tests.codes.shc_samples import Parts, bundle, dose, lab_test, patient

CVX = "http://hl7.org/fhir/sid/cvx"
_PRODUCTS = ("207", "208", "211", "212")


def coded(*codings: tuple[str, object]) -> Parts:
    return {"coding": [{"system": system, "code": code} for system, code in codings]}


def people(**members: object) -> Parts:
    return {"resourceType": "Bundle", "entry": [patient(**members)]}


def test_doses_are_counted_and_the_last_one_named() -> None:
    facts = facts_of(bundle(dose("2021-06-02", "211"), dose("2021-03-01", "207"), dose("2021-04-01", "207")))
    assert facts == {
        "vaccination_doses": "3",
        "vaccination_date": "2021-06-02",
        "vaccination_product": "211",
    }


def test_how_many_doses_a_course_has_is_said_only_where_the_card_says_it() -> None:
    course = dose("2021-03-29", protocolApplied=[{"doseNumberPositiveInt": 2, "seriesDosesPositiveInt": 3}])
    facts = facts_of(bundle(dose("2021-03-01"), course))
    assert facts["vaccination_needed"] == "3"
    assert facts["vaccination_doses"] == "2"
    unsaid: list[object] = [None, {}, [None], [{}]]
    unsaid += [[{"seriesDosesPositiveInt": number}] for number in (True, 0, -1, 100, "3")]
    for applied in unsaid:
        assert "vaccination_needed" not in facts_of(bundle(dose("2021-03-01", protocolApplied=applied)))


@pytest.mark.parametrize(
    "left_out",
    [
        dose("2021-03-29", status="entered-in-error"),
        dose("2021-03-29", status="not-done"),
        dose("2021-03-29", status="Completed"),
        dose("2021-03-29", status=None),
        dose("2021-03-29", isSubpotent=True),
        dose("2021-03-29", "141"),  # influenza
        dose("2021-03-29", vaccineCode={}),
        dose("2021-03-29", vaccineCode={"coding": []}),
        dose("2021-03-29", vaccineCode=coded(("http://example.org/cvx", "208"))),
        dose("2021-03-29", vaccineCode=coded((CVX, 208))),
        dose("2021-03-29", patient={"reference": "resource:9"}),
        dose("2021-03-29", patient=None),
        dose("2021"),
        dose("2021-03"),
        dose("29-03-2021"),
        dose("2021-02-30"),
        dose(None),
        dose(20210329),
        dose("2021-03-01"),  # the first one, entered twice
    ],
)
def test_what_is_no_further_full_dose_for_this_person_is_not_counted(left_out: Parts) -> None:
    facts = facts_of(bundle(dose("2021-03-01"), left_out))
    assert (facts["vaccination_doses"], facts["vaccination_date"]) == ("1", "2021-03-01")


@pytest.mark.parametrize(
    ("days", "doses", "last"),
    [
        # One dose, entered by the clock of the clinic and by that of the register.
        (("2021-03-01T22:30:00-05:00", "2021-03-02T03:30:00Z"), "1", "2021-03-01"),
        (("2021-03-02", "2021-03-01"), "1", "2021-03-01"),
        (("2021-03-01", "2021-03-01T08:00:00Z", "2021-03-02"), "1", "2021-03-01"),
        (("2021-03-01", "2021-03-02", "2021-03-03"), "1", "2021-03-01"),
        (("2021-03-01", "2021-03-03"), "2", "2021-03-03"),
        (("2021-03-01", "2021-03-22", "2021-03-23"), "2", "2021-03-22"),
        (("2021-02-28", "2021-03-01", "2021-12-31", "2022-01-01"), "2", "2021-12-31"),
    ],
)
def test_one_dose_entered_on_neighbouring_days_is_one_dose(
    days: tuple[str, ...], doses: str, last: str
) -> None:
    for order in permutations(days):
        facts = facts_of(bundle(*(dose(day) for day in order)))
        assert (facts["vaccination_doses"], facts["vaccination_date"]) == (doses, last)
        # Whatever the entries call the vaccine: it is still one arm on one day.
        facts = facts_of(bundle(*(dose(day, code) for day, code in zip(order, _PRODUCTS, strict=False))))
        assert facts["vaccination_doses"] == doses


def test_of_two_entries_of_one_dose_the_longer_course_counts() -> None:
    entries = [
        dose(day, protocolApplied=[{"doseNumberPositiveInt": 1, "seriesDosesPositiveInt": needed}])
        for day, needed in (("2021-03-01", 1), ("2021-03-02", 2))
    ]
    assert facts_of(bundle(*entries))["vaccination_needed"] == "2"
    assert facts_of(bundle(*reversed(entries)))["vaccination_needed"] == "2"


@given(st.lists(st.dates(date(2021, 1, 1), date(2021, 2, 28)), max_size=12), st.data())
def test_doses_never_become_more_by_entering_them_a_day_off(days: list[date], data: st.DataObject) -> None:
    entered = [str(day) for day in days]
    more = [str(day + timedelta(data.draw(st.integers(-1, 1)))) for day in days]
    facts, again = (facts_of(bundle(*(dose(day) for day in all_of))) for all_of in (entered, entered + more))
    assert int(again.get("vaccination_doses", "0")) <= int(facts.get("vaccination_doses", "0"))
    assert int(facts.get("vaccination_doses", "0")) <= len(set(days))


@pytest.mark.parametrize("full_url", ["", None])
def test_nothing_is_about_a_patient_whom_nothing_can_name(full_url: str | None) -> None:
    nameless = {**patient(), "fullUrl": full_url}
    entries = [
        dose("2021-03-01", patient=of) for of in ({"reference": ""}, None, {}, {"reference": "resource:0"})
    ]
    found = {"resourceType": "Bundle", "entry": [nameless, *entries, lab_test("2021-12-30", subject=None)]}
    assert facts_of(found) == {}
    assert person_of(found).family == "Example"


def test_one_known_code_among_others_is_enough_and_a_time_of_day_is_cut_off() -> None:
    both = coded(("http://snomed.info/sct", "28531000087107"), (CVX, "511"))
    facts = facts_of(bundle(dose("2021-03-01T08:30:00+08:00", vaccineCode=both)))
    assert (facts["vaccination_product"], facts["vaccination_date"]) == ("511", "2021-03-01")


@pytest.mark.parametrize(
    ("loinc", "kind"),
    [
        ("94500-6", "naat"),
        ("94559-2", "naat"),
        ("94558-4", "antigen"),
        ("97097-0", "antigen"),
        ("94763-0", "other"),
    ],
)
def test_a_test_for_the_virus_has_its_kind(loinc: str, kind: str) -> None:
    assert facts_of(bundle(lab_test("2021-12-30", loinc=loinc)))["test_kind"] == kind


@pytest.mark.parametrize(
    "left_out",
    [
        lab_test("2021-12-31", loinc="94563-4"),  # antibodies
        lab_test("2021-12-31", loinc="92142-9"),  # influenza
        lab_test("2021-12-31", code=coded(("http://example.org", "94500-6"))),
        lab_test("2021-12-31", code={}),
        lab_test("2021-12-31", status="preliminary"),
        lab_test("2021-12-31", status="entered-in-error"),
        lab_test("2021-12-31", status="cancelled"),
        lab_test("2021-12-31", subject={"reference": "resource:5"}),
    ],
)
def test_what_is_no_finished_test_of_this_person_for_the_virus_is_left_out(left_out: Parts) -> None:
    assert facts_of(bundle(left_out)) == {}


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("260415000", "negative"),
        ("260385009", "negative"),
        ("131194007", "negative"),
        ("260373001", "positive"),
        ("10828004", "positive"),
        ("840533007", "positive"),
        ("720735008", "positive"),
        ("419984006", "inconclusive"),
        ("455371000124106", "inconclusive"),
        ("125154007", "inconclusive"),
        ("1", "inconclusive"),
    ],
)
def test_whatever_a_laboratory_says_else_is_not_negative(code: str, result: str) -> None:
    assert facts_of(bundle(lab_test("2021-12-30", code)))["test_result"] == result


@pytest.mark.parametrize(
    ("members", "result"),
    [
        ({"valueCodeableConcept": coded(("http://loinc.org", "LA11883-8"))}, "negative"),
        ({"valueCodeableConcept": coded(("http://loinc.org", "LA6576-8"))}, "positive"),
        ({"valueCodeableConcept": {"text": "Not detected"}}, "negative"),
        ({"valueCodeableConcept": {"text": "Detected"}}, "positive"),
        ({"valueCodeableConcept": {"text": "not  DETECTED "}}, "negative"),
        ({"valueCodeableConcept": {"text": "Not detected, see note"}}, "inconclusive"),
        ({"valueCodeableConcept": {"text": 1}}, "inconclusive"),
        ({"valueCodeableConcept": None, "valueString": "Negative"}, "negative"),
        ({"valueCodeableConcept": None, "valueString": "Positive"}, "positive"),
        ({"valueCodeableConcept": None}, "inconclusive"),
        ({"valueCodeableConcept": coded(("http://example.org", "260415000"))}, "inconclusive"),
        (
            {
                "valueCodeableConcept": coded(
                    ("http://snomed.info/sct", "260415000"), ("http://loinc.org", "LA11882-0")
                )
            },
            "inconclusive",
        ),
    ],
)
def test_a_result_may_be_a_code_or_a_word_but_not_two_things(members: Parts, result: str) -> None:
    assert facts_of(bundle(lab_test("2021-12-30", **members)))["test_result"] == result


@pytest.mark.parametrize(
    ("members", "taken"),
    [
        ({"effectiveDateTime": "2021-12-30"}, "2021-12-30"),
        ({"effectiveDateTime": "2021-12-30T08:15:00+08:00"}, "2021-12-30T00:15:00Z"),
        ({"effectiveDateTime": "2021-12-30T08:15:00Z"}, "2021-12-30T08:15:00Z"),
        ({"effectiveDateTime": "2021-12-30T08:15:00"}, "2021-12-30"),
        ({"effectiveDateTime": None, "effectiveInstant": "2021-12-30T08:15:00Z"}, "2021-12-30T08:15:00Z"),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2021-12-30", "end": "2021-12-31"}},
            "2021-12-30",
        ),
    ],
)
def test_a_test_is_as_old_as_its_sample(members: Parts, taken: str) -> None:
    assert facts_of(bundle(lab_test("", **members)))["test_taken"] == taken


@pytest.mark.parametrize("said", ["2021", "2021-12", "30-12-2021", "2021-12-30T25:00:00Z", 1, None, []])
def test_a_test_without_a_day_has_none_and_when_the_laboratory_was_done_does_not_stand_in(
    said: object,
) -> None:
    facts = facts_of(bundle(lab_test(said, issued="2021-12-31T08:00:00Z")))
    assert facts["test_result"] == "negative"
    assert "test_taken" not in facts


def test_a_positive_test_is_never_hidden_by_a_negative_one() -> None:
    positive, negative = "260373001", "260415000"
    later = (lab_test("2021-12-30", positive), lab_test("2021-12-31T06:00:00Z", negative))
    assert facts_of(bundle(*later))["test_result"] == "positive"
    assert facts_of(bundle(*reversed(later)))["test_taken"] == "2021-12-30"
    undated = (lab_test("2021-12", positive), lab_test("2021-12-31T06:00:00Z", negative))
    assert facts_of(bundle(*undated))["test_result"] == "positive"


def test_of_several_negative_tests_the_last_counts_and_of_one_day_the_worse() -> None:
    positive, negative = "260373001", "260415000"
    later = (lab_test("2021-12-30", negative), lab_test("2021-12-31T06:00:00Z", negative))
    assert facts_of(bundle(*later))["test_taken"] == "2021-12-31T06:00:00Z"
    assert facts_of(bundle(*reversed(later)))["test_taken"] == "2021-12-31T06:00:00Z"
    same = (lab_test("2021-12-31T09:00:00Z", negative), lab_test("2021-12-31", positive))
    assert facts_of(bundle(*same))["test_result"] == "positive"
    assert facts_of(bundle(*reversed(same)))["test_result"] == "positive"


def test_a_card_may_state_doses_and_a_test_and_other_things() -> None:
    other = {"fullUrl": "resource:7", "resource": {"resourceType": "Location"}}
    facts = facts_of(bundle(dose("2021-03-01"), other, lab_test("2021-12-30")))
    assert facts.keys() == {
        "vaccination_doses",
        "vaccination_date",
        "vaccination_product",
        "test_result",
        "test_kind",
        "test_taken",
    }


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([{"family": "Example", "given": ["Ada", "B."]}], "Ada B. Example"),
        ([{"family": "Example"}], "Example"),
        ([{"given": ["Ada"]}], "Ada"),
        ([{"text": "Ada Example"}], "Ada Example"),
        ([{"family": "\u738b", "given": ["\u5c0f\u660e"]}], "\u738b\u5c0f\u660e"),
        ([{"use": "maiden", "family": "Before"}, {"family": "Example"}], "Example"),
        ([{"family": "Other"}, {"use": "official", "family": "Example"}], "Example"),
        ([{"use": "old", "family": "Example"}], "Example"),
        ([None, {"family": " Example "}], "Example"),
    ],
)
def test_a_person_has_the_name_they_use_now(names: object, shown: str) -> None:
    assert person_of(people(name=names)).name == shown


@pytest.mark.parametrize(
    "names",
    [
        None,
        [],
        {},
        "Ada",
        [None],
        [{}],
        [{"family": ""}],
        [{"family": 1}],
        [{"given": "Ada"}],
        [{"family": "n" * 201}],
    ],
)
def test_a_card_without_a_name_is_none(names: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each fails in its own words
        person_of(people(name=names))


def test_two_patients_or_none_are_no_card() -> None:
    for entries in ([], [patient(), patient()]):
        with pytest.raises(ValueError, match="several people"):
            person_of({"resourceType": "Bundle", "entry": entries})
        with pytest.raises(ValueError, match="several people"):
            facts_of({"resourceType": "Bundle", "entry": entries})


@pytest.mark.parametrize(
    ("said", "born"),
    [
        ("1970-03-04", "1970-03-04"),
        ("1970-03", "1970-03"),
        ("1970", "1970"),
        ("1970-02-30", ""),
        ("1970-13", ""),
        ("0000", ""),
        ("4/3/1970", ""),
        (None, ""),
    ],
)
def test_a_birth_date_is_kept_as_far_as_it_is_one(said: object, born: str) -> None:
    assert person_of(people(birthDate=said)) == Person("Ada B. Example", "Example", "Ada B.", born)
