"""Files about what a site accepts: those that ship, every fault in both languages, and their check."""

import functools
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from edge import acceptance, procedures
from edge.cli.config import Given
from edge.cli.config import config as config_command
from edge.domain.acceptance import HEALTH, Acceptance, judge
from edge.domain.conditions import Calendar
from edge.domain.errors import ConfigError
from edge.domain.facts import Colour, Fact
from edge.domain.model import Carrier, CodeVerdict, Evidence, ScreeningVerdict
from edge.domain.procedure import Procedure, StepState, statuses
from tests.domain.test_acceptance import (
    DAY,
    HOUR,
    NOW,
    dose,
    health,
    itinerary,
    micros,
    recovered,
    shown,
    swab,
)
from tests.paths import ROOT

PRESETS = ("eu_2g", "eu_3g", "green_only", "tested_24h", "tested_48h", "tested_72h", "usual")
TITLE = '{ zh_Hans = "测试", en = "Test" }'
HEAD = f"title = {TITLE}\n"
WAY = f'{HEAD}[[way]]\nid = "one"\ntitle = {TITLE}\n'
HAN = re.compile(r"[\u4e00-\u9fff]")


def shipped(name: str) -> Acceptance:
    path = ROOT / "config" / "acceptance" / f"{name}.toml"
    return acceptance.parse(name, path.read_text("utf-8"), str(path), utc_offset_s=8 * 3600)


def way_in(name: str, *evidence: Evidence) -> str | None:
    return judge(shipped(name), evidence, tuple(HEALTH), "visitor").way


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        acceptance.parse("site", text, "site.toml")
    return list(caught.value.faults)


def test_these_files_ship() -> None:
    assert acceptance.names(ROOT / "nowhere") == PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_a_file_that_ships_has_its_words_in_both_languages_and_rules_red_and_yellow_out(name: str) -> None:
    found = shipped(name)
    assert found.ways
    for _way, title in found.titles:
        assert HAN.search(title["zh_Hans"])
        assert not HAN.search(title["en"])
    assert {Colour.RED, Colour.YELLOW, Colour.ORANGE} <= {*found.never}
    assert found.positive_days == 14


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("usual", ("green", "green", "tested", "vaccinated", "recovered")),
        ("green_only", ("green", "green", None, None, None)),
        ("tested_24h", (None, "green_tested", "certificate", None, None)),
        ("tested_48h", (None, "green_tested", "certificate", None, None)),
        ("tested_72h", (None, "green_tested", "certificate", None, None)),
        ("eu_3g", (None, "tested_naat", "tested_naat", "vaccinated", "recovered")),
        ("eu_2g", (None, None, None, "vaccinated", "recovered")),
    ],
)
def test_each_file_lets_in_whom_it_says(name: str, ways: tuple[str | None, ...]) -> None:
    both_green = (health("green"), itinerary("green"))
    shows = [both_green, (*both_green, swab()), (swab(),), (dose(),), (recovered(),)]
    assert tuple(way_in(name, *evidence) for evidence in shows) == ways


