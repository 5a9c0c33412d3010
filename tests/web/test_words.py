"""Every stable code has a sentence in both languages, every text a translation."""

import re
from collections.abc import Sequence
from typing import get_args

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from edge.codes.reasons import CodeReason
from edge.domain import cases, errors, model
from edge.domain.calibration import Standing
from edge.domain.procedure import StepKind
from edge.domain.record import BUILT_IN_REASONS
from edge.registers import people, vehicles, watch
from edge.registers.all_kinds import KINDS
from edge.web import forms, troubles
from edge.web.app import TRANSLATIONS
from edge.web.users import ROLES
from edge.web.words import LANGUAGES, WORDS, both, say, source
from edge.wire.bodies import BODIES
from tests.paths import ROOT

CODES: dict[str, Sequence[str]] = {
    "reason": list(model.Reason),
    "outcome": list(model.Outcome),
    "big": [*model.Outcome, "idle", "open", "hold"],
    "small": [*model.Outcome, "idle", "open", "hold"],
    "stage": [*model.Stage, "idle"],
    "temperature": list(model.ScreeningVerdict),
    "code": list(model.CodeVerdict),
    "quality": list(model.Quality),
    "method": list(model.Method),
    "clock": list(model.ClockQuality),
    "role": ROLES,
    "device": ["thermometer", "scanner", "barrier", "voice"],
    "device_state": ["starting", "up", "down"],
    "carrier": list(model.Carrier),
    "because": list(CodeReason),
    "todo": list(StepKind),
    "effect": ["pulse", "admit", "turn_back", "refer", "wait", "again", "rest", "next"],
    "row": [kind for kind in BODIES if kind.startswith(("passage.", "personal.", "case."))],
    "why": ["rest", "platform", "handed", "other", *BUILT_IN_REASONS],
    "calibration": list(Standing),
    "case_stage": list(cases.CaseStage),
    "case_step": ["opened", *cases.CaseStep],
    "case_follow_up": list(cases.FollowUp),
    "case_result": list(cases.CaseResult),
    "case_reopening": list(cases.Reopening),
    "category": list(people.CATEGORIES),
    "watch_list": list(watch.LISTS),
    "watch_outcome": list(watch.OUTCOMES),
    "vehicle_kind": list(vehicles.KINDS),
    "roster_field": [one.name for kind in KINDS.values() for one in kind.fields],
    "must": ["identity", "information", "temperature", "mask"],
}


@pytest.mark.parametrize("group", sorted(CODES))
def test_every_code_has_words_in_both_languages(group: str) -> None:
    for code in CODES[group]:
        english, chinese = (both(group, str(code))[language] for language in ("en", "zh_Hans"))
        assert str(code) in WORDS[group], code
        assert english.isascii()
        assert re.search(r"[\u4e00-\u9fff]", chinese), code


def test_every_word_of_the_table_is_there_in_both_languages() -> None:
    for group, words in WORDS.items():
        for code, word in words.items():
            assert word.en.strip(), (group, code)
            assert word.zh.strip(), (group, code)
            assert ("{}" in word.en) == ("{}" in word.zh), (group, code)


def test_every_device_fault_named_by_the_drivers_contract_has_a_remedy() -> None:
    named = set(re.findall(r"`(\w+)`", errors.DeviceUnavailable.__doc__ or "")) - {"code"}
    assert named == {"absent", "lost", "silent", "garbled", "busy", "denied", "hung", "ended"}
    assert named == set(troubles.DEVICE_FAULTS) == set(troubles.REMEDIES)


def test_every_refusal_anywhere_in_the_gate_has_a_sentence() -> None:
    pattern = re.compile(r'FormError\(\s*"(\w+)"')
    used = {
        code
        for folder in ("edge/domain", "edge/station", "edge/registers", "edge/web", "edge/app")
        for path in (ROOT / folder).rglob("*.py")
        for code in pattern.findall(path.read_text("utf-8"))
    }
    assert {"reason_needed", "passage_not_open", "bad_query"} <= used
    assert used <= set(WORDS["error"])


