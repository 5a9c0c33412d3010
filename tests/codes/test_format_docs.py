"""The page about formats names every kind of code, and only verdicts and reasons that exist."""

import re

from edge.codes.reasons import CodeReason
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.every_carrier import SAMPLES
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "codes" / "formats.md").read_text(encoding="utf-8")
SECTIONS = {part.split("\n", 1)[0]: part for part in PAGE.split("\n## ")[1:]}


def section_of(carrier: Carrier) -> str:
    (found,) = [part for head, part in SECTIONS.items() if f"`{carrier}`" in head]
    return found


def test_every_kind_of_code_has_its_section_in_both_languages() -> None:
    for carrier in set(Carrier) - {Carrier.UNKNOWN}:
        section = section_of(carrier)
        assert "| verdict, reason | what it means to you | 对门岗的意思 |" in section
        assert re.search(r"What the gate cannot know|never `valid`", section)
        assert re.search(r"本机不知道|永远不会是“有效”", section)


def test_every_verdict_and_reason_of_the_tables_exists() -> None:
    known = {str(word) for word in (*CodeVerdict, *CodeReason)} | {"red", "yellow", "orange", "grey"}
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    assert len(rows) > 50
    for row in rows:
        assert set(re.findall(r"`([a-z_]+)`", row)) <= known, row


def test_every_row_has_a_word_in_each_language() -> None:
    for row in re.findall(r"^\| `.*$", PAGE, re.MULTILINE):
        _verdict, english, chinese = (cell.strip() for cell in row.strip("| ").split(" | "))
        assert re.search(r"[A-Za-z]{3}", english), row
        assert re.search(r"[一-鿿]{2}", chinese), row


def test_a_format_that_is_never_signed_is_said_to_be_never_valid() -> None:
    for sample in SAMPLES.values():
        if sample.carrier is not Carrier.UNKNOWN:
            never = "never `valid`" in section_of(sample.carrier)
            assert never is (sample.verdict is not CodeVerdict.VALID), sample.carrier