FACTS: Mapping[str, Mapping[Fact, str]] = {
    "nothing": {},
    "health green": {Fact.COLOUR: "green"},
    "health yellow": {Fact.COLOUR: "yellow"},
    "health grey": {Fact.COLOUR: "grey"},
    "health red": {Fact.COLOUR: "red"},
    "itinerary green": {Fact.ITINERARY: "green"},
    "both green": {Fact.COLOUR: "green", Fact.ITINERARY: "green"},
    "health green, itinerary yellow": {Fact.COLOUR: "green", Fact.ITINERARY: "yellow"},
    "course": {
        Fact.VACCINATION_DOSES: "2",
        Fact.VACCINATION_NEEDED: "2",
        Fact.VACCINATION_DATE: "2022-05-01",
    },
    "one dose of two": {
        Fact.VACCINATION_DOSES: "1",
        Fact.VACCINATION_NEEDED: "2",
        Fact.VACCINATION_DATE: "2022-05-01",
    },
    "naat negative": {
        Fact.TEST_RESULT: "negative",
        Fact.TEST_KIND: "naat",
        Fact.TEST_TAKEN: "2022-06-14T18:00:00Z",
    },
    "antigen negative": {
        Fact.TEST_RESULT: "negative",
        Fact.TEST_KIND: "antigen",
        Fact.TEST_TAKEN: "2022-06-14T18:00:00Z",
    },
    "naat positive": {
        Fact.TEST_RESULT: "positive",
        Fact.TEST_KIND: "naat",
        Fact.TEST_TAKEN: "2022-06-14T18:00:00Z",
    },
    "health green, naat negative": {
        Fact.COLOUR: "green",
        Fact.TEST_RESULT: "negative",
        Fact.TEST_KIND: "naat",
        Fact.TEST_TAKEN: "2022-06-14T18:00:00Z",
    },
    "health grey, naat negative": {
        Fact.COLOUR: "grey",
        Fact.TEST_RESULT: "negative",
        Fact.TEST_KIND: "naat",
        Fact.TEST_TAKEN: "2022-06-14T18:00:00Z",
    },
    "recovered": {Fact.RECOVERY_DATE: "2022-05-01"},
    "recovered five days ago": {Fact.RECOVERY_DATE: "2022-06-10"},
    "eu rules passed": {Fact.EU_RULES: "passed"},
}
SIGNED = ("divoc", "hc1", "shc", "vds_nc")
PLATFORM = ("china_health", "china_itinerary")
# Who passes the code step of R9 with one valid code and nothing else: read as a list of who gets in. A pass
# of ours lets in by itself everywhere (the procedure says so), every other carrier only what stands here.
LETS_IN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "usual": {
        "nothing": ("nzcp",),
        "both green": PLATFORM,
        "course": (*PLATFORM, *SIGNED),
        "naat negative": (*PLATFORM, *SIGNED),
        "health green, naat negative": PLATFORM,
        "health grey, naat negative": PLATFORM,
        "recovered": (*PLATFORM, *SIGNED),
    },
    "green_only": {"both green": PLATFORM},
    "tested_24h": {"naat negative": SIGNED, "health green, naat negative": PLATFORM},
    "tested_48h": {"naat negative": SIGNED, "health green, naat negative": PLATFORM},
    "tested_72h": {"naat negative": SIGNED, "health green, naat negative": PLATFORM},
    "eu_3g": {
        "course": SIGNED,
        "naat negative": SIGNED,
        "antigen negative": SIGNED,
        "recovered": SIGNED,
    },
    "eu_2g": {"course": SIGNED, "recovered": SIGNED},
}
# A format is asked only about what it can state: New Zealand's pass states nothing at all.
CAN_STATE: Mapping[str, list[str]] = {
    carrier: ["nothing"]
    if carrier == "nzcp"
    else [name for name in FACTS if carrier not in SIGNED or not name.startswith(("health", "both", "itin"))]
    for carrier in Carrier
}


@functools.cache
def compound(name: str) -> Procedure:
    text = (procedures.SHIPPED / "compound.toml").read_text("utf-8")
    return procedures.accepting(procedures.parse("compound", text), shipped(name))


def passes(name: str, carrier: Carrier, facts: Mapping[Fact, str], verdict: CodeVerdict) -> bool:
    """Say whether one code alone completes the code step of R9."""
    evidence = [shown(carrier, dict(facts), verdict=verdict)]
    (step,) = [
        one for one in statuses(compound(name), evidence, ScreeningVerdict.NORMAL) if one.step.carriers
    ]
    return step.state is StepState.DONE


@pytest.mark.parametrize("name", PRESETS)
def test_each_file_lets_in_these_codes_and_no_others(name: str) -> None:
    found: dict[str, tuple[str, ...]] = {}
    for said, facts in FACTS.items():
        let_in = [
            carrier
            for carrier in sorted(set(Carrier) - {Carrier.GATEPOST_PASS})
            if said in CAN_STATE[carrier] and passes(name, carrier, facts, CodeVerdict.VALID)
        ]
        if let_in:
            found[said] = tuple(map(str, let_in))
    assert found == LETS_IN[name]


@pytest.mark.parametrize("name", PRESETS)
def test_only_a_valid_code_ever_lets_anybody_in(name: str) -> None:
    for carrier, verdict in product(Carrier, set(CodeVerdict) - {CodeVerdict.VALID}):
        for said in ("nothing", "both green", "course", "health green, naat negative"):
            assert not passes(name, carrier, FACTS[said], verdict), f"{carrier} {verdict} {said}"


