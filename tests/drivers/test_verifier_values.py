"""What each platform's values are called here: by name, exactly, and green only where its documents say so.

The tables below are written from the documents, apart from the drivers' own. For every entry of every driver
and every other name it could be given by mistake, a changed driver is noticed.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.verifier import _reading, _stated, alibaba_iot, angaoke, ant, http, simulated, wecom, yunma
from drivers.verifier._platform import digest
from edge.domain.errors import DeviceUnavailable
from edge.domain.facts import Colour, Fact
from edge.domain.model import Carrier
from edge.domain.ports import Inquiry, PlatformAnswer, PlatformState

HEALTH, ITINERARY = Carrier.CHINA_HEALTH, Carrier.CHINA_ITINERARY
CODE = b"https://hc.example/c?7f3a"
Ask = Callable[[object], PlatformAnswer]


def _inquiry(kind: Carrier = HEALTH) -> Inquiry:
    return Inquiry(kind, CODE)


ALIBABA = alibaba_iot.Options(url="https://p.example/v", iot_id="i1")
STATED = http.Options(
    url="https://p.example/v",
    health_at="/data/c",
    health=(
        ("00", "green"),
        ("01", "yellow"),
        ("02", "orange"),
        ("10", "red"),
        ("11", "grey"),
        ("20", "expired"),
        ("21", "not_found"),
        ("22", "failed"),
        ("23", "no_meaning"),
    ),
)
GUN = yunma.Options(
    url="https://p.example/v",
    device="86",
    health_at="/c",
    health=(("7", "green"), ("8", "yellow"), ("9", "red")),
)


def _alibaba(value: object) -> PlatformAnswer:
    return alibaba_iot.reduced(ALIBABA, _inquiry(), {"healthStatus": value})


def _angaoke(value: object) -> PlatformAnswer:
    data = {"risk_assessment_grade": value, "report_expired": False, "report_date": "2022-04-01 08:00:00"}
    return angaoke.reduced(_inquiry(), {"errcode": 0, "errmsg": "SUCCESS", "data": data})


def _wecom(value: object) -> PlatformAnswer:
    answer = {"headers": {"req_id": "r"}, "errcode": 0, "errmsg": "ok", "body": {"status": value}}
    return wecom.reduced(_inquiry(), answer, "r")


def _ant(value: object) -> PlatformAnswer:
    return ant.reduced(_inquiry(), {"response": {"result_code": "OK", "health_info": {"health_code": value}}})


def _travel(value: object) -> PlatformAnswer:
    answer = {"response": {"result_code": "OK", "travel_info": {"travel_code": value}}}
    return ant.reduced(_inquiry(ITINERARY), answer)


def _simulated(value: object) -> PlatformAnswer:
    answer = {"code": digest(CODE.decode()), "state": "found", "health": value}
    return simulated.reduced(_inquiry(), answer)


def _http(value: object) -> PlatformAnswer:
    return _stated.reduced(STATED, _inquiry(), {"data": {"c": value}})


def _yunma(value: object) -> PlatformAnswer:
    return _stated.reduced(GUN, _inquiry(), {"c": value})


@dataclass(frozen=True)
class Table:
    """A driver's table: where it stands, how a value is asked about, and what the documents say."""

    module: Any
    name: str
    ask: Ask
    documented: Mapping[Any, str]
    fact: Fact = Fact.COLOUR

    @property
    def id(self) -> str:
        return f"{self.module.__name__.rpartition('.')[2]}.{self.name}"


