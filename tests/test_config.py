"""The configuration: every fault at once, where values come from, and documents that cannot lag."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.app.lanes import policy_of, twice_daily_of
from edge.cli.config import Given
from edge.cli.config import config as config_command
from edge.config import Text, examine, load
from edge.config.faults import parted
from edge.config.model import LISTS, TABLES, Lane
from edge.config.text import HIDDEN, example, reference, shown, toml
from edge.config.twice_daily import Registered
from edge.domain.errors import ConfigError
from edge.domain.policy import Policy
from edge.domain.twice_daily import Terms
from edge.registers import people
from tests.paths import ROOT

GOOD = """
[gate]
id = "jiangbei-03"
name = "观音桥 3 号门"
[[lane]]
name = "in"
procedure = "compound"
"""


class OneDriver:
    """Knows `probe` with the option `port`, as a registry would, for every kind."""

    def load(self, kind: str, table: Mapping[str, object], /) -> object:
        if table["driver"] == "none":
            return None
        if table["driver"] != "probe":
            raise ConfigError(f"driver: no {kind} is called {table['driver']!r}; did you mean 'probe'?")
        odd = [f"{key}: no such option" for key in table if key not in ("driver", "port")]
        if odd:
            raise ConfigError(odd)
        return None


def known_procedures(_folder: Path) -> tuple[str, ...]:
    return ("compound", "four_musts")


def write(folder: Path, text: str) -> Path:
    path = folder / "gatepost.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    loaded, found = examine(
        write(folder, text), environ or {}, drivers=OneDriver(), procedures=known_procedures
    )
    assert (loaded is None) == bool(found)
    return [fault.line("en").removeprefix(f"{folder}/") for fault in found]


def test_a_small_file_is_enough_and_the_rest_are_defaults(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, GOOD), {}, drivers=OneDriver(), procedures=known_procedures)
    assert loaded.settings.gate.name == "观音桥 3 号门"
    assert loaded.settings.screening.threshold_c == 37.3
    assert loaded.settings.uplink is None
    assert loaded.settings.lane[0].scanner == ({"driver": "none"},)
    assert (loaded.settings.web.host, loaded.settings.web.port) == ("127.0.0.1", 8080)
    assert loaded.origins["gate.id"] == "file"
    assert "web.listen" not in loaded.origins
    assert len(loaded.text_hash) == 64


def test_five_faults_give_five_lines_each_with_file_table_and_key(tmp_path: Path) -> None:
    text = """
[gate]
id = "jiangbei-03"
name = "观音桥 3 号门"
nane = "x"
[web]
listen = "8080"
[screning]
threshold_c = 37.0
[[lane]]
name = "in"
procedure = "compund"
[lane.thermometer]
driver = "prob"
[lane.voice]
driver = "none"
"""
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text), {"GATEPOST_LANG": "en"}, drivers=OneDriver(), procedures=known_procedures)
    lines = [line.removeprefix(f"{tmp_path}/") for line in caught.value.faults]
    assert lines == [
        'gatepost.toml: [gate] nane: unknown key; did you mean "name"?',
        'gatepost.toml: [web] listen: write address and port, such as "127.0.0.1:8080" or "[::1]:8080",'
        " not '8080'",
        'gatepost.toml: [screning]: unknown table; did you mean "screening"?',
        'gatepost.toml: [[lane]] "in" procedure: no procedure "compund"; did you mean "compound"?',
        "gatepost.toml: [[lane]] \"in\" [lane.thermometer] driver: no thermometer is called 'prob';"
        " did you mean 'probe'?",
    ]


def test_two_devices_on_one_port_are_refused_in_one_lane_and_across_lanes(tmp_path: Path) -> None:
    from drivers import registry

    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "by-path").symlink_to(tmp_path / "ttyUSB0")
    text = f"""{GOOD}
