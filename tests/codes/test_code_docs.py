"""The pages about codes are true: their examples are made, read and decoded here, by the page alone."""

import base64
import hashlib
import json
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.codes import TrustStore, read, times
from edge.codes.gatepost_pass import Pass
from edge.codes.gatepost_venue import Venue
from edge.codes.issue import issue_pass, issue_venue
from edge.codes.reasons import SENTENCES, CodeReason, sentence
from edge.codes.trust_text import parse_list
from edge.domain.model import Carrier, CodeVerdict
from edge.web.words import WORDS
from tests.paths import ROOT

WIRE = (ROOT / "docs" / "wire" / "gatepost-codes.md").read_text(encoding="utf-8")
CODES = (ROOT / "docs" / "codes.md").read_text(encoding="utf-8")
PUBLISHED_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
AT_US = times.parse("2022-01-01T00:00:00Z")

EXAMPLES: list[list[tuple[str, str]]] = [
    [(line[:11].strip(), line[11:].replace(" ", "")) for line in block.strip().splitlines()]
    for block in re.findall(r"```\n(text .*?)```", WIRE, re.DOTALL)
]


def test_the_page_has_one_example_of_each_format() -> None:
    assert [example[0][1].split(":")[0] for example in EXAMPLES] == ["GP1", "GPV1"]


def test_the_examples_are_what_this_software_issues() -> None:
    held = Pass(
        pass_id=bytes.fromhex("0102030405060708"),
        name="王小明",
        category="resident",
        valid_from_s=AT_US // 1_000_000,
        valid_until_s=times.parse("2022-02-01") // 1_000_000,
        room="3-2-501",
    )
    venue = Venue(bytes.fromhex("1112131415161718"), "江北菜市场", AT_US // 1_000_000)
    made = [issue_pass(PUBLISHED_KEY, held), issue_venue(PUBLISHED_KEY, venue)]
    assert [example[0][1].encode() for example in EXAMPLES] == made


@pytest.mark.parametrize("example", EXAMPLES, ids=["pass", "venue"])
def test_the_examples_are_built_as_the_page_says(example: list[tuple[str, str]]) -> None:
    text, parts = example[0][1], [bytes.fromhex(value) for _, value in example[1:]]
    letters = text.split(":")[1]
    assert base64.b32decode(letters + "=" * (-len(letters) % 8)) == b"".join(parts)
    body, signature = b"".join(parts[:-1]), parts[-1]
    public = PUBLISHED_KEY.public_key()
    assert hashlib.sha256(public.public_bytes_raw()).digest()[:8] == parts[0]
    domain = {"GP1": b"gatepost pass v1\x00", "GPV1": b"gatepost venue v1\x00"}[text.split(":")[0]]
    public.verify(signature, domain + body)
    assert f"({len(domain)} bytes)" in WIRE
    for field in parts[5:-1]:
        assert field[1] == len(field) - 2


def test_the_printed_trust_list_believes_the_printed_pass() -> None:
    (printed,) = re.findall(r"```json\n(.*?)```", WIRE, re.DOTALL)
    entry = parse_list(printed, "page")
    code = read(EXAMPLES[0][0][1].encode(), TrustStore((entry,)), AT_US)
    assert (code.carrier, code.verdict) == (Carrier.GATEPOST_PASS, CodeVerdict.VALID)
    assert (code.issuer, code.personal["name"]) == ("江北街道办", "王小明")
    assert json.loads(printed)["as_of"] == times.text(entry.as_of_us or 0)


def test_every_verdict_and_every_reason_is_explained_in_both_languages() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", CODES, re.MULTILINE)
    explained = dict(rows)
    verdicts = {str(verdict) for verdict in CodeVerdict}
    assert verdicts <= explained.keys()
    section = CODES.split("## Reasons", 1)[1].split("\n## ", 1)[0]
    reasons = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE))
    assert reasons == {
        str(reason): f"{SENTENCES[reason]['zh_Hans']} | {SENTENCES[reason]['en']}" for reason in CodeReason
    }


def test_a_verdict_is_called_there_what_the_page_calls_it() -> None:
    section = CODES.split("## Verdicts", 1)[1].split("\n## ", 1)[0]
    called = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", section, re.MULTILINE))
    assert called == {str(verdict): WORDS["code"][verdict].zh for verdict in CodeVerdict}


def test_what_the_gate_cannot_know_is_told_of_every_kind_of_code_in_both_languages() -> None:
    section = CODES.split("## What the gate cannot know", 1)[1].split("\n## ", 1)[0]
    told = {
        carrier: (english, chinese)
        for carrier, english, chinese in re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", section, re.MULTILINE)
    }
    assert told.keys() == {str(carrier) for carrier in Carrier}
    for english, chinese in told.values():
        assert re.search(r"[a-z]{4}", english)
        assert re.search(r"[\u4e00-\u9fff]{3}", chinese)


# One word for one thing: what an attendant reads in two words he takes for two things.
_OTHER_WORDS = "签章|印章|行程卡|附加组件|智能健康卡|信任列表|吊销|签发者|签发方|本点"


@pytest.mark.parametrize("page", ["docs/codes.md", "docs/codes/formats.md", "docs/codes/shc.md"])
def test_one_thing_has_one_chinese_name_on_the_pages_about_codes(page: str) -> None:
    assert re.findall(_OTHER_WORDS, (ROOT / page).read_text(encoding="utf-8")) == []


def test_one_thing_has_one_chinese_name_in_the_words_about_codes() -> None:
    said = [text["zh_Hans"] for text in SENTENCES.values()]
    for group in ("carrier", "code", "because", "field", "trust", "reason", "shortfall"):
        said += [word.zh for word in WORDS[group].values()]
    assert re.findall(_OTHER_WORDS, "\n".join(said)) == []


def test_a_sentence_is_short_enough_for_a_glance_and_explains_every_foreign_word() -> None:
    for reason in CodeReason:
        chinese = sentence(reason, "zh_Hans")
        assert len(chinese) <= 34, chinese
        assert chinese.endswith("。")
        assert not re.search(r"[A-Za-z]", chinese), chinese


def test_every_reason_has_a_sentence_and_an_unknown_language_reads_english() -> None:
    assert set(SENTENCES) == set(CodeReason)
    for reason in CodeReason:
        assert re.search(r"[\u4e00-\u9fff]", sentence(reason, "zh_Hans"))
        assert sentence(reason, "en").isascii()
        assert sentence(reason, "fr") == sentence(reason, "en")
