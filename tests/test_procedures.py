"""Procedures as files: what ships, what is refused, and in which words."""

import hashlib
import re
import string
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import procedures
from edge.domain.circumstances import Circumstances
from edge.domain.errors import ConfigError
from edge.domain.ladder import Failure
from edge.domain.model import Outcome
from edge.domain.procedure import Effect, Procedure, Step, StepKind
from edge.domain.whom import ALWAYS
from tests.paths import ROOT

FOLDER = ROOT / "config" / "procedures"
TITLE = '{ zh_Hans = "测温", en = "Temperature" }'
HAN = re.compile(r"[\u4e00-\u9fff]")
REASON = f'[[reason]]\nvalue = "known"\ntitle = {TITLE}\n'


@pytest.mark.parametrize(
    ("name", "number", "steps"),
    [
        ("r3", "R3", ["temperature", "code", "ask", "register"]),
        ("r4", "R4", ["identity", "information", "temperature", "mask"]),
        ("compound", "R9", ["check", "register", "temperature", "mask", "purpose_out"]),
        ("r1", "R1", ["check", "temperature", "register"]),
        ("r2", "R2", ["check", "vehicle", "temperature", "register"]),
        ("pharmacy", "R5、R6", ["mask", "codes", "temperature", "venue", "buying", "purchase"]),
        ("r7", "R7", ["vehicle", "temperature", "code", "register"]),
        ("r8", "R8", ["vehicle", "check", "temperature", "register", "leaflet"]),
        ("market", "R10", ["temperature", "mask"]),
    ],
)
def test_the_procedures_that_ship(name: str, number: str, steps: list[str]) -> None:
    path = procedures.find(name, [FOLDER])
    assert path is not None
    found = procedures.parse(name, path.read_text("utf-8"))
    assert found.number == number
    assert [step.id for step in found.steps] == steps


def test_r04_asks_for_all_four_musts() -> None:
    found = procedures.parse("r4", (FOLDER / "r4.toml").read_text("utf-8"))
    assert {step.must for step in found.steps} == {"identity", "information", "temperature", "mask"}


def test_the_version_changes_with_every_letter() -> None:
    text = (FOLDER / "r4.toml").read_text("utf-8")
    assert procedures.parse("r4", text).version != procedures.parse("r4", text + "\n# x\n").version


def test_every_fault_of_a_file_is_named_at_once() -> None:
    text = f"""
title = {{ zh_Hans = "x" }}
colour = "red"
[[step]]
id = "Temp"
kind = "tempera"
title = {TITLE}
[[step]]
id = "code"
kind = "code"
title = {TITLE}
{REASON}
"""
    with pytest.raises(ConfigError) as caught:
        procedures.parse("odd", text, "odd.toml")
    faults = "\n".join(caught.value.faults)
    for place in ("title.en", "colour", "step.0.id", "step.0.kind", "step.1"):
        assert f"odd.toml: {place}" in faults
    in_both_languages(caught.value.faults)


def in_both_languages(faults: tuple[str, ...] | list[str]) -> None:
    for fault in faults:
        english, _slash, chinese = fault.rpartition(" / ")
        assert english
        assert HAN.search(chinese), fault
        assert "cannot be used" not in fault


def written(step: str) -> str:
    """Return a procedure of one step."""
    whole = f'title = {TITLE}\n[[step]]\nid = "s"\ntitle = {TITLE}\n{step}'
    return whole.replace("{title}", TITLE) + REASON


NUMBER = (
    '[[step.instead]]\nid = "a"\nkind = "id_number"\npersonal = true\nrung = "document"\ntitle = {title}\n'
)
LOOK = (
    '[[step.instead]]\nid = "b"\nrung = "phone"\ntitle = {title}\n'
    'choices = [{ value = "green", title = {title} }]\n'
)
CODE = 'kind = "code"\ncarriers = ["china_health"]\n'
MANY = "".join(
    f'[[step.instead]]\nid = "q{n}"\nkind = "text"\nrung = "document"\ntitle = {TITLE}\n' for n in range(5)
)