[lane.thermometer]
driver = "gy614"
port = "{tmp_path}/ttyUSB0"
[[lane.scanner]]
driver = "camera"
[[lane.scanner]]
driver = "camera"
source = "/dev/video0"
[lane.barrier]
driver = "gpio"
pin = 17
[[lane]]
name = "out"
procedure = "compound"
[lane.scanner]
driver = "serial"
port = "{tmp_path}/by-path"
[lane.lights]
driver = "gpio_lights"
green = 17
"""
    _, found = examine(write(tmp_path, text), {}, drivers=registry, procedures=known_procedures)
    assert [fault.line("en").split(": ", 1)[1] for fault in found] == [
        '[[lane]] "in" [lane.scanner]: /dev/video0 belongs to [[lane]] "in" [lane.scanner] already;'
        " give each device its own",
        f'[[lane]] "out" [lane.scanner]: {tmp_path}/ttyUSB0 belongs to [[lane]] "in" [lane.thermometer]'
        " already; give each device its own",
        '[[lane]] "out" [lane.lights]: GPIO 17 belongs to [[lane]] "in" [lane.barrier] already;'
        " give each device its own",
    ]
    assert all("请给每个设备各写一个" in fault.line("zh_Hans") for fault in found)


def test_lanes_with_ports_of_their_own_and_simulated_devices_are_in_order(tmp_path: Path) -> None:
    from drivers import registry

    text = GOOD + '[lane.thermometer]\ndriver = "gy614"\nport = "/dev/ttyUSB0"\n'
    text += '[[lane]]\nname = "out"\nprocedure = "compound"\n'
    text += '[lane.thermometer]\ndriver = "gy614"\nport = "/dev/ttyUSB1"\n'
    for kind in ("barrier", "voice", "lights"):
        text += f'[lane.{kind}]\ndriver = "simulated"\n'
    loaded, found = examine(write(tmp_path, text), {}, drivers=registry, procedures=known_procedures)
    assert loaded is not None, found


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_drivers_fault_is_taken_apart_whatever_value_it_names(one: str, other: str) -> None:
    en, zh = f"got {one!r} for {other!r}", f"现在是 {one!r}、{other!r}"
    assert parted(f"{en} / {zh}") == Text(en, zh)


def test_a_fault_that_a_driver_tells_in_english_only_is_no_puzzle_in_chinese() -> None:
    assert parted("no head / no scale").as_dict() == {
        "en": "no head / no scale",
        "zh_Hans": "这个值不能用：no head / no scale",
    }


def test_one_fault_does_not_hide_another_in_the_same_table(tmp_path: Path) -> None:
    found = faults(tmp_path, GOOD + '[screening]\nsweep_s = "fast"\ntoo_low_c = 36.5\nthreshold_c = 36.2\n')
    assert found == [
        "gatepost.toml: [screening] sweep_s: must be a number without quotes, not 'fast'",
        "gatepost.toml: [screening] too_low_c, threshold_c: too_low_c must be less than threshold_c",
    ]


def test_a_relation_with_a_faulty_key_is_not_guessed_at(tmp_path: Path) -> None:
    found = faults(tmp_path, GOOD + '[store]\nretention_days = 90\nretention_max_days = "x"\n')
    assert found == [
        "gatepost.toml: [store] retention_max_days: must be a whole number without quotes, not 'x'"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[screening]\nthreshold_c = nan\n", "[screening] threshold_c: must be a finite number, not nan"),
        (
            "[screening]\nthreshold_c = true\n",
            "[screening] threshold_c: must be a number without quotes, not true",
        ),
        ("[screening]\nthreshold_c = 99\n", "[screening] threshold_c: must be at most 40, not 99"),
        ("[gate]\nlisten = 1\n", "[gate] listen: unknown key; it belongs in [web]"),
        ("[web]\nlisten = 8080\n", "[web] listen: must be text in quotes, not 8080"),
        (
            '[gate]\ntimezone = "Asia/Shanghi"\n',
            '[gate] timezone: unknown time zone; did you mean "Asia/Shanghai"?',
        ),
        ('[gate]\nlanguage = "zh"\n', "[gate] language: must be one of 'zh_Hans' or 'en', not 'zh'"),
        ('[uplink]\nurl = "ftp://x"\n', "[uplink] url: write an address such as"),
        ('[uplink]\nurl = "https://a:b@x/"\n', "[uplink] url: no user or password in the address"),
        ('[uplink]\nurl = "https://x/"\nforward = "name"\n', "[uplink] forward: must be a list in brackets"),
        ("store = 3\n", "[store]: must be a table, not 3"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_do(tmp_path: Path, text: str, expected: str) -> None:
    tables = tomllib.loads(GOOD)
    for name, table in tomllib.loads(text).items():
        tables[name] = {**tables.get(name, {}), **table} if isinstance(table, dict) else table
    found = faults(tmp_path, as_toml(tables))
    assert len(found) == 1
    assert found[0].startswith(f"gatepost.toml: {expected}")


def test_lanes_are_told_apart_and_devices_checked_one_by_one(tmp_path: Path) -> None:
    text = (
        GOOD
        + """