TABLES = [
    # 健康码状态枚举值:1-绿码,2-黄码,3-红码,4-已过期,5-不存在,6-核验失败,7-核验超时
    Table(
        alibaba_iot,
        "HEALTH",
        _alibaba,
        {1: "green", 2: "yellow", 3: "red", 4: "expired", 5: "not_found", 6: "failed", 7: "failed"},
    ),
    # 00 绿码 01 黄码 10 红码
    Table(angaoke, "GRADES", _angaoke, {"00": "green", "01": "yellow", "10": "red"}),
    # 健康状态 0:正常,1:异常,2:未知/未填写
    Table(wecom, "STATUS", _wecom, {0: "green", 1: "red", 2: "not_found"}),
    # 绿色:1,黄码:2,红码:3,灰码:4
    Table(ant, "HEALTH", _ant, {"1": "green", "2": "yellow", "3": "red", "4": "grey"}),
    # 1 绿码; 2 红码; 3 黄码; 0 行程信息不全; -1 查询失败
    Table(
        ant,
        "TRAVEL",
        _travel,
        {"1": "green", "2": "red", "3": "yellow", "0": "failed", "-1": "failed"},
        Fact.ITINERARY,
    ),
    Table(
        simulated,
        "COLOURS",
        _simulated,
        {"green": "green", "yellow": "yellow", "orange": "orange", "red": "red", "grey": "grey"},
    ),
]
CONFIGURED = [
    ("http", _http, dict(STATED.health)),
    ("yunma", _yunma, dict(GUN.health)),
]
NAMES = [
    *(str(colour) for colour in Colour),
    *(str(s) for s in PlatformState if s is not PlatformState.FOUND),
]

every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.id)
every_driver = pytest.mark.parametrize(
    "ask", [*(t.ask for t in TABLES), _http, _yunma], ids=[*(t.id for t in TABLES), "http", "yunma"]
)


def said(answer: PlatformAnswer, fact: Fact = Fact.COLOUR) -> str:
    """Return what an answer amounts to in one word, whichever of colour and state it is."""
    if answer.state is not PlatformState.FOUND:
        assert Fact.COLOUR not in answer.subject
        assert Fact.ITINERARY not in answer.subject
        return str(answer.state)
    return answer.subject.get(fact, "nothing")


def wrong(table: Table) -> list[object]:
    """Return the documented values that the driver reads as something else."""
    return [value for value, name in table.documented.items() if said(table.ask(value), table.fact) != name]


def meaning(name: str) -> Colour | PlatformState:
    return Colour(name) if name in list(Colour) else PlatformState(name)


@every_table
def test_every_documented_value_has_its_documented_name_and_the_table_has_no_other(table: Table) -> None:
    assert wrong(table) == []
    assert set(getattr(table.module, table.name)) == set(table.documented)