@pytest.mark.parametrize(
    ("step", "word"),
    [
        ('kind = "question"\n', "at least one"),
        ('kind = "code"\n', "names the carriers"),
        ('kind = "form"\n[[step.question]]\nid = "a"\ntitle = {title}\n', "lists its choices"),
        (
            'kind = "form"\n[[step.question]]\nid = "temperature_contact"\nkind = "text"\ntitle = {title}\n',
            "reserved",
        ),
        (
            'kind = "form"\n[[step.question]]\nid = "a"\nkind = "text"\ntitle = {title}\n'
            '[[step.question]]\nid = "a"\nkind = "text"\ntitle = {title}\n',
            "stands twice: a",
        ),
        (
            'kind = "form"\n[[step.question]]\nid = "a"\nkind = "text"\nrequired = false\ntitle = {title}\n',
            "at least one question is required",
        ),
        (
            'kind = "code"\ncarriers = ["nzcp"]\n[[step.instead]]\nid = "a"\nkind = "text"\n'
            "required = false\ntitle = {title}\n",
            "at least one question is required",
        ),
        (
            'kind = "form"\n[[step.question]]\nid = "a"\nkind = "id_number"\ntitle = {title}\n',
            "is personal = true",
        ),
        (
            'kind = "form"\n[[step.question]]\nid = "a"\nkind = "text"\nrung = "b"\ntitle = {title}\n',
            r"only \[\[step.instead\]\] has rungs",
        ),
        (CODE + '[step.ladder]\npaper = ["nothing"]\n' + NUMBER, "ladder: no .* has rung paper"),
        (CODE + '[step.ladder]\ndocument = ["red"]\n' + NUMBER, "must be one of 'nothing', 'unanswered'"),
        (CODE + "[step.ladder]\ndocument = []\n" + NUMBER, "must hold more"),
        (CODE + '[step.ladder]\nDocument = ["nothing"]\n' + NUMBER, "must be a word of a-z"),
        (CODE + 'ladder = "all"\n' + NUMBER, "ladder: must be a table"),
    ],
)
def test_a_step_that_could_not_be_worked_is_refused_in_both_languages(step: str, word: str) -> None:
    for stored in (True, False):
        with pytest.raises(ConfigError, match=word) as caught:
            procedures.parse("odd", written(step), stored=stored)
        in_both_languages(caught.value.faults)


OUTDATED = [
    (CODE, "a way without a phone"),
    (CODE + '[step.ladder]\nphone = ["unanswered"]\n' + LOOK, "a way without a phone"),
    (CODE + '[step.ladder]\ndocument = ["unanswered"]\n' + NUMBER, "a way without a phone"),
    (CODE + NUMBER + LOOK, 'rung "phone" asks for no id_number'),
    (
        CODE + '[step.ladder]\nphone = ["unanswered", "refused"]\n' + NUMBER + LOOK,
        "only a rung with an id_number stands for a code that was refused",
    ),
    ('kind = "code"\ncarriers = ["hc1"]\n' + MANY, "at most 4 inputs"),
]


@pytest.mark.parametrize(("step", "word"), OUTDATED)
def test_what_was_allowed_before_is_refused_in_a_new_text_and_read_in_a_stored_one(
    step: str, word: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(word)) as caught:
        procedures.parse("odd", written(step), "odd.toml")
    in_both_languages(caught.value.faults)
    stored = procedures.parse("odd", written(step), stored=True)
    assert procedures.outdated(stored, "odd.toml") == list(caught.value.faults)
    assert all(fault.startswith("odd.toml: step.0 (s): ") for fault in caught.value.faults)


def test_all_that_is_outdated_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        procedures.parse("odd", written(CODE + MANY + LOOK))
    assert len(caught.value.faults) == 3


def test_a_step_without_codes_of_platforms_needs_no_ladder() -> None:
    for step in ('kind = "code"\ncarriers = ["gatepost_pass"]\n', CODE + NUMBER):
        assert procedures.outdated(procedures.parse("fine", written(step)), "x") == []


def coded() -> list[tuple[str, Step]]:
    texts = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.toml")}
    shipped = [procedures.parse(name, text) for name, text in texts.items()]
    return [(found.name, step) for found in shipped for step in found.steps if step.carriers]