@pytest.mark.parametrize("hours", [24, 48, 72])
def test_the_test_windows_are_exact(hours: int) -> None:
    name = f"tested_{hours}h"
    assert way_in(name, health("green"), swab(NOW - hours * HOUR)) == "green_tested"
    assert way_in(name, health("green"), swab(NOW - hours * HOUR - DAY / 86_400_000)) is None
    # The platform may tell of the test with the colour.
    told = {
        Fact.TEST_RESULT: "negative",
        Fact.TEST_KIND: "naat",
        Fact.TEST_TAKEN: "2022-06-15T10:00:00+08:00",
    }
    assert way_in(name, shown(Carrier.CHINA_HEALTH, {Fact.COLOUR: "green", **told})) == "green_tested"


def test_the_eu_counts_a_course_for_270_days_since_february_2022() -> None:
    before, since = datetime(2022, 1, 31, 12, tzinfo=UTC), datetime(2022, 2, 1, 12, tzinfo=UTC)
    old = dose(on="2021-04-01", at=before)
    assert way_in("eu_2g", old) == "vaccinated_before_2022_02"
    assert way_in("eu_2g", dose(on="2021-04-01", at=since)) is None
    assert way_in("eu_2g", dose("3", "3", on="2021-04-01", at=since)) == "vaccinated"
    assert way_in("eu_2g", dose("2", "1", on="2022-02-01", at=since)) == "vaccinated"
    assert way_in("eu_2g", dose("2", "2", on="2022-02-01", at=since)) is None


def test_every_key_comes_out_as_it_is_written() -> None:
    text = (
        WAY
        + """
for = ["worker", "night_shift"]
from = 2022-05-01
until = 2022-06-30
carriers = ["hc1", "shc"]
vaccination = { doses = 2, days = [14, 270], booster_days = [0, 365] }
test = { kinds = ["naat", "antigen"], hours = 24 }
recovery = { days = [11, 180] }
eu_rules = true
vaccine_pass = true
"""
    )
    found = acceptance.parse(
        "site", f'never = ["red"]\npositive_days = 7\n{text}', utc_offset_s=60, changes=((1, 2),)
    )
    (way,) = found.ways
    assert way.categories == ("worker", "night_shift")
    assert (way.from_day, way.until_day) == (date(2022, 5, 1), date(2022, 6, 30))
    assert way.carriers == (Carrier.HC1, Carrier.SHC)
    assert way.vaccination is not None
    assert (way.vaccination.doses, way.vaccination.days, way.vaccination.booster_days) == (
        2,
        (14, 270),
        (0, 365),
    )
    assert way.test is not None
    assert (way.test.kinds, way.test.hours) == (("naat", "antigen"), 24)
    assert way.recovery is not None
    assert way.recovery.days == (11, 180)
    assert way.eu_rules
    assert way.vaccine_pass
    assert (found.name, found.never, found.positive_days) == ("site", (Colour.RED,), 7)
    assert found.calendar == Calendar(60, ((1, 2),))
    assert found.titles == (("one", {"zh_Hans": "测试", "en": "Test"}),)
    assert found.text.endswith(text)


def test_the_version_changes_with_every_letter() -> None:
    text = WAY + "eu_rules = true\n"
    assert acceptance.parse("a", text).version != acceptance.parse("a", text + "# x\n").version
    assert acceptance.parse("a", text).version == acceptance.parse("b", text).version


def test_a_file_without_ways_accepts_nobody() -> None:
    assert acceptance.parse("site", HEAD).ways == ()


