"""Who counts as one person of a day."""

from edge.reports.facts import identity, named


def test_a_masked_number_of_a_code_takes_the_place_of_no_number() -> None:
    body = {"evidence": [{"t": "answer", "question": "phone"}, {"t": "code"}]}
    masked = {"personal": {"phone": "138****1234"}}
    told = named(body, {"evidence": {"0": {"value": "13800001234"}, "1": masked}})
    assert identity(told, vehicle=False) == "phone 13800001234"
    assert identity(named(body, {"evidence": {"1": masked}}), vehicle=False) is None, "it is anybody's"