@every_table
def test_no_entry_can_be_given_another_name_unnoticed(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry in turn is given each other name; each time exactly that entry is seen to be wrong."""
    original = dict(getattr(table.module, table.name))
    mutants = 0
    for value in original:
        for name in NAMES:
            if name == table.documented[value]:
                continue
            changed = MappingProxyType({**original, value: meaning(name)})
            monkeypatch.setattr(table.module, table.name, changed)
            assert wrong(table) == [value], f"{value!r} as {name} went unnoticed"
            mutants += 1
        monkeypatch.setattr(
            table.module, table.name, MappingProxyType({k: v for k, v in original.items() if k != value})
        )
        assert wrong(table) == [value]
    assert mutants == len(original) * (len(NAMES) - 1)


@pytest.mark.parametrize(("name", "ask", "table"), CONFIGURED, ids=[name for name, _, _ in CONFIGURED])
def test_a_configured_table_says_what_it_says(name: str, ask: Ask, table: dict[str, str]) -> None:
    for value, meant in table.items():
        assert said(ask(value)) == meant, name
        if value.isdecimal() and value == str(int(value)):
            assert said(ask(int(value))) == meant


def test_names_of_a_configured_table_stand_for_themselves() -> None:
    assert {name: str(meaning) for name, meaning in _stated.NAMES.items()} == {name: name for name in NAMES}


SPELLINGS = [
    *(
        "green",
        "GREEN",
        "Green",
        " green",
        "green ",
        "绿",
        "绿码",
        "绿色",
        "0x1",
        "01 ",
        "1.0",
        "true",
        "True",
        "",
        " ",
    ),
    *("①", "１", "00", "0", "1", "2", "10", "-1", "7", "8", "1\n", "+1", "\x001"),
    *(
        None,
        True,
        False,
        0,
        1,
        2,
        7,
        8,
        -1,
        1.0,
        0.0,
        7.0,
        float("inf"),
        10**30,
        [],
        [1],
        ["1"],
        ["00"],
        {},
        {"1": 1},
    ),
]


@every_driver
def test_nothing_but_the_documented_values_is_ever_green(ask: Ask) -> None:
    documented: dict[Ask, list[object]] = {
        _alibaba: [1],
        _angaoke: ["00"],
        _wecom: [0],
        _ant: ["1"],
        _travel: ["1"],
        _simulated: ["green"],
        _http: ["00"],
        _yunma: ["7", 7],
    }
    greens = documented[ask]
    for value in SPELLINGS:
        answer = ask(value)
        is_green = Colour.GREEN in answer.subject.values()
        assert is_green == any(value == green and type(value) is type(green) for green in greens), value


@every_driver
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    )
)
def test_whatever_stands_there_is_a_documented_value_or_has_no_meaning(ask: Ask, value: object) -> None:
    answer = ask(value)
    known = type(value) in (int, str) and said(answer) not in ("no_meaning", "nothing")
    if not known:
        assert answer.state is not PlatformState.FOUND or Colour.GREEN not in answer.subject.values()
        assert answer.state is PlatformState.NO_MEANING or type(value) in (int, str)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "data",
                        "errcode",
                        "response",
                        "result_code",
                        "health_info",
                        "health_code",
                        "headers",
                        "body",
                    ),
                    *("req_id", "status", "code", "state", "health", "healthStatus", "c", "report_expired"),
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
READERS: list[Callable[[Any], PlatformAnswer]] = [
    lambda document: alibaba_iot.reduced(ALIBABA, _inquiry(), document),
    lambda document: angaoke.reduced(_inquiry(), document),
    lambda document: wecom.reduced(_inquiry(), document, "r"),
    lambda document: ant.reduced(_inquiry(), document),
    lambda document: simulated.reduced(_inquiry(), document),
    lambda document: _stated.reduced(STATED, _inquiry(), document),
]


@pytest.mark.parametrize("read", READERS, ids=["alibaba_iot", "angaoke", "wecom", "ant", "simulated", "http"])
@given(document=ANYTHING)
def test_no_document_whatever_makes_a_reader_raise_anything_but_garbled(
    read: Callable[[Any], PlatformAnswer], document: object
) -> None:
    try:
        outcome: object = read(document).state
    except DeviceUnavailable as error:
        outcome = error.code
    assert outcome == "garbled" or isinstance(outcome, PlatformState)


def test_an_answer_without_the_whole_of_its_protocol_is_not_believed() -> None:
    green = {"risk_assessment_grade": "00", "report_expired": False, "report_date": "2022-04-01 08:00:00"}

    def angaoke_said(**changed: object) -> str:
        return said(angaoke.reduced(_inquiry(), {"errcode": 0, "data": {**green, **changed}}))

    assert angaoke_said() == "green"
    assert angaoke_said(qrcode_expired=True) == "expired"
    assert angaoke_said(report_expired=True) == "expired"
    assert angaoke_said(report_expired=None) == "no_meaning"
    assert angaoke_said(report_expired="false") == "no_meaning"
    assert angaoke_said(qrcode_expired=0) == "no_meaning"
    assert angaoke_said(report_date="") == "not_found"
    assert angaoke_said(report_valid_date="soon") == "no_meaning"
    for errcode in (1, "0", None, True, 0.0):
        answer = angaoke.reduced(_inquiry(), {"errcode": errcode, "data": green})
        assert said(answer) in ("failed", "no_meaning"), errcode


def test_an_answer_to_another_question_is_no_answer() -> None:
    with pytest.raises(DeviceUnavailable, match="another question"):
        wecom.reduced(_inquiry(), {"headers": {"req_id": "x"}, "errcode": 0, "body": {"status": 0}}, "r")
    with pytest.raises(DeviceUnavailable, match="another question"):
        simulated.reduced(_inquiry(), {"code": digest("x"), "state": "found", "health": "green"})


def test_a_colour_beside_a_refusal_is_left_out() -> None:
    for state in ("expired", "failed", "not_found", "cheerful"):
        answer = simulated.reduced(
            _inquiry(),
            {"code": digest(CODE.decode()), "state": state, "health": "green", "itinerary": "green"},
        )
        assert answer.state is not PlatformState.FOUND
        assert not answer.subject


def test_the_wrong_half_of_an_answer_does_not_stand_for_the_other() -> None:
    green_health = {"response": {"result_code": "OK", "health_info": {"health_code": "1"}}}
    assert said(ant.reduced(_inquiry(ITINERARY), green_health), Fact.ITINERARY) == "no_meaning"
    both = {"response": {**green_health["response"], "travel_info": {"travel_code": "2"}}}
    answer = ant.reduced(_inquiry(), both)
    assert answer.subject == {Fact.COLOUR: "green", Fact.ITINERARY: "red"}


def test_people_tests_and_doses_are_read_as_they_are_written() -> None:
    answer = ant.reduced(
        _inquiry(),
        {
            "response": {
                "result_code": "OK",
                "name": "张*",
                "cert_no": "11010119900307001X",
                "health_info": {"health_code": "1"},
                "nucleic_acid_info": {"report_result": "阴性", "report_timestamp": 1_650_000_000_000},
                "vaccination_info": {"vaccination_code": "2", "vaccination_timestamp": 1_640_000_000_000},
                "scene_info": {"scene_code": "s1", "scene_name": "3 号门"},
            }
        },
    )
    assert answer.personal == {"name": "张*", "id_number": "11010119900307001X"}
    assert answer.person == "id:11010119900307001X"
    assert answer.subject[Fact.TEST_RESULT] == "negative"
    assert answer.subject[Fact.TEST_TAKEN] == "2022-04-15T05:20:00Z"
    assert (answer.subject[Fact.VACCINATION_DOSES], answer.subject[Fact.VACCINATION_DATE]) == (
        "1",
        "2021-12-20",
    )
    assert (answer.subject[Fact.PLACE], answer.subject[Fact.VENUE_ID]) == ("3 号门", "s1")
    for word in ("阴", "negative", "0", 0, None):
        odd = {"report_result": word, "report_timestamp": 1}
        found = ant.reduced(
            _inquiry(),
            {
                "response": {
                    "result_code": "OK",
                    "health_info": {"health_code": "1"},
                    "nucleic_acid_info": odd,
                }
            },
        )
        assert Fact.TEST_RESULT not in found.subject


def test_a_masked_number_names_nobody_for_good() -> None:
    answer = alibaba_iot.reduced(
        ALIBABA,
        _inquiry(),
        {"healthStatus": 1, "name": "张*", "idCardNo": "1101**********001X", "phoneNo": 5},
    )
    assert answer.person is None
    assert answer.personal == {"name": "张*", "id_number": "1101**********001X"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2022-04-15 13:20:00", 1_650_000_000_000_000),
        ("2022-04-15T05:20:00Z", 1_650_000_000_000_000),
        (1_650_000_000_000, 1_650_000_000_000_000),
        (1_650_000_000, None),
        (True, None),
        ("yesterday", None),
        ("1" * 50, None),
    ],
)
def test_moments_are_read_as_documented_or_not_at_all(written: object, expected: int | None) -> None:
    assert _reading.moment_us(written) == expected


def test_a_time_that_cannot_be_read_spoils_the_answer() -> None:
    for odd in ("soon", True, 5, ["2022"]):
        answer = alibaba_iot.reduced(ALIBABA, _inquiry(), {"healthStatus": 1, "healthStatusUpdateTime": odd})
        assert answer.state is PlatformState.NO_MEANING


ASKED = http.Options(
    url="https://p.example/v/{code}?id={id_number}",
    headers=("x-code: a {code}", "x-id: {id_number}"),
    body='{"code": ["{code}"], "{code}": 1}',
    health_at="/c",
    health=(("1", "green"),),
)


@given(code=st.text(max_size=40), number=st.none() | st.text(max_size=20))
def test_whatever_a_code_holds_the_request_stays_one_request(code: str, number: str | None) -> None:
    asked = http.question(ASKED, Inquiry(HEALTH, code.encode("utf-8", "replace"), number), "s3cret")
    for text in (asked.path, *asked.headers.values()):
        assert text.isascii()
        assert text.isprintable()
    assert asked.path.count("/") == 2
    assert " " not in asked.path
    body = json.loads(asked.body)
    assert set(body) == {"code", "{code}"}
    assert body["code"] == ["" if number is not None else code.encode("utf-8", "replace").decode()]
