"""What each driver sends, as its protocol is documented, and what comes back through the wire."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import pytest

from drivers import registry
from drivers.verifier import angaoke, ant
from drivers.verifier._platform import MOODS, WITHOUT_MEANING, SimulatedPlatform
from edge.domain.errors import DeviceUnavailable
from edge.domain.facts import Fact
from edge.domain.model import Carrier
from edge.domain.ports import Inquiry, PlatformAnswer, PlatformState
from edge.health import REMEDIES
from edge.web.troubles import PLATFORM_FAULTS, PLATFORM_REMEDIES
from tests.drivers.verifier_peers import Asked, peer, respond
from tests.test_remedies import codes

CODE = "https://hc.example/c?id=7f3a&x=张 +/="
HELD = "s3cret/+="


def ask(
    table: dict[str, Any], answer: object, *, id_number: str | None = None
) -> tuple[PlatformAnswer, Asked]:
    """Ask one question of a server that answers so; return what came of it, and the question."""
    with peer(respond(json.dumps(answer).encode())) as server:
        port = registry.load("verifier", {**table, "url": server.url(table.get("url", "/v"))}).connect()
        try:
            found = port.resolve(
                Inquiry(Carrier.CHINA_HEALTH, CODE.encode() if id_number is None else b"", id_number), 5.0
            )
        finally:
            port.close()
        [asked] = server.asked
    return found, asked


@pytest.fixture
def secret_file(tmp_path: Path) -> str:
    path = tmp_path / "secret"
    path.write_text(f"{HELD}\n", "utf-8")
    return str(path)


def test_alibaba_iot_sends_type_value_and_device(secret_file: str) -> None:
    table = {"driver": "alibaba_iot", "iot_id": "i1", "secret_file": secret_file, "record_at": "/data"}
    record = {"healthStatus": 2, "name": "张*", "healthStatusUpdateTime": "2022-04-15 13:20:00"}
    found, asked = ask(table, {"data": record})
    assert json.loads(asked.body) == {"certType": "QR_CODE", "certValue": CODE, "iotId": "i1"}
    assert asked.headers["authorization"] == f"Bearer {HELD}"
    assert found.subject == {Fact.COLOUR: "yellow"}
    assert found.personal == {"name": "张*"}
    assert found.issued_us == 1_650_000_000_000_000
    _, by_card = ask(table, {"data": record}, id_number="110101199003070011")
    assert json.loads(by_card.body)["certType"] == "ID_CARD"
    assert json.loads(by_card.body)["certValue"] == "110101199003070011"


def test_angaoke_signs_sorted_parameters_with_the_secret_among_them(secret_file: str) -> None:
    table = {"driver": "angaoke", "app_id": "a1", "secret_file": secret_file, "url": "/health/decode"}
    data = {"risk_assessment_grade": "10", "report_expired": False, "report_date": "2022-04-01 00:00:00"}
    found, asked = ask(table, {"errcode": 0, "errmsg": "SUCCESS", "data": data})
    form = dict(parse_qsl(asked.body.decode(), strict_parsing=True))
    assert asked.line.startswith("POST /health/decode ")
    assert set(form) == {"appId", "secretKey", "timestamp", "code_content", "sign"}
    assert (form["appId"], form["secretKey"], form["code_content"]) == ("a1", HELD, CODE)
    assert len(form["timestamp"]) == 13
    joined = f"appId=a1&code_content={CODE}&secretKey={HELD}&timestamp={form['timestamp']}"
    assert form["sign"] == hashlib.sha256(joined.encode()).hexdigest().upper()
    assert found.subject == {Fact.COLOUR: "red"}


def test_angaokes_signature_of_a_known_text() -> None:
    assert angaoke.sign({"b": "2", "a": "1"}) == hashlib.sha256(b"a=1&b=2").hexdigest().upper()


def test_yunma_sends_the_four_documented_fields(secret_file: str) -> None:
    table = {
        **{"driver": "yunma", "device": "8612", "secret_file": secret_file, "health_at": "/data/color"},
        "health": {"1": "green", "2": "yellow", "3": "red"},
    }
    found, asked = ask(table, {"data": {"color": 3}})
    assert json.loads(asked.body) == {
        **{"cardNoType": 2, "idCardNo": CODE, "temperature": "0", "deviceIndexCode": "8612"},
    }
    assert found.subject == {Fact.COLOUR: "red"}
    _, by_card = ask(table, {"data": {}}, id_number="110101199003070011")
    assert json.loads(by_card.body) == {
        **{"cardNoType": 1, "idCardNo": "110101199003070011", "temperature": "0", "deviceIndexCode": "8612"},
    }


def test_wecom_asks_for_a_user_and_wants_its_own_number_back() -> None:
    table = {"driver": "wecom", "prefix": "https://hc.example/c?id=", "user_type": "pupil"}
    envelope: dict[str, Any] = {}

    def echo(line: Any, asked: Asked) -> None:
        envelope.update(json.loads(asked.body))
        answer = {"headers": envelope["headers"], "body": {"status": 1}, "errcode": 0, "errmsg": "ok"}
        respond(json.dumps(answer).encode())(line, asked)

    with peer(echo) as server:
        port = registry.load("verifier", {**table, "url": server.url()}).connect()
        found = port.resolve(Inquiry(Carrier.CHINA_HEALTH, b"https://hc.example/c?id=zhangsan"), 5.0)
        assert found.subject == {Fact.COLOUR: "red"}
        assert envelope["cmd"] == "get_health_status"
        assert envelope["body"] == {"userid": "zhangsan", "user_type": 2}
        first = envelope["headers"]["req_id"]
        port.resolve(Inquiry(Carrier.CHINA_HEALTH, b"https://hc.example/c?id=lisi"), 5.0)
        assert envelope["headers"]["req_id"] != first
        # A code without a user id is nobody's, and no fault of the platform's.
        for empty in (b"https://hc.example/c?id=", b"https://hc.example/c?id=" + b"x" * 65):
            assert port.resolve(Inquiry(Carrier.CHINA_HEALTH, empty), 5.0).state is PlatformState.NOT_FOUND
        assert len(server.asked) == 2
        port.close()


def test_ant_signs_query_and_form_together(secret_file: str) -> None:
    table = {
        **{"driver": "ant", "access_key": "ak", "secret_file": secret_file},
        **{"serial_no": "sn1", "corp_name": "厂 商", "url": "/gateway.do"},
    }
    answer = {"response": {"result_code": "OK", "health_info": {"health_code": "4"}}, "sign": "x"}
    found, asked = ask(table, answer)
    split = urlsplit(asked.path)
    query = {name: values[0] for name, values in parse_qs(split.query, strict_parsing=True).items()}
    form = dict(parse_qsl(asked.body.decode(), strict_parsing=True))
    assert split.path == "/gateway.do"
    assert (query["method"], query["version"]) == ("antchain.antim.healthinfo.get", "1.0")
    assert (query["sign_type"], query["access_key"]) == ("HmacSHA1", "ak")
    assert form == {"serial_no": "sn1", "corp_name": "厂 商", "qr_code": CODE, "health_types": ant.TYPES}
    assert set(ant.TYPES.split("|")) == {"health", "vaccination", "nucleicAcid", "travel", "antigen", "scene"}
    signed = query.pop("sign")
    every = sorted({**query, **form}.items())
    text = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in every)
    assert base64.b64decode(signed) == hmac.new(HELD.encode(), text.encode(), hashlib.sha1).digest()
    assert HELD not in asked.path
    assert HELD not in asked.body.decode()
    assert found.subject == {Fact.COLOUR: "grey"}


@pytest.mark.parametrize("result", [None, "FAIL", "ok", True, ["OK"]])
def test_an_answer_ant_does_not_call_ok_is_none(secret_file: str, result: object) -> None:
    response = {"result_code": result, "health_info": {"health_code": "1"}}
    table = {
        "driver": "ant",
        "access_key": "a",
        "secret_file": secret_file,
        "serial_no": "s",
        "corp_name": "c",
    }
    found, _ = ask(table, {"response": response})
    assert found.state is PlatformState.FAILED
    assert not found.subject


def test_http_reads_everything_a_site_points_at() -> None:
    table = {
        "driver": "http",
        **{"ok_at": "/code", "ok": ["0"], "issued_at": "/d/t", "until_at": "/d/u"},
        **{
            "health_at": "/d/h",
            "health": {"a": "green"},
            "itinerary_at": "/d/i",
            "itinerary": {"1": "orange"},
        },
        **{"name_at": "/d/people/0/name", "id_number_at": "/d/people/0/id", "phone_at": "/d/people/0/phone"},
        **{"test_at": "/d/n", "test": {"-": "negative"}, "test_kind_at": "/d/k", "test_kind": {"n": "naat"}},
        **{"test_taken_at": "/d/nt", "doses_at": "/d/v", "doses_needed_at": "/d/w", "dose_date_at": "/d/vd"},
        **{"place_at": "/d/p", "venue_id_at": "/d/q"},
    }
    person = {"name": "李四", "id": "110101199003070011", "phone": "138****0001"}
    data = {
        **{"h": "a", "i": 1, "t": "2022-04-15 13:20:00", "u": "2022-04-15 14:20:00", "people": [person]},
        **{"n": "-", "k": "n", "nt": "2022-04-14 13:20:00", "v": 2, "w": "3", "vd": "2021-12-20"},
        **{"p": "东门", "q": "V1"},
    }
    found, _ = ask(table, {"code": 0, "d": data})
    assert found == PlatformAnswer(
        PlatformState.FOUND,
        {
            **{"colour": "green", "itinerary": "orange", "test_result": "negative", "test_kind": "naat"},
            **{"test_taken": "2022-04-14T05:20:00Z", "vaccination_doses": "2", "vaccination_needed": "3"},
            **{"vaccination_date": "2021-12-20", "place": "东门", "venue_id": "V1"},
        },
        {"name": "李四", "id_number": "110101199003070011", "phone": "138****0001"},
        "id:110101199003070011",
        1_650_000_000_000_000,
        1_650_003_600_000_000,
    )
    for code in (1, "00", None, False, 0.0):
        assert ask(table, {"code": code, "d": data})[0].state is PlatformState.FAILED


def _simulated(platform: SimulatedPlatform, code: str = "c1", timeout_s: float = 5.0) -> PlatformAnswer | str:
    port = registry.load("verifier", {"driver": "simulated", "url": platform.url}).connect()
    try:
        return port.resolve(Inquiry(Carrier.CHINA_HEALTH, code.encode()), timeout_s)  # type: ignore[no-any-return]
    except DeviceUnavailable as error:
        return error.code
    finally:
        port.close()


@pytest.fixture
def platform() -> Any:
    made = SimulatedPlatform({"c1": {"health": "red", "name": "张三"}, "c2": {"health": "green"}})
    yield made
    made.close()


def test_the_simulated_platform_tells_the_truth_when_it_is_prompt(platform: SimulatedPlatform) -> None:
    red, green, unknown = (_simulated(platform, code) for code in ("c1", "c2", "c3"))
    assert isinstance(red, PlatformAnswer)
    assert red.subject == {Fact.COLOUR: "red"}
    assert isinstance(green, PlatformAnswer)
    assert green.subject == {Fact.COLOUR: "green"}
    assert isinstance(unknown, PlatformAnswer)
    assert unknown.state is PlatformState.NOT_FOUND


@pytest.mark.parametrize("mood", ["wrong", "down", "lying", "half"])
def test_whatever_mood_it_is_in_a_red_code_is_never_green(platform: SimulatedPlatform, mood: Any) -> None:
    """Every lie and every gap; what is dated wrongly is left to the judge of dates."""
    platform.mood = mood
    outcomes: set[str] = set()
    for _ in range(len(WITHOUT_MEANING) + 20):
        found = _simulated(platform)
        if isinstance(found, str):
            outcomes.add(found)
            continue
        outcomes.add(str(found.state))
        if found.state is PlatformState.FOUND:
            dated = (found.issued_us or 0) > 4_000_000_000_000_000 or 0 < (
                found.until_us or 0
            ) < 1_600_000_000_000_000
            assert dated, found
    expected = {
        "wrong": {"no_meaning"},
        "down": {"lost"},
        "lying": {"found", "failed", "expired", "garbled", "busy"},
        "half": {"garbled", "lost", "no_meaning"},
    }
    assert outcomes == expected[mood]


def test_the_simulated_platform_knows_people_by_their_number_too(platform: SimulatedPlatform) -> None:
    number = "11010519491231002X"
    platform.people["c4"] = {"health": "yellow", "id_number": number}
    table = {"driver": "simulated", "url": platform.url, "id_numbers": True}
    port = registry.load("verifier", table).connect()
    found = port.resolve(Inquiry(Carrier.CHINA_HEALTH, b"", number), 5.0)
    nobody = port.resolve(Inquiry(Carrier.CHINA_HEALTH, b"", "110101199003070011"), 5.0)
    port.close()
    assert (found.subject, found.person) == ({Fact.COLOUR: "yellow"}, f"id:{number}")
    assert nobody.state is PlatformState.NOT_FOUND


def test_only_platforms_that_take_numbers_say_so() -> None:
    """What `Desk.ask_number` goes by."""
    stated = {"health_at": "/c", "health": {"1": "green"}}
    url = {"url": "https://p.example/v"}
    tables: dict[str, dict[str, Any]] = {
        "alibaba": {"driver": "alibaba_iot", "iot_id": "i", "id_numbers": True, **url},
        "gun": {"driver": "yunma", "device": "d", "id_numbers": True, **stated, **url},
        "body": {"driver": "http", "body": '{"c": "{code}", "id": "{id_number}"}', **stated, **url},
        "simulated": {"driver": "simulated", "id_numbers": True},
    }
    for table in tables.values():
        assert registry.load("verifier", table).options.id_numbers
        silent = {key: value for key, value in table.items() if key not in ("id_numbers", "body")}
        assert not registry.load("verifier", silent).options.id_numbers
    get = {"method": "GET", "url": "https://p.example/v?c={code}", "body": '{"id": "{id_number}"}'}
    assert not registry.load("verifier", {"driver": "http", **stated, **get}).options.id_numbers


def test_http_asks_by_number_with_the_same_template() -> None:
    table = {
        "driver": "http",
        "body": '{"code": "{code}", "idNo": "{id_number}"}',
        "headers": ["x-id: {id_number}"],
        **{"health_at": "/c", "health": {"1": "green"}},
    }
    _, by_number = ask(table, {"c": "1"}, id_number="11010519491231002X")
    assert json.loads(by_number.body) == {"code": "", "idNo": "11010519491231002X"}
    assert by_number.headers["x-id"] == "11010519491231002X"
    _, by_code = ask(table, {"c": "1"})
    assert json.loads(by_code.body) == {"code": CODE, "idNo": ""}


def test_a_slow_platform_answers_after_its_time(platform: SimulatedPlatform) -> None:
    platform.mood, platform.delay_s = "slow", 0.3
    assert _simulated(platform, timeout_s=0.1) == "silent"
    assert isinstance(_simulated(platform, timeout_s=5.0), PlatformAnswer)
    assert platform.asked["slow"] == 2
    assert set(MOODS) == {"prompt", "slow", "wrong", "down", "lying", "half"}


def test_a_simulated_platform_of_its_own_reads_its_people_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps({"c1": {"health": "yellow"}}), "utf-8")
    port = registry.load("verifier", {"driver": "simulated", "people": str(path)}).connect()
    found = port.resolve(Inquiry(Carrier.CHINA_HEALTH, b"c1"), 5.0)
    port.close()
    port.close()
    assert found.subject == {Fact.COLOUR: "yellow"}
    with pytest.raises(DeviceUnavailable) as error:
        registry.load("verifier", {"driver": "simulated", "people": str(tmp_path / "gone")}).connect()
    assert error.value.code == "absent"


DRIVERS: list[Callable[[str], dict[str, Any]]] = [
    lambda held: {"driver": "alibaba_iot", "iot_id": "i", "secret_file": held},
    lambda held: {"driver": "angaoke", "app_id": "a", "secret_file": held},
    lambda held: {
        **{"driver": "ant", "access_key": "a", "secret_file": held, "serial_no": "s", "corp_name": "c"},
    },
    lambda held: {
        **{
            "driver": "yunma",
            "device": "d",
            "secret_file": held,
            "health_at": "/c",
            "health": {"1": "green"},
        },
    },
    lambda held: {"driver": "wecom", "secret_file": held},
    lambda held: {
        **{"driver": "http", "headers": ["authorization: {secret}"], "secret_file": held},
        **{"health_at": "/c", "health": {"1": "green"}},
    },
]


@pytest.mark.parametrize("table", DRIVERS, ids=lambda table: table("")["driver"])
def test_no_message_of_a_driver_holds_a_secret_or_a_code(
    table: Callable[[str], dict[str, Any]], secret_file: str
) -> None:
    for body, status in (
        (b"<html>", "200 OK"),
        (b"{}", "401 No"),
        (HELD.encode(), "500 x"),
        (b"[]", "200 OK"),
    ):
        with peer(respond(body, status)) as server:
            port = registry.load("verifier", {**table(secret_file), "url": server.url()}).connect()
            with pytest.raises(DeviceUnavailable) as error:
                port.resolve(Inquiry(Carrier.CHINA_HEALTH, CODE.encode()), 5.0)
            port.close()
        for hidden in (HELD, CODE, quote(CODE), "7f3a"):
            assert hidden not in str(error.value)
    with pytest.raises(DeviceUnavailable) as error:
        registry.load("verifier", {**table("/nowhere/secret"), "url": "https://p.example/"}).connect()
    assert error.value.code == "denied"


def test_every_code_of_every_platform_has_a_remedy_of_its_own() -> None:
    folder = Path(registry.__file__).parent / "verifier"
    found = {code for path in folder.glob("*.py") for code in codes(path)} | {"hung"}
    assert {"absent", "denied", "busy", "garbled", "ended"} <= found
    assert {f"platform_{code}" for code in found} - set(REMEDIES) == set()
    assert found <= set(PLATFORM_FAULTS) == set(PLATFORM_REMEDIES)