@pytest.mark.parametrize(("name", "step"), coded(), ids=lambda of: of if isinstance(of, str) else of.id)
def test_every_procedure_that_ships_has_a_lawful_way_beside_its_codes(name: str, step: Step) -> None:
    rungs: dict[str, list[str]] = {}
    for question in step.instead:
        rungs.setdefault(question.rung, []).append(question.kind)
    assert rungs["document"] == ["id_number"]
    assert rungs["helper"] == ["text"]
    assert all(len(kinds) <= procedures.MOST_INPUTS for kinds in rungs.values())
    for failure in Failure:
        assert failure in step.ladder.get("document", Failure), f"{name}: {failure}"
    for rung, failure in product(rungs.keys() - {"document"}, Failure):
        # Whoever looks at a phone or at paper looks because the platform says nothing, or there is no code.
        allowed = {Failure.UNANSWERED} if rung == "phone" else {Failure.UNANSWERED, Failure.NOTHING}
        assert failure in allowed or failure not in step.ladder[rung], f"{name}: {rung}: {failure}"


def test_a_file_in_another_encoding_is_named_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_bytes(f"title = {TITLE}".encode("gb18030"))
    with pytest.raises(ConfigError, match=r"odd\.toml: .*UTF-8"):
        procedures.read(path)
    with pytest.raises(ConfigError, match=r"none\.toml"):
        procedures.read(tmp_path / "none.toml")


def test_no_toml_at_all_is_named_with_the_file() -> None:
    for text in ("title = [", "a = " + "[" * 50_000):
        with pytest.raises(ConfigError, match=r"odd\.toml: not TOML.* / 不是 TOML") as caught:
            procedures.parse("odd", text, "odd.toml")
        in_both_languages(caught.value.faults)


@given(st.text(max_size=40), st.sampled_from(["kind", "carriers", "rung", "ladder", "instead", "must"]))
def test_whatever_is_written_is_read_or_every_fault_is_in_both_languages(value: str, key: str) -> None:
    quoted = re.sub(r'[\x00-\x1f"\\\x7f]', "", value)
    try:
        procedures.parse("made", written(f'{key} = "{quoted}"\n'))
    except ConfigError as error:
        in_both_languages(error.faults)


def test_the_version_says_in_which_edition_codes_are_judged() -> None:
    text = (FOLDER / "r4.toml").read_text("utf-8")
    first, now = procedures.parse("r4", text, edition=1), procedures.parse("r4", text)
    assert (first.acceptance.edition, now.acceptance.edition) == (1, 2)
    assert first.version != now.version


def test_a_sites_own_folder_goes_before_what_ships(tmp_path: Path) -> None:
    own = tmp_path / "procedures"
    own.mkdir()
    (own / "r4.toml").write_text((FOLDER / "r3.toml").read_text("utf-8"), "utf-8")
    folders = procedures.folders(tmp_path)
    assert procedures.find("r4", folders) == own / "r4.toml"
    assert {"r3", "r4", "compound"} <= set(procedures.names(folders))
    assert procedures.find("nothing", folders) is None


@given(
    st.lists(
        st.tuples(st.text(string.ascii_lowercase, min_size=1, max_size=8), st.sampled_from(Effect)),
        min_size=1,
        max_size=5,
        unique_by=lambda pair: pair[0],
    )
)
def test_choices_come_back_as_they_were_written(choices: list[tuple[str, Effect]]) -> None:
    listed = ", ".join(
        f'{{ value = "{value}", title = {TITLE}, effect = "{effect}" }}' for value, effect in choices
    )
    text = (
        f'title = {TITLE}\n[[step]]\nid = "s"\nkind = "question"\ntitle = {TITLE}\n'
        f'[[step.question]]\nid = "q"\ntitle = {TITLE}\nchoices = [{listed}]\n{REASON}'
    )
    found = procedures.parse("made", text)
    assert isinstance(found, Procedure)
    question = found.question("q")
    assert question is not None
    assert [(choice.value, choice.effect) for choice in question.choices] == choices


def test_a_reason_is_offered_only_for_the_outcomes_it_fits() -> None:
    found = procedures.parse("r4", (FOLDER / "r4.toml").read_text("utf-8"))
    offered = {reason.value: reason.outcomes for reason in found.reasons}
    assert offered["known"] == (Outcome.ADMIT,)
    assert Outcome.ADMIT not in offered["not_allowed"]
    text = f'title = {TITLE}\n[[step]]\nid = "s"\nkind = "temperature"\ntitle = {TITLE}\n{REASON}'
    with pytest.raises(ConfigError, match=r"reason\.0\.for"):
        procedures.parse("odd", text + 'for = ["leave"]\n')