[[lane.scanner]]
driver = "probe"
colour = 1
[[lane.scanner]]
port = "x"
[[lane]]
name = "in"
procedure = "four_musts"
direction = "up"
thermometer = 3
"""
    )
    assert faults(tmp_path, text) == [
        'gatepost.toml: [[lane]] 1 [lane.scanner]: names no driver; write driver = "..." ("none" where there'
        " is no device)",
        "gatepost.toml: [[lane]] 2 direction: must be one of 'in' or 'out', not 'up'",
        'gatepost.toml: [[lane]] 2 [lane.thermometer]: must be a table with driver = "...", not 3',
        "gatepost.toml: [[lane]] 1 [lane.scanner] colour: no such option",
        "gatepost.toml: [[lane]] 2 name: two lanes have this name; give each its own",
    ]


@pytest.mark.parametrize("lanes", ["lane = []\n", "lane = 3\n", "[lane]\nname = 'in'\n", ""])
def test_a_gate_without_a_list_of_lanes_is_refused(tmp_path: Path, lanes: str) -> None:
    found = faults(tmp_path, lanes + '[gate]\nid = "a"\nname = "b"\n')
    assert len(found) == 1
    assert found[0].startswith("gatepost.toml: [[lane]]")


def test_broken_toml_names_the_line_in_both_languages(tmp_path: Path) -> None:
    (line,) = load_lines(tmp_path, b'[gate]\nid = "a"\nname = "b\n')
    assert "line 3:" in line
    assert "第 3 行" in line


def test_a_file_saved_as_gbk_is_told_so_and_a_windows_mark_is_taken(tmp_path: Path) -> None:
    (line,) = load_lines(tmp_path, GOOD.encode("gb18030"))
    assert "line 4: not UTF-8" in line
    assert "另存为 UTF-8" in line
    path = tmp_path / "marked.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load(path, {}).settings.gate.id == "jiangbei-03"


def load_lines(folder: Path, raw: bytes) -> tuple[str, ...]:
    path = folder / "raw.toml"
    path.write_bytes(raw)
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    return caught.value.faults


def test_the_environment_overrides_the_file_and_flags_override_both(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + '[web]\nlisten = "127.0.0.1:1"\n[screening]\nrest_s = 10\n')
    environ = {
        "GATEPOST_WEB__LISTEN": "0.0.0.0:9000",
        "GATEPOST_SCREENING__REST_S": "20",
        "GATEPOST_SCREENING__SURFACE_OFFSET_C": "2.5",
        "GATEPOST_CODES__ACCEPT_TEST_ISSUERS": "true",
        "GATEPOST_UPLINK__URL": "https://district.example/ingest",
        "GATEPOST_UPLINK__FORWARD": "name, phone",
        "GATEPOST_GATE__ID": "42",
        "GATEPOST_LOG_LEVEL": "debug",
        "GATEPOST_CHROMIUM": "/usr/bin/chromium",
    }
    loaded = load(path, environ, flags={"web.listen": "127.0.0.1:9001"})
    assert loaded.settings.web.listen == "127.0.0.1:9001"
    assert loaded.settings.screening.rest_s == 20
    assert loaded.settings.screening.surface_offset_c == 2.5
    assert loaded.settings.codes.accept_test_issuers is True
    assert loaded.settings.gate.id == "42"
    assert loaded.settings.uplink is not None
    assert loaded.settings.uplink.forward == ("name", "phone")
    assert loaded.log_level == "DEBUG"
    origins = {key: origin for key, _, origin in shown(loaded)}
    assert origins["web.listen"] == "flag"
    assert origins["screening.rest_s"] == "environment GATEPOST_SCREENING__REST_S"
    assert origins["gate.name"] == "file"
    assert origins["gate.timezone"] == "default"
    assert origins["lane.in.procedure"] == "file"


def test_a_wrong_environment_variable_is_named_itself(tmp_path: Path) -> None:
    environ = {
        "GATEPOST_WEB__LISTN": "x",
        "GATEPOST_WEV__LISTEN": "x",
        "GATEPOST_LANE__NAME": "x",
        "GATEPOST_SCREENING__REST_S": "soon",
        "GATEPOST_LOG_FORMAT": "xml",
    }
    assert faults(tmp_path, GOOD, environ) == [
        "GATEPOST_LANE__NAME: [lane] name: lanes cannot be set by the environment; write them in the file",
        'GATEPOST_WEB__LISTN: [web] listn: unknown key; did you mean "listen"?',
        'GATEPOST_WEV__LISTEN: [wev] listen: unknown table; did you mean "web"?',
        "GATEPOST_SCREENING__REST_S: [screening] rest_s: must be a whole number without quotes, not 'soon'",
        "GATEPOST_LOG_FORMAT: must be one of text, json, not 'xml'",
    ]


def test_paths_in_the_file_are_meant_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    path = write(tmp_path, GOOD + '[store]\npath = "data/../store"\n')
    loaded = load(path, {"GATEPOST_CODES__TRUST": "trust"})
    assert loaded.settings.store.path == tmp_path / "store"
    assert loaded.settings.codes.trust == elsewhere / "trust"


def test_the_file_is_searched_for_in_the_documented_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    system = tmp_path / "etc"
    with pytest.raises(ConfigError, match="config init"):
        load(None, {}, system=system)
    places = [
        tmp_path / "config" / "gatepost.toml",
        system / "gatepost" / "gatepost.toml",
        tmp_path / "named.toml",
    ]
    environ: dict[str, str] = {}
    for number, place in enumerate(places):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(GOOD.replace("jiangbei-03", f"g{number}"), encoding="utf-8")
        if place.name == "named.toml":
            environ["GATEPOST_CONFIG"] = str(place)
        assert load(None, environ, system=system).settings.gate.id == f"g{number}"
    flagged = write(tmp_path, GOOD)
    assert load(flagged, environ, system=system).settings.gate.id == "jiangbei-03"


def test_a_named_file_that_is_not_there_is_a_fault_not_a_fallback(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "other.toml", {})


def test_both_languages_stand_side_by_side_unless_one_is_named(tmp_path: Path) -> None:
    _, found = examine(write(tmp_path, GOOD + "[wep]\nx = 1\n"), {})
    assert "unknown table" in found[0].line()
    assert "没有这个表" in found[0].line()
    assert "没有" not in found[0].line("en")
    assert "unknown" not in found[0].line("zh_Hans")


def test_the_token_is_never_shown(tmp_path: Path) -> None:
    text = (
        GOOD
        + """