FAULTY = [
    ("x", "not TOML", "不是 TOML 格式"),
    ("a = " + "[" * 50_000, "not TOML", "不是 TOML 格式"),
    ("", "title: is missing; add it", "缺少，请补上"),
    (HEAD + "colour = 1", "colour: there is no such key here", "没有这个键"),
    (HEAD + "way = 3", 'way: must be a list in brackets, such as ["green"]', "列表"),
    (HEAD + "way = [3]", "way.0: must be a table", "应为一个表"),
    (HEAD + "never = []", "never: red is never accepted; leave it in", "红码一律不收"),
    (HEAD + 'never = ["yellow"]', "never: red is never accepted; leave it in", "红码一律不收"),
    (HEAD + "positive_days = -1", "positive_days: must be at least 0", "不能小于 0"),
    (HEAD + "positive_days = 999", "positive_days: must be at most 365", "不能大于 365"),
    (HEAD + "positive_days = true", "positive_days: must be a whole number without quotes", "整数"),
    ('title = { zh_Hans = " ", en = "x" }', "title.zh_Hans: must not be blank", "空白"),
    ('title = { zh_Hans = "x", en = "" }', "title.en: must not be empty", "不能为空"),
    ('title = "x"', "title: must be a table", "应为一个表"),
    (WAY, "way.0: a way asks for at least one of health", "至少要写一个条件"),
    (WAY + "health = []\n" + 'itinerary = ["green"]', "way.0: health = [] is ambiguous", "意思不明"),
    (WAY + "eu_rules = true\nfor = []", "way.0: for = [] is ambiguous; leave for out for any", "意思不明"),
    (WAY + "test = { hours = 48, kinds = [] }", "way.0.test: kinds = [] is ambiguous", "意思不明"),
    (WAY + "eu_rules = true\ncarriers = []", "way.0: carriers = [] is ambiguous", "意思不明"),
    (WAY + 'health = ["blue"]', "way.0.health.0: must be one of 'green'", "只能是"),
    (WAY + 'health = "green"', 'way.0.health: must be a list in brackets, such as ["green"]', "列表"),
    (WAY + 'health = ["red"]', "way one: accepts red, which `never` rules out", "而 never 里说不收"),
    (WAY + 'test = { hours = "48" }', "way.0.test.hours: must be a whole number without quotes", "整数"),
    (WAY + "test = { hours = true }", "way.0.test.hours: must be a whole number without quotes", "整数"),
    (WAY + "test = { hours = 48.0 }", "way.0.test.hours: must be a whole number without quotes", "整数"),
    (WAY + "test = { hours = 0 }", "way.0.test.hours: must be at least 1", "不能小于 1"),
    (WAY + "test = { hours = 9999 }", "way.0.test.hours: must be at most 1440", "不能大于 1440"),
    (WAY + 'test = { hours = 48, kinds = ["pcr"] }', "way.0.test.kinds.0: must be one of 'naat'", "只能是"),
    (WAY + "test = {}", "way.0.test.hours: is missing; add it", "缺少，请补上"),
    (WAY + "vaccination = {}", "way.0.vaccination: write either course = true", "只写一个"),
    (WAY + "vaccination = { course = true, doses = 2 }", "way.0.vaccination: write either", "只写一个"),
    (WAY + "vaccination = { doses = 0 }", "way.0.vaccination.doses: must be at least 1", "不能小于 1"),
    (
        WAY + "vaccination = { course = 1 }",
        "way.0.vaccination.course: must be true or false",
        "true 或 false",
    ),
    (
        WAY + "vaccination = { course = true, days = [270, 14] }",
        "way.0.vaccination: days = [at least, at most]",
        "前一个不能大于后一个",
    ),
    (
        WAY + "vaccination = { course = true, booster_days = [2, 1] }",
        "way.0.vaccination: booster_days = [at least, at most]",
        "前一个不能大于后一个",
    ),
    (WAY + "recovery = { days = [11] }", "way.0.recovery.days.1: is missing; add it", "缺少，请补上"),
    (WAY + "recovery = { days = [1, 2, 3] }", "way.0.recovery.days: holds too much", "太多"),
    (WAY + "recovery = { days = [1, 99999] }", "way.0.recovery.days.1: must be at most 3650", "不能大于"),
    (WAY + "recovery = 180", "way.0.recovery: must be a table", "应为一个表"),
    (WAY + "eu_rules = 1", "way.0.eu_rules: must be true or false", "true 或 false"),
    (WAY + 'eu_rules = true\nfrom = "2022-05-01"', "way.0.from: must be a day without quotes", "日期"),
    (WAY + "eu_rules = true\nuntil = 2022-05-01T10:00:00Z", "way.0.until: must be a day without", "日期"),
    (WAY + "eu_rules = true\nfrom = 2022-05-02\nuntil = 2022-05-01", "way.0: from lies behind until", "晚于"),
    (WAY + 'eu_rules = true\nfor = ["Worker"]', "way.0.for.0: must be a word of a-z, 0-9 and _", "小写"),
    (
        WAY + 'eu_rules = true\ncarriers = ["uk_venue"]',
        "carriers: uk_venue states nothing about health",
        "健康情况",
    ),
    (WAY + "vaccine_pass = 1", "way.0.vaccine_pass: must be true or false", "true 或 false"),
    (WAY + 'eu_rules = true\ncarriers = ["paper"]', "way.0.carriers.0: must be one of 'hc1'", "只能是"),
    (
        WAY + "eu_rules = true\n" + WAY.removeprefix(HEAD) + "eu_rules = true",
        "way: stands twice: one",
        "重复",
    ),
]