def test_the_example_in_the_documentation_is_a_procedure() -> None:
    text = (ROOT / "docs" / "procedures.md").read_text("utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    found = procedures.parse("example", example)
    assert [step.id for step in found.steps] == ["identity", "information", "mask"]


SHIPPED = procedures.names([FOLDER])


def shipped(name: str) -> Procedure:
    return procedures.parse(name, (FOLDER / f"{name}.toml").read_text("utf-8"))


def test_three_sites_are_offered_first_and_every_kind_of_place_has_one() -> None:
    found = {name: shipped(name) for name in SHIPPED}
    assert {n for n, p in found.items() if p.offered == "first"} == {"compound", "market", "pharmacy"}
    assert {n for n, p in found.items() if not p.offered} == set()
    titles = "".join(p.title["zh_Hans"] for p in found.values() if p.site)
    places = "小区 市场 药店 高速公路 边界卡口 村 在建工地 写字楼 超市 酒店 餐饮店 旅馆 长途汽车站 商场"
    assert [place for place in (*places.split(), "城市综合体", "机关企事业单位") if place not in titles] == []
    numbers = {number for p in found.values() for number in p.number.split("、")}
    assert {f"R{number}" for number in range(1, 13)} <= numbers


@pytest.mark.parametrize("name", SHIPPED)
def test_r76_whoever_has_no_phone_gives_four_inputs_at_most(name: str) -> None:
    found = shipped(name)
    around = Circumstances("in")
    asked = [s for s in found.steps if s.when.holds("visitor", around, {})]
    written = [q for s in asked if s.kind is StepKind.FORM for q in s.questions if q.required]
    for rung in ("document", "helper"):
        instead = [q for s in asked for q in s.instead if q.rung == rung]
        assert len(instead) + len(written) <= procedures.MOST_INPUTS, f"{name}: {rung}"
    assert all(shipped(name).question("helper") for s in asked if s.carriers)


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_asks_both_of_people_and_of_vehicles_or_of_everybody(name: str) -> None:
    for vehicle in (True, False):
        around = Circumstances("in", vehicle=vehicle)
        assert any(s.required and s.when.holds("visitor", around, {}) for s in shipped(name).steps)


WRONG = {
    'when = { category = ["Gäste"] }\n': "must be a word of a-z",
    'when = { hours = ["6-22"] }\n': "hours are written",
    'when = { hours = ["06:00-06:00"] }\n': "two different times",
    'when = { direction = "up" }\n': "must be one of",
    'when = { vehicle = "yes" }\n': "must be true or false",
    'when = { weather = "rain" }\n': "there is no such key",
    'when = { answers = { s = ["yes"] } }\n': "no earlier step asks this",
    'unfinished = "admit"\n': "must be one of",
    'failed = "abandoned"\n': "must be one of",
    'every = ["hc1"]\n': "must be one of",
    'every = ["china_health"]\n': "every: not among the carriers",
    'covers = { look = ["china_health"] }\n': "covers: no .* has rung look",
    'must = "mask"\nrequired = false\n': "what fulfils a must is required",
    'required = false\nunfinished = "hold"\n': "unfinished says nothing",
    'say = { en = "Please wait" }\n': "is missing",
}


@pytest.mark.parametrize(("key", "word"), list(WRONG.items()))
def test_a_step_for_nobody_or_without_meaning_is_refused_in_both_languages(key: str, word: str) -> None:
    with pytest.raises(ConfigError, match=word) as caught:
        procedures.parse("odd", written(f'kind = "tick"\n{key}'))
    in_both_languages(caught.value.faults)


@given(st.lists(st.sampled_from(list(WRONG.items())[:13]), min_size=1, max_size=6, unique_by=lambda w: w[1]))
def test_however_many_steps_are_wrong_each_is_named(wrong: list[tuple[str, str]]) -> None:
    title = TITLE
    steps = "".join(
        f'[[step]]\nid = "s{n}"\ntitle = {title}\nkind = "tick"\n{key}'
        for n, (key, _word) in enumerate(wrong)
    )
    with pytest.raises(ConfigError) as caught:
        procedures.parse("odd", f"title = {title}\n{steps}{REASON}")
    in_both_languages(caught.value.faults)
    for n, (key, word) in enumerate(wrong):
        if "answers" in key and any(other != key for other, _word in wrong):
            continue  # what an unread step asks is not known
        mine = [fault for fault in caught.value.faults if f": step.{n}" in fault]
        assert any(re.search(word, fault) for fault in mine), (key, caught.value.faults)


ASKS = '[[step]]\nid = "a"\nkind = "{kind}"\ntitle = {title}\n{more}'
BUYS = (
    '[[step.question]]\nid = "buys"\ntitle = {title}\nchoices = [{{ value = "no", title = {title} }}, '
    '{{ value = "yes", title = {title} }}]\n'
)


def two_steps(more: str, values: str, question: str = BUYS, kind: str = "question") -> str:
    first = ASKS.format(kind=kind, title=TITLE, more=more) + question.format(title=TITLE)
    then = (
        f'[[step]]\nid = "b"\nkind = "tick"\ntitle = {TITLE}\nwhen = {{ answers = {{ buys = {values} }} }}\n'
    )
    return f"title = {TITLE}\n{first}{then}{REASON}"


def test_a_step_can_depend_on_an_answer_that_nobody_can_leave_out() -> None:
    found = procedures.parse("fine", two_steps("", '["yes"]'))
    assert found.steps[1].when.answers == {"buys": ("yes",)}
    optional = BUYS.replace('id = "buys"', 'id = "buys"\nrequired = false') + BUYS.replace("buys", "more")
    for text, word in (
        (two_steps("", '["perhaps"]'), "has no choice perhaps"),
        (two_steps("required = false\n", '["yes"]'), "may go unasked"),
        (two_steps('unless = ["gatepost_pass"]\n', '["yes"]'), "may go unasked"),
        (two_steps("", '["yes"]', optional), "may go unasked"),
    ):
        with pytest.raises(ConfigError, match=word) as caught:
            procedures.parse("odd", text)
        in_both_languages(caught.value.faults)


def test_outcomes_that_the_file_leaves_out_are_missed_where_something_needs_them() -> None:
    text = (
        (FOLDER / "market.toml")
        .read_text("utf-8")
        .replace("site = true", 'site = true\noutcomes = ["admit"]')
    )
    with pytest.raises(ConfigError) as caught:
        procedures.parse("odd", text)
    in_both_languages(caught.value.faults)
    faults = "\n".join(caught.value.faults)
    for word in (
        "step.0: can end in refer",
        "step.1: can end in turn_back",
        "reason.2: for",
        "reason.4: for",
    ):
        assert word in faults
    with pytest.raises(ConfigError, match="nobody could pass"):
        procedures.parse("odd", text.replace('["admit"]', '["refer", "turn_back"]'))


def test_r16_the_switch_is_refused_without_the_way_of_r76_beside_it() -> None:
    switch = "no_code_no_passage = true\n"
    number = '[step.ladder]\ndocument = ["unanswered"]\n' + NUMBER
    for step, word in ((number, "always stands beside"), ("", "always stands beside")):
        with pytest.raises(ConfigError, match=word) as caught:
            procedures.parse("odd", switch + written(CODE.replace("china_health", "hc1") + step))
        in_both_languages(caught.value.faults)
    with pytest.raises(ConfigError, match="no step reads"):
        procedures.parse("odd", switch + written('kind = "tick"\n'))
    assert procedures.parse("fine", switch + written(CODE + NUMBER)).no_code_no_passage
    assert not shipped("compound").no_code_no_passage


def test_a_text_from_before_has_the_version_and_the_meaning_it_had() -> None:
    text = f'title = {TITLE}\n[[step]]\nid = "t"\nkind = "temperature"\ntitle = {TITLE}\n{REASON}'
    found = procedures.parse("old", text)
    assert found.version == hashlib.sha256(f"{text}\n2".encode()).hexdigest()[:16]
    assert found.steps[0].when == ALWAYS
    assert found.steps[0].required
    assert found.outcomes == (Outcome.ADMIT, Outcome.TURN_BACK, Outcome.REFER)
    assert not found.offered