[uplink]
url = "https://district.example/ingest"
token = "very-secret"
[[lane]]
name = "out"
procedure = "compound"
scanner = { driver = "probe", source = "rtsp://admin:camera-secret@10.0.0.9/1", password = "p-secret" }
"""
    )
    loaded = load(write(tmp_path, text), {})
    everything = repr(loaded) + str(list(shown(loaded)))
    assert "very-secret" not in everything
    printed = str(list(shown(loaded)))
    assert HIDDEN in printed
    assert "secret" not in printed
    assert "10.0.0.9" in printed
    assert loaded.settings.uplink is not None
    assert loaded.settings.uplink.bearer({}) == "very-secret"
    wrong = faults(tmp_path, text.replace('"very-secret"', "12345678"))
    assert wrong[0] == "gatepost.toml: [uplink] token: must be text in quotes"


def test_the_token_comes_from_a_file_or_from_a_credential(tmp_path: Path) -> None:
    credential = tmp_path / "uplink-token"
    text = GOOD + '[uplink]\nurl = "https://district.example/ingest"\n'
    uplink = load(write(tmp_path, text), {}).settings.uplink
    assert uplink is not None
    assert uplink.bearer({}) is None
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert uplink.bearer(environ) is None
    credential.write_text("from-systemd\n", encoding="ascii")
    assert uplink.bearer(environ) == "from-systemd"
    uplink = load(write(tmp_path, text + 'token_file = "gone"\n'), {}).settings.uplink
    assert uplink is not None
    with pytest.raises(ConfigError, match="token_file"):
        uplink.bearer(environ)


def test_screening_defaults_are_the_domain_policys(tmp_path: Path) -> None:
    text = GOOD.partition("[screening]")[0]
    assert (
        policy_of(load(write(tmp_path, text), {}, drivers=OneDriver(), procedures=known_procedures).settings)
        == Policy()
    )


@pytest.mark.parametrize(
    ("sister", "what"),
    [
        ("in2/thermometer", None),
        ("none", None),
        ("in2/thermometer2", 'did you mean "in2/thermometer"?'),
        ("in/thermometer", "not its own sister"),
        ("in2/thermometer3", "arrays and simulated thermometers are compared with none"),
        ("in2/thermometer4", "arrays and simulated thermometers are compared with none"),
    ],
)
def test_a_sister_that_is_not_there_is_named_in_both_languages(
    tmp_path: Path, sister: str, what: str | None
) -> None:
    from drivers import registry

    own, other, array = (
        f'[[lane.thermometer]]\ndriver = "{driver}"\nport = "/dev/{port}"\n'
        for driver, port in (("gy614", "a"), ("gy614", "b"), ("gy_mcu90640", "c"))
    )
    script = '[[lane.thermometer]]\ndriver = "simulated"\n'
    second = other.replace("/b", "/d")
    text = f'{GOOD}{own}sister = "{sister}"\n[[lane]]\nname = "in2"\nprocedure = "compound"\n'
    text += other + (second + script + array if sister[-1] in "34" else "")
    found, faults = examine(write(tmp_path, text), {}, drivers=registry, procedures=known_procedures)
    assert (found is None) == (what is not None)
    if what is not None:
        [fault] = faults
        assert what in fault.line(None)
        assert re.search("[\u4e00-\u9fff]", fault.line(None))
        assert "sister" in fault.line(None)


def test_two_measurements_a_day_are_by_default_what_the_domain_says(tmp_path: Path) -> None:
    assert twice_daily_of(load(write(tmp_path, GOOD), {}).settings) == Terms()
    table = '[twice_daily]\nmorning = "5:30-9:00"\nafternoon = "17:00-24:00"\nroster_days = 3\n'
    table += 'categories = ["staff"]\nregistered = ["staff", "courier"]\n'
    found = twice_daily_of(
        load(write(tmp_path, GOOD + "[screening]\nthreshold_c = 37.0\n" + table), {}).settings
    )
    assert (found.windows.morning, found.windows.afternoon) == ((330, 540), (1020, 1440))
    assert (found.roster_days, found.categories, found.threshold_mdegc) == (3, frozenset({"staff"}), 37_000)
    assert found.registered == frozenset({"staff", "courier"})


def test_who_may_be_expected_by_the_register_is_whom_the_register_tells_apart() -> None:
    assert set(get_args(Registered)) == set(people.CATEGORIES)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('morning = "12:00-6:00"', "morning"),
        ('morning = "6-12"', "morning"),
        ('afternoon = "12:00-24:30"', "afternoon"),
        ('afternoon = "11:59-20:00"', "morning, afternoon"),
        ("roster_days = 0", "roster_days"),
        ('categories = ["a b"]', "categories"),
        ("categories = []", "categories"),
        ('registered = ["teacher"]', "registered"),
    ],
)
def test_windows_and_people_that_make_no_sense_are_named_in_both_languages(
    tmp_path: Path, line: str, named: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(write(tmp_path, f"{GOOD}[twice_daily]\n{line}\n"), {})
    [fault] = refused.value.faults
    assert f"[twice_daily] {named}" in fault
    assert re.search("[\u4e00-\u9fff]", fault)


def test_a_thermometer_says_where_on_the_body_it_measures(tmp_path: Path) -> None:
    from drivers import registry

    text = GOOD + '[[lane.thermometer]]\ndriver = "simulated"\nplace = "{}"\n'
    for written, name in (("wrist", "wrist"), ("手腕", "wrist"), ("inner canthi", "canthi")):
        path = write(tmp_path, text.replace("{}", written))
        loaded = load(path, {}, drivers=registry, procedures=known_procedures)
        assert loaded.settings.lane[0].thermometer[0]["place"] == name
    told = "no such place on the body;"
    for written, line in (
        ('"forehea"', f'{told} did you mean "forehead"?'),
        ("7", f"{told} known are: forehead, canthi, face, temple, wrist, neck"),
    ):
        _, found = examine(
            write(tmp_path, text.replace('"{}"', written)), {}, drivers=registry, procedures=known_procedures
        )
        assert [fault.line("en").partition("gatepost.toml: ")[2] for fault in found] == [
            f'[[lane]] "in" [lane.thermometer] place: {line}'
        ]


def test_nobody_is_measured_again_less_often_than_referred(tmp_path: Path) -> None:
    text = GOOD + "[screening]\nover_per_1000 = 80\n"
    assert faults(tmp_path, text) == []
    assert faults(tmp_path, text + "again_per_1000 = 80\n") == []
    assert faults(tmp_path, text + "again_per_1000 = 79\n") == [
        "gatepost.toml: [screening] over_per_1000, again_per_1000: again_per_1000 must not be less than "
        "over_per_1000"
    ]


# --- platforms -------------------------------------------------------------------------------------

PLATFORM = """
[[platform]]
name = "province"
carrier = "china_health"
match = ["https://hc.example/"]
"""


def test_a_platform_needs_a_name_a_kind_and_a_beginning_and_the_rest_are_defaults(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, GOOD + PLATFORM), {}, drivers=OneDriver(), procedures=known_procedures)
    [platform] = loaded.settings.platform
    assert (platform.timeout_s, platform.again_s, platform.keep_s, platform.apart_s) == (2.0, 600, 3600, 20)
    assert platform.fresh_s is None
    assert platform.verifier == {"driver": "none"}
    assert faults(tmp_path, GOOD + "[[platform]]\n") == [
        "gatepost.toml: [[platform]] 1 name: is missing; add it",
        "gatepost.toml: [[platform]] 1 carrier: is missing; add it",
        "gatepost.toml: [[platform]] 1 match: is missing; add it",
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("timeout_s = 0.5", "timeout_s: must be at least 1, not 0.5"),
        ("timeout_s = 11", "timeout_s: must be at most 10, not 11"),
        ("fresh_s = 1", "fresh_s: must be at least 10, not 1"),
        ("keep_s = 10", "again_s, keep_s: keep_s must not be less than again_s"),
        ("timeout = 3", 'timeout: unknown key; did you mean "timeout_s"?'),
        ('verifier = "http"', '[platform.verifier]: must be a table with driver = "..."'),
        ("verifier = {}", "[platform.verifier]: names no driver"),
        ('verifier = { driver = "prob" }', "[platform.verifier] driver: no verifier is called 'prob'"),
        ('verifier = { driver = "probe", prot = 1 }', "[platform.verifier] prot: no such option"),
    ],
)
def test_a_wrong_key_of_a_platform_is_named_in_both_languages(tmp_path: Path, line: str, fault: str) -> None:
    _, found = examine(
        write(tmp_path, GOOD + PLATFORM + line + "\n"), {}, drivers=OneDriver(), procedures=known_procedures
    )
    [one] = found
    told = one.line("en").removeprefix(f"{tmp_path}/gatepost.toml: ")
    assert told.startswith(f'[[platform]] "province" {fault}'), told
    assert any("\u4e00" <= letter <= "\u9fff" for letter in one.line("zh_Hans"))


@pytest.mark.parametrize("match", ['"https://hc.example/"', "[]", '["h"]', '["abc\\n"]', "[1]"])
def test_a_beginning_that_everybodys_code_could_have_is_refused(tmp_path: Path, match: str) -> None:
    text = GOOD + PLATFORM.replace('["https://hc.example/"]', match)
    [fault] = faults(tmp_path, text)
    assert fault.startswith('gatepost.toml: [[platform]] "province" match')


def test_a_beginning_that_an_earlier_platform_takes_is_never_reached_and_named(tmp_path: Path) -> None:
    longer = PLATFORM.replace("province", "city").replace("hc.example/", "hc.example/city/")
    assert faults(tmp_path, GOOD + longer + PLATFORM) == []
    [fault] = faults(tmp_path, GOOD + PLATFORM + longer)
    assert fault.startswith(
        'gatepost.toml: [[platform]] "city" match: "https://hc.example/city/" is never reached'
    )
    assert '[[platform]] "province"' in fault
    found = faults(tmp_path, GOOD + PLATFORM + PLATFORM)
    assert any("two platforms have this name" in line for line in found)


def test_platforms_are_not_set_by_the_environment_and_their_secrets_are_not_shown(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD, {"GATEPOST_PLATFORM__NAME": "x"}) == [
        "GATEPOST_PLATFORM__NAME: [platform] name: platforms cannot be set by the environment; write them in"
        " the file",
    ]
    text = (
        GOOD
        + PLATFORM
        + 'verifier = { driver = "probe", secret = "hush", url = "https://a:hush2@x/", token = "hush3" }\n'
    )
    loaded = load(write(tmp_path, text), {})
    printed = list(shown(loaded))
    assert "hush" not in str(printed)
    assert ("platform.province.verifier.driver", "probe", "file") in printed
    assert ("platform.province.timeout_s", 2.0, "default") in printed


# --- documents -------------------------------------------------------------------------------------


def test_the_example_file_is_the_generated_one_and_has_every_key() -> None:
    path = ROOT / "config" / "gate.example.toml"
    assert path.read_text(encoding="utf-8") == example(), "gatepost config init - > config/gate.example.toml"
    lines = [
        line[1:] if line.startswith("#") and not line.startswith("# ") else line
        for line in example().splitlines()
    ]
    every = tomllib.loads("\n".join(line for line in lines if line != "#"))
    for name, table in TABLES.items():
        assert set(every[name]) == set(table.model_fields)
    for name, table in LISTS.items():
        assert set(every[name][0]) == set(table.model_fields)


def test_the_example_file_passes_the_check_with_the_real_drivers() -> None:
    from drivers import registry

    loaded, found = examine(
        ROOT / "config" / "gate.example.toml", {}, drivers=registry, procedures=lambda _: ("compound",)
    )
    assert [fault.line("en") for fault in found] == []
    assert loaded is not None


def test_the_documentation_holds_the_reference_of_this_very_model() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert reference() in text, "gatepost config reference prints what has to stand there"


# --- properties ------------------------------------------------------------------------------------

NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,15}", fullmatch=True)
TITLES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=30)
OPTIONS = st.dictionaries(
    st.from_regex(r"[a-z_]{1,12}", fullmatch=True).filter(lambda key: key != "driver"),
    st.text(max_size=20)
    | st.integers(-(2**63), 2**63 - 1)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False),
    max_size=4,
)
DEVICES = st.builds(lambda driver, options: {**options, "driver": driver}, NAMES, OPTIONS)


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    low = draw(st.floats(30, 35.9))
    tables: dict[str, Any] = {
        "gate": {
            "id": draw(NAMES),
            "name": draw(TITLES),
            "language": draw(st.sampled_from(["zh_Hans", "en"])),
        },
        "store": {
            "retention_days": draw(st.integers(1, 100)),
            "retention_max_days": draw(st.integers(100, 3650)),
        },
        "web": {"listen": f"127.0.0.1:{draw(st.integers(0, 65535))}"},
        "screening": {
            "too_low_c": low,
            "threshold_c": draw(st.floats(36, 39.9)),
            "rest_s": draw(st.integers(0, 7200)),
        },
        "codes": {"accept_test_issuers": draw(st.booleans())},
        "lane": [
            {
                "name": name,
                "procedure": draw(NAMES),
                "thermometer": draw(DEVICES),
                "scanner": draw(st.lists(DEVICES, max_size=2)),
            }
            for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
        ],
    }
    if draw(st.booleans()):
        tables["uplink"] = {
            "url": "https://district.example/ingest",
            "forward": draw(st.lists(st.sampled_from(["name", "phone"]))),
        }
    return tables


def as_toml(tables: Mapping[str, Any]) -> str:
    return "".join(f"{name} = {toml(table)}\n" for name, table in tables.items())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("written")


@settings(max_examples=40, deadline=None)
@given(configurations())
def test_what_is_written_is_what_is_read(folder: Path, tables: dict[str, Any]) -> None:
    path = write(folder, as_toml(tables))
    loaded, found = examine(path, {})
    assert loaded is not None, found
    read = loaded.settings.model_dump()
    for name, table in tables.items():
        rows = table if isinstance(table, list) else [table]
        for written, got in zip(rows, read[name] if isinstance(table, list) else [read[name]], strict=True):
            for key, value in written.items():
                # One thermometer is a list of one.
                several = (value,) if key == "thermometer" else value
                assert got[key] == (tuple(several) if isinstance(several, list) else several), (name, key)


WILD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*Lane.model_fields, *TABLES, "driver", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_none(item) for item in value if item is not None]
    return value


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from([*TABLES, "lane", "wild"]), WILD, max_size=6), configurations())
def test_no_content_of_a_file_ends_in_anything_but_faults(
    folder: Path, wild: dict[str, Any], tables: dict[str, Any]
) -> None:
    path = write(folder, as_toml(without_none({**tables, **wild})))
    loaded, found = examine(path, {}, drivers=OneDriver(), procedures=known_procedures)
    assert (loaded is None) == bool(found)
    assert all(fault.line() and "\n" not in fault.line() for fault in found)


# --- the command -----------------------------------------------------------------------------------


def run(*arguments: str, lang: str = "en") -> Result:
    parts = Given(OneDriver(), known_procedures)
    return CliRunner().invoke(config_command, arguments, obj=parts, env={"GATEPOST_LANG": lang})


def test_config_check_prints_each_fault_and_exits_three(tmp_path: Path) -> None:
    good = write(tmp_path, GOOD)
    assert run("check", "--config", str(good)).exit_code == 0
    bad = write(tmp_path, GOOD.replace("compound", "compund"))
    result = run("check", "--config", str(bad))
    assert result.exit_code == 3
    assert result.stdout.count("\n") == 1
    assert 'did you mean "compound"' in result.stdout
    (line,) = run("check", "--json", "--config", str(bad)).stdout.splitlines()
    assert json.loads(line)["key"] == "procedure"
    assert set(json.loads(line)["what"]) == {"zh_Hans", "en"}


def test_config_check_reads_the_registers_a_site_has_written_as_well(tmp_path: Path) -> None:
    good, own = write(tmp_path, GOOD), tmp_path / "registers"
    own.mkdir()
    (own / "rounds.toml").write_text("lasting = 5\n", "utf-8")
    result = run("check", "--config", str(good))
    assert result.exit_code == 3, "the next start would be refused"
    assert "rounds.toml" in result.stdout


def test_config_show_says_where_each_value_came_from(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    result = run("show", "--config", str(path))
    assert result.exit_code == 0
    assert 'gate.id = "jiangbei-03"  # file' in result.stdout
    assert 'web.listen = "127.0.0.1:8080"  # default' in result.stdout
    rows = [json.loads(line) for line in run("show", "--json", "--config", str(path)).stdout.splitlines()]
    assert {"key": "lane.in.voice.driver", "value": "none", "origin": "default"} in rows
    assert run("show", "--config", str(tmp_path / "gone.toml")).exit_code == 3


def test_config_init_writes_once_and_never_over_a_file(tmp_path: Path) -> None:
    target = tmp_path / "new" / "gatepost.toml"
    assert run("init", str(target)).exit_code == 0
    assert target.read_text(encoding="utf-8") == example()
    assert target.stat().st_mode & 0o027 == 0
    target.write_text("mine", encoding="utf-8")
    again = run("init", str(target), lang="zh_Hans")
    assert again.exit_code == 1
    assert "已存在" in again.stderr
    assert target.read_text(encoding="utf-8") == "mine"
    assert run("init", "-").stdout == example()


def test_a_sensor_too_far_from_a_forehead_is_said_and_is_no_fault(tmp_path: Path) -> None:
    from drivers import registry

    sensor = 'driver = "gy614"\nport = "/dev/x"\nfov_deg = 90\ndistance_cm = {}\n'
    head = '[gate]\nid = "a"\nname = "b"\n[[lane]]\nname = "in"\nprocedure = "compound"\n[lane.thermometer]\n'
    far, near = tmp_path / "far.toml", tmp_path / "near.toml"
    far.write_text(head + sensor.format(30), "utf-8")
    near.write_text(head + sensor.format(3), "utf-8")
    parts = Given(registry, known_procedures)
    for path, told in ((far, True), (near, False)):
        done = CliRunner().invoke(config_command, ["check", "--config", str(path), "--json"], obj=parts)
        assert done.exit_code == 0, done.output
        assert ("advice" in done.stdout) is told