@pytest.mark.parametrize(("text", "en", "zh"), FAULTY)
def test_every_fault_says_where_and_what_in_both_languages(text: str, en: str, zh: str) -> None:
    (line,) = faults(text)
    assert line.startswith("site.toml: ")
    english, _slash, chinese = line.rpartition(" / ")
    assert en in english
    assert zh in chinese


def test_all_faults_are_named_at_once() -> None:
    text = (
        'never = ["yellow", "pink"]\ntitle = { zh_Hans = "x" }\n'
        + WAY.removeprefix(HEAD)
        + ('health = ["blue"]\ntest = { hours = 0, colour = 1 }\n')
    )
    places = [line.split(": ")[1] for line in faults(text)]
    assert sorted(places) == [
        "never.1",
        "title.en",
        "way.0.health.0",
        "way.0.test.colour",
        "way.0.test.hours",
    ]


SCALARS = st.one_of(
    st.integers(-5, 4_000).map(str),
    st.sampled_from(
        ["true", "false", '"x"', '""', "[]", "{}", "2022-05-01", "1.5", '["green"]', "[14, 270]"]
    ),
)

KEYS = st.sampled_from(["id", "title", "for", "from", "health", "test", "recovery", "eu_rules", "days", "x"])


@given(st.dictionaries(KEYS, SCALARS))
def test_whatever_stands_in_a_way_it_is_read_or_every_fault_is_in_both_languages(
    keys: Mapping[str, str],
) -> None:
    text = HEAD + "[[way]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
    try:
        acceptance.parse("site", text)
    except ConfigError as error:
        lines = error.faults
    else:
        lines = ()
    assert all(" / " in line and HAN.search(line) for line in lines)
    assert not any("cannot be used" in line for line in lines)


# Days


def test_a_zone_with_summer_time_says_when_it_changes() -> None:
    base, changes = acceptance.day_begins("Europe/Vienna", datetime(2022, 6, 1, tzinfo=UTC))
    assert base == 3600
    assert (micros(datetime(2022, 3, 27, 1, 0, tzinfo=UTC)), 7200) in changes
    assert (micros(datetime(2022, 10, 30, 1, 0, tzinfo=UTC)), 3600) in changes
    assert len(changes) == 2 * 12  # last year, this one and ten more
    assert changes == tuple(sorted(changes))
    assert acceptance.day_begins("Asia/Shanghai", datetime(2022, 6, 1, tzinfo=UTC)) == (28_800, ())


def test_the_changes_stay_the_same_all_year_long() -> None:
    january, december = datetime(2022, 1, 1, tzinfo=UTC), datetime(2022, 12, 31, tzinfo=UTC)
    assert acceptance.day_begins("Europe/Vienna", january) == acceptance.day_begins("Europe/Vienna", december)


# What `gatepost config check` says


SITE = """
[gate]
id = "jiangbei-03"
name = "观音桥 3 号门"
[codes]
acceptance = "{rules}"
[[lane]]
name = "in"
procedure = "{procedure}"
"""
HEALTH_STEP = f"""
title = {TITLE}
[[step]]
id = "code"
kind = "code"
title = {TITLE}
carriers = ["gatepost_pass", "china_health"]
[[step.instead]]
id = "id_number"
kind = "id_number"
personal = true
title = {TITLE}
[[reason]]
value = "known"
title = {TITLE}
"""


class NoDrivers:
    """A registry for gates that have none."""

    def load(self, _kind: str, table: Mapping[str, object], /) -> object:
        assert table["driver"] == "none"
        return None