def test_a_detail_behind_a_colon_is_said_and_an_unknown_code_is_shown_as_it_is() -> None:
    assert say("reason", "must_missing:mask", "zh_Hans") == "有步骤未完成：口罩必戴"
    assert say("reason", "must_missing", "en") == "A step was left out."
    assert say("reason", "must_missing", "zh_Hans") == "有步骤未完成。"
    assert say("reason", "answer_hold:cough", "en", {"cough": "Cough"}).endswith("Cough")
    assert say("reason", "answer_hold:{}%s", "en").endswith("{}%s")
    assert say("reason", "brand_new", "en") == "brand_new"


def test_a_body_value_says_what_this_thermometers_calibration_added() -> None:
    assert say("conversion", "site/1:+2350@1790000000", "en").endswith("calibration: +2350 m°C")
    assert say("conversion", "site/1:-80@1790000000", "zh_Hans").endswith("校准值：-80 m°C")
    assert say("conversion", "offset/1:2600", "en").endswith("2600 m°C")


def test_a_source_is_said_as_a_person_or_a_device() -> None:
    assert source("attendant:door1", "zh_Hans") == "门岗 door1"
    assert source("attendant:simulated", "en") == "Attendant (a program)"
    assert source("scanner2", "en") == "Scanner 2"
    assert source("thermometer", "zh_Hans") == "测温仪"
    assert source("meter", "en") == "meter"


def test_every_text_of_the_pages_is_translated_and_none_is_left_over() -> None:
    folder = ROOT / "edge" / "web"
    methods = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
    used = {
        message
        for *_, message, _comments, _context in extract_from_dir(str(folder), methods)
        if isinstance(message, str)
    }
    assert len(used) > 100
    with (TRANSLATIONS / "zh_Hans" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file)
    assert not catalogue.fuzzy
    translated = {str(message.id): message for message in catalogue if message.id}
    assert set(translated) == used
    for text, message in translated.items():
        assert message.string, text
        assert not message.fuzzy, text
        assert sorted(re.findall(r"%\(\w+\)s", text)) == sorted(
            re.findall(r"%\(\w+\)s", str(message.string))
        ), text


def test_the_documented_outcomes_are_the_domains() -> None:
    assert set(get_args(forms.OutcomeName)) == set(model.Outcome)
    assert set(get_args(forms.FollowUpName)) == set(cases.FollowUp)
    assert set(get_args(forms.ResultName)) == set(cases.CaseResult)
    assert set(get_args(forms.ReopeningName)) == set(cases.Reopening)
    assert LANGUAGES == ("zh_Hans", "en")


def test_no_page_asks_another_host_for_anything() -> None:
    folder = ROOT / "edge" / "web"
    files = [path for kind in ("html", "css", "js", "svg") for path in folder.rglob(f"*.{kind}")]
    assert len(files) > 15
    for path in files:
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(https?:)?//[a-z]+\.", text), path
        assert not re.search(r"\sstyle=|<style|javascript:|\son[a-z]+=", text), path


def test_every_reason_for_which_a_line_or_a_file_is_refused_has_a_sentence() -> None:
    folder = ROOT / "edge" / "registers"
    texts = {path.stem: path.read_text("utf-8") for path in folder.glob("*.py")}
    files = {code for text in texts.values() for code in re.findall(r'Unreadable\("(\w+)"\)', text)}
    assert {"empty", "old_excel", "no_heads"} <= files <= set(WORDS["import_file"])
    values = texts["values"] + texts["kinds"]
    lines = set(re.findall(r'(?:else|return|fault =|ValueError\() ?"([a-z_]+)"', values))
    assert {"id_checksum", "plate_letter", "excel_number", "date_form"} <= lines
    assert lines - {"missing"} <= set(WORDS["import_fault"])