def check(folder: Path, rules: str, procedure: str = "compound", *options: str) -> Result:
    path = folder / "gatepost.toml"
    path.write_text(SITE.format(rules=rules, procedure=procedure), encoding="utf-8")
    parts = Given(NoDrivers(), lambda _folder: ("compound", "health"))
    return CliRunner().invoke(config_command, ["check", "--config", str(path), *options], obj=parts)


def write(folder: Path, kind: str, name: str, text: str) -> Path:
    path = folder / kind / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", PRESETS)
def test_the_check_finds_nothing_wrong_with_what_ships(tmp_path: Path, name: str) -> None:
    assert check(tmp_path, name).exit_code == 0


def test_the_check_names_every_fault_of_the_sites_own_rules(tmp_path: Path) -> None:
    path = write(tmp_path, "acceptance", "own", WAY + 'health = ["blue"]\ntest = { hours = 0 }\n')
    told = check(tmp_path, "own")
    assert told.exit_code == 3
    assert f"{path}: way.0.health.0: must be one of" in told.output
    assert f"{path}: way.0.test.hours: must be at least 1 / 不能小于 1" in told.output
    assert "2 fault(s)" in told.output
    lines = [json.loads(line) for line in check(tmp_path, "own", "compound", "--json").stdout.splitlines()]
    assert [line["file"] for line in lines] == [str(path)] * 2


def test_the_check_says_which_rules_there_are(tmp_path: Path) -> None:
    told = check(tmp_path, "mine")
    assert told.exit_code == 3
    assert "there are no rules 'mine'; there are: eu_2g, eu_3g" in told.output
    assert "没有这个规定文件" in told.output


def test_the_check_finds_steps_that_no_way_could_complete(tmp_path: Path) -> None:
    write(tmp_path, "procedures", "health", HEALTH_STEP)
    told = check(tmp_path, "eu_2g", "health")
    assert told.exit_code == 3
    assert "step code of health reads only gatepost_pass, china_health: no way can ever be met" in told.output
    assert "哪种情形都满足不了" in told.output
    assert check(tmp_path, "usual", "health").exit_code == 0
    assert check(tmp_path, "eu_2g", "compound").exit_code == 0


def test_a_procedure_with_faults_of_its_own_is_said_once(tmp_path: Path) -> None:
    path = write(tmp_path, "procedures", "health", "colour = 1" + HEALTH_STEP)
    told = check(tmp_path, "usual", "health")
    assert told.exit_code == 3
    assert told.output.count(str(path)) == 1


@pytest.mark.parametrize(
    ("way", "carriers", "reachable"),
    [
        ('health = ["green"]', ["china_health"], True),
        ('health = ["green"]', ["china_itinerary"], False),
        ('itinerary = ["green"]', ["china_health"], True),
        ('health = ["green"]\nitinerary = ["green"]', ["hc1", "china_itinerary"], False),
        ("eu_rules = true", ["shc", "china_health"], False),
        ("eu_rules = true", ["hc1"], True),
        ('test = { hours = 24 }\ncarriers = ["hc1"]', ["shc"], False),
        ("test = { hours = 24 }", ["shc"], True),
        ("test = { hours = 24 }", ["nzcp"], False),  # it states no test
        ("vaccine_pass = true", ["nzcp"], True),
        ("vaccine_pass = true", ["hc1"], False),
        ("test = { hours = 24 }", ["gatepost_pass"], True),  # asks for no health code at all
    ],
)
def test_a_way_is_out_of_reach_where_its_codes_are_not_read(
    way: str, carriers: list[str], reachable: bool
) -> None:
    accepted = acceptance.parse("site", WAY + way)
    text = HEALTH_STEP.replace('["gatepost_pass", "china_health"]', json.dumps(carriers))
    found = acceptance.out_of_reach(accepted, procedures.parse("health", text), "site.toml")
    assert (found == []) is reachable


def test_the_sites_own_file_comes_before_the_one_that_ships(tmp_path: Path) -> None:
    assert acceptance.find("usual", tmp_path) == acceptance.SHIPPED / "usual.toml"
    own = write(tmp_path, "acceptance", "usual", WAY + "eu_rules = true")
    assert acceptance.find("usual", tmp_path) == own
    assert acceptance.find("nothing", tmp_path) is None
