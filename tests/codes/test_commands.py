"""`gatepost code`, `trust` and `pass` as a manager or a script calls them."""

import base64
import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import pytest
import zxingcpp
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.cli import main
from edge.codes.trust import TrustList
from edge.domain.model import Carrier
from edge.trust_files import load, load_list, write_list
from tests.codes.samples import NZ_TRUST, PASS_PAYLOAD, STORE, VENUE_PAYLOAD, nz_pass
from tests.paths import shared

pytestmark = pytest.mark.system

AT = "2022-01-01T00:00:00Z"
FIELDS = ["carrier", "verdict", "reason", "issuer", "key_id", "valid_from", "valid_until", "subject"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for entry in STORE.lists:
        write_list(tmp_path / "trust", entry)
    return tmp_path / "trust"


def gatepost(*arguments: object, stdin: bytes = b"", environ: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, [str(word) for word in arguments], input=stdin, env=environ)


def check(folder: Path, stdin: bytes, *options: str) -> list[dict[str, Any]]:
    result = gatepost("code", "check", "--trust", folder, "--at", AT, *options, stdin=stdin)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_line_gets_one_object_with_the_agreed_fields(folder: Path) -> None:
    lines = [PASS_PAYLOAD, VENUE_PAYLOAD, nz_pass(), b"hello", b"", "健康码".encode("gb18030")]
    answers = check(folder, b"\n".join(lines) + b"\n")
    assert [list(answer) for answer in answers] == [FIELDS] * len(lines)
    assert [(answer["carrier"], answer["verdict"], answer["reason"]) for answer in answers] == [
        ("gatepost_pass", "valid", None),
        ("gatepost_venue", "valid", None),
        ("nzcp", "valid", None),
        ("unknown", "unverified", "not_recognised"),
        ("unknown", "unverified", "empty"),
        ("unknown", "unverified", "not_recognised"),
    ]
    assert answers[0]["subject"]["name"] == "王小明"
    assert answers[0]["subject"]["category"] == "resident"
    assert answers[0]["valid_until"] == "2022-01-31T00:00:00Z"
    assert answers[1]["valid_until"] is None


def test_lines_may_end_as_on_windows_and_the_last_without_an_end(folder: Path) -> None:
    assert [a["verdict"] for a in check(folder, PASS_PAYLOAD + b"\r\n" + PASS_PAYLOAD)] == ["valid", "valid"]


def test_objects_may_bring_their_own_time_and_any_bytes(folder: Path) -> None:
    objects = [
        {"payload": PASS_PAYLOAD.decode()},
        {"payload": PASS_PAYLOAD.decode(), "at": "2022-01-31T08:00:00+08:00"},
        {"payload": PASS_PAYLOAD.decode(), "at": "2021-12-30T23:59:59.999999999Z"},
        {"payload_base64": base64.b64encode(PASS_PAYLOAD).decode(), "at": None},
        {"payload_base64": base64.b64encode(bytes(range(256))).decode()},
        {"payload": "line one\nline two \u0000"},
    ]
    answers = check(folder, "\n".join(map(json.dumps, objects)).encode(), "--jsonl")
    verdicts = [answer["verdict"] for answer in answers]
    assert verdicts == ["valid", "expired", "not_yet_valid", "valid", "unverified", "unverified"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "bad_line"),
        (b"payload", "bad_line"),
        (b"[]", "bad_line"),
        (b"{}", "bad_line"),
        (b"\xff\xfe", "bad_line"),
        (b"[" * 50_000, "bad_line"),
        (b'{"payload": ' + b"9" * 6000 + b"}", "bad_line"),
        (b'{"payload": 1}', "bad_line"),
        (b'{"payload": "\\ud800"}', "bad_line"),
        (b'{"payload_base64": "A"}', "bad_line"),
        (b'{"payload_base64": "AA AA"}', "bad_line"),
        (b'{"payload": "x", "payload_base64": "AAAA"}', "bad_line"),
        (b'{"payload": "x", "at": "soon"}', "bad_time"),
        (b'{"payload": "x", "at": 5}', "bad_time"),
        (b'{"payload": "' + b"x" * 300_000 + b'"}', "bad_line"),
    ],
)
def test_a_bad_line_gets_an_object_and_the_next_line_its_own(folder: Path, line: bytes, reason: str) -> None:
    good = json.dumps({"payload": PASS_PAYLOAD.decode()}).encode()
    bad, after = check(folder, line + b"\n" + good + b"\n", "--jsonl")
    assert (bad["verdict"], bad["reason"]) == ("invalid", reason)
    assert list(bad) == FIELDS
    assert after["verdict"] == "valid"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=5), st.booleans())
def test_any_input_gets_as_many_objects_as_lines(folder: Path, lines: list[bytes], jsonl: bool) -> None:
    answers = check(folder, b"".join(line + b"\n" for line in lines), *["--jsonl"] * jsonl)
    assert len(answers) == len(lines)
    assert all(answer["verdict"] in ("unverified", "invalid", "unsupported") for answer in answers)


def test_the_real_process_answers_each_line_before_the_next_is_sent(folder: Path) -> None:
    command = [sys.executable, "-m", "edge", "code", "check", "--trust", str(folder), "--at", AT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for payload, verdict in ((PASS_PAYLOAD.decode(), "valid"), ("你好", "unverified")):
            process.stdin.write(payload + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["verdict"] == verdict
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_missing_folder_ends_with_3_and_a_bad_time_with_2(tmp_path: Path) -> None:
    absent = gatepost("code", "check", "--trust", tmp_path / "no")
    assert absent.exit_code == 3
    assert "no such folder" in absent.stderr
    assert gatepost("code", "check", "--trust", tmp_path, "--at", "soon").exit_code == 2


def configured(tmp_path: Path, more: str = "") -> dict[str, str]:
    path = tmp_path / "gatepost.toml"
    text = f'[gate]\nid = "t-1"\nname = "t"\n[store]\npath = "{tmp_path}/store"\n[[lane]]\n'
    text += 'name = "in"\ndirection = "in"\nprocedure = "compound"\n' + more
    path.write_text(text, encoding="utf-8")
    return {"GATEPOST_CONFIG": str(path)}


def test_without_a_folder_the_configured_one_is_meant(tmp_path: Path, folder: Path) -> None:
    environ = configured(tmp_path, f'[codes]\ntrust = "{folder}"\n')
    result = gatepost("code", "check", "--at", AT, stdin=PASS_PAYLOAD, environ=environ)
    assert json.loads(result.stdout)["verdict"] == "valid"
    shown = gatepost("trust", "show", "--json", environ=environ)
    assert [json.loads(line)["carrier"] for line in shown.stdout.splitlines()] == [
        "gatepost_pass",
        "gatepost_venue",
        "nzcp",
    ]


def test_a_store_without_trust_lists_believes_nobody(tmp_path: Path) -> None:
    result = gatepost("code", "check", "--at", AT, stdin=PASS_PAYLOAD, environ=configured(tmp_path))
    assert json.loads(result.stdout)["reason"] == "no_trust_list"


def test_a_configured_folder_that_is_not_there_ends_with_3(tmp_path: Path) -> None:
    environ = configured(tmp_path, f'[codes]\ntrust = "{tmp_path}/no"\n')
    assert gatepost("code", "check", stdin=PASS_PAYLOAD, environ=environ).exit_code == 3


def test_the_published_did_document_is_imported_and_its_pass_verified(tmp_path: Path) -> None:
    examples = shared("codes", "nzcp", "examples", "valid")
    into = tmp_path / "trust"
    imported = gatepost("trust", "import", "--carrier", "nzcp", "--out", into, examples / "did.json")
    assert imported.exit_code == 0
    assert "a test issuer" in imported.stderr
    (answer,) = check(into, (examples / "nzcp.txt").read_bytes())
    assert (answer["verdict"], answer["subject"]["name"]) == ("valid", "Jack Sparrow")


def test_the_test_issuer_is_not_imported_beside_a_live_one(folder: Path) -> None:
    before = (folder / "nzcp.json").read_bytes()
    document = shared("codes", "nzcp", "examples", "valid", "did.json")
    result = gatepost("trust", "import", "--carrier", "nzcp", "--out", folder, document)
    assert result.exit_code == 3
    assert "never be trusted together" in result.stderr
    assert (folder / "nzcp.json").read_bytes() == before
    replaced = gatepost("trust", "import", "--carrier", "nzcp", "--out", folder, "--replace", document)
    assert replaced.exit_code == 0
    assert [key.test for key in load_list(folder, Carrier.NZCP).keys] == [True]


def test_an_issuers_new_did_document_replaces_its_old_keys(tmp_path: Path) -> None:
    document = shared("codes", "nzcp", "examples", "valid", "did.json")
    published = json.loads(document.read_text(encoding="utf-8"))
    into = tmp_path / "trust"
    gatepost("trust", "import", "--carrier", "nzcp", "--out", into, document)
    newer = json.loads(json.dumps(published).replace("#key-1", "#key-9"))
    (tmp_path / "newer.json").write_text(json.dumps(newer), encoding="utf-8")
    gatepost(
        "trust",
        "import",
        "--carrier",
        "nzcp",
        "--out",
        into,
        "--as-of",
        "2022-05-01",
        tmp_path / "newer.json",
    )
    entry = load_list(into, Carrier.NZCP)
    assert [key.key_id for key in entry.keys] == ["key-9"]
    assert entry.as_of_us == 1651363200 * 1_000_000


def test_a_faulty_import_changes_no_list(folder: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    carriers = ["--carrier", "gatepost_pass", "--carrier", "gatepost_venue"]
    result = gatepost("trust", "import", *carriers, "--out", folder, tmp_path / "bad.json")
    assert result.exit_code == 3
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert gatepost("trust", "import", "--carrier", "nzcp", "--out", folder, tmp_path / "no").exit_code == 2
    assert (
        gatepost("trust", "import", "--carrier", "hc9", "--out", folder, tmp_path / "bad.json").exit_code == 2
    )


def keygen(tmp_path: Path, *options: object) -> Path:
    key = tmp_path / "office.key"
    result = gatepost("pass", "keygen", "--out", key, *options)
    assert result.exit_code == 0, result.output
    assert "PRIVATE" not in result.output
    return key


def test_a_key_is_readable_by_its_owner_only_and_never_overwritten(tmp_path: Path) -> None:
    key = keygen(tmp_path)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    assert gatepost("pass", "keygen", "--out", key).exit_code == 2
    assert key.read_bytes() == before
    assert "PRIVATE" not in (tmp_path / "office.key.public.json").read_text(encoding="utf-8")
    assert gatepost("pass", "keygen", "--out", tmp_path / "no" / "key").exit_code == 2


def test_the_private_key_cannot_be_imported_by_mistake(tmp_path: Path) -> None:
    key = keygen(tmp_path)
    result = gatepost("trust", "import", "--carrier", "gatepost_pass", "--out", tmp_path / "trust", key)
    assert result.exit_code == 3
    assert "private key" in result.stderr
    assert not (tmp_path / "trust").exists()


def decoded(picture: Path) -> bytes:
    found = zxingcpp.read_barcodes(
        cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE), formats=zxingcpp.barcode_formats_from_str("QRCode")
    )
    assert len(found) == 1
    return bytes(found[0].bytes)


@pytest.mark.parametrize("level", ["M", "Q"])
def test_an_issued_picture_reads_back_as_a_valid_pass(tmp_path: Path, level: str) -> None:
    key = keygen(tmp_path, "--issuer", "江北街道办", "--trust", tmp_path / "trust")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"a picture")
    out = tmp_path / "pass.png"
    said = ["--name", "王小明", "--room", "3-2-501", "--building", "3号楼", "--group", "night_shift"]
    options = ["--photo", photo, "--days", 7, "--from", AT, "--error", level, "--out", out, "--json"]
    result = gatepost("pass", "issue", "--key", key, *said, *options)
    assert result.exit_code == 0, result.output
    issued = json.loads(result.stdout)
    payload = decoded(out)
    assert issued["payload"] == payload.decode()
    assert issued["valid_until"] == "2022-01-08T00:00:00Z"
    assert issued["qr"].endswith(level) or level == "M"
    (answer,) = check(tmp_path / "trust", payload)
    assert (answer["verdict"], answer["issuer"]) == ("valid", "江北街道办")
    assert answer["subject"]["name"] == "王小明"
    assert answer["subject"]["pass_id"] == issued["pass_id"]


def test_an_issued_venue_picture_reads_back(tmp_path: Path) -> None:
    key = keygen(tmp_path)
    into = tmp_path / "trust"
    public = tmp_path / "office.key.public.json"
    carriers = ["--carrier", "gatepost_pass", "--carrier", "gatepost_venue"]
    assert gatepost("trust", "import", *carriers, "--out", into, public).exit_code == 0
    out = tmp_path / "venue.png"
    result = gatepost("pass", "venue", "--key", key, "--place", "江北菜市场", "--from", AT, "--out", out)
    assert result.exit_code == 0, result.output
    assert "江北菜市场" in result.stdout
    (answer,) = check(into, decoded(out))
    assert (answer["carrier"], answer["verdict"], answer["issuer"]) == ("gatepost_venue", "valid", "office")
    assert answer["subject"]["place"] == "江北菜市场"


def test_a_pass_made_now_is_valid_now(tmp_path: Path) -> None:
    key = keygen(tmp_path, "--trust", tmp_path / "trust")
    made = gatepost("pass", "issue", "--key", key, "--name", "李四", "--out", tmp_path / "p.png", "--json")
    payload = json.loads(made.stdout)["payload"].encode()
    result = gatepost("code", "check", "--trust", tmp_path / "trust", stdin=payload)
    assert json.loads(result.stdout)["verdict"] == "valid"


def test_a_withdrawn_pass_is_revoked_and_the_next_one_is_not(tmp_path: Path) -> None:
    into = tmp_path / "trust"
    key = keygen(tmp_path, "--trust", into)
    payloads, ids = [], []
    for name in ("王小明", "李四"):
        made = gatepost(
            "pass", "issue", "--key", key, "--name", name, "--from", AT, "--out", tmp_path / "p.png", "--json"
        )
        payloads.append(json.loads(made.stdout)["payload"].encode())
        ids.append(json.loads(made.stdout)["pass_id"])
    assert gatepost("trust", "revoke", "--out", into, ids[0]).exit_code == 0
    assert [a["verdict"] for a in check(into, b"\n".join(payloads))] == ["revoked", "valid"]
    assert gatepost("trust", "revoke", "--out", into, "zz").exit_code == 2
    assert load(into).of(Carrier.GATEPOST_PASS) == load_list(into, Carrier.GATEPOST_PASS)
    public = key.with_name(key.name + ".public.json")
    replaced = gatepost("trust", "import", "--carrier", "gatepost_pass", "--out", into, "--replace", public)
    assert replaced.exit_code == 0
    assert [a["verdict"] for a in check(into, b"\n".join(payloads))] == ["revoked", "valid"]


@pytest.mark.parametrize(
    "options",
    [
        ["--name", ""],
        ["--name", "x" * 91],
        ["--name", "x", "--category", "Big Boss"],
        ["--name", "x", "--pass-id", "12"],
        ["--name", "x", "--days", "0"],
        ["--name", "x", "--from", "2105-12-31", "--days", "3660"],
        ["--name", "x", "--from", "1960-01-01"],
        ["--name", "x", "--error", "L"],
        ["--name", "x", "--out", "/"],
    ],
)
def test_what_cannot_stand_on_a_pass_is_a_usage_fault_and_makes_no_picture(
    tmp_path: Path, options: list[str]
) -> None:
    key, out = keygen(tmp_path), tmp_path / "p.png"
    result = gatepost("pass", "issue", "--key", key, "--out", out, *options)
    assert result.exit_code == 2
    assert not out.exists()


def test_a_key_of_another_kind_is_a_usage_fault(tmp_path: Path) -> None:
    for text in ("", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        (tmp_path / "key").write_text(text, encoding="utf-8")
        result = gatepost(
            "pass", "issue", "--key", tmp_path / "key", "--name", "x", "--out", tmp_path / "p.png"
        )
        assert result.exit_code == 2


def test_show_tells_from_when_each_list_is(tmp_path: Path) -> None:
    write_list(tmp_path, TrustList(Carrier.NZCP, (NZ_TRUST,), as_of_us=0))
    result = gatepost("trust", "show", "--trust", tmp_path)
    assert "nzcp  as of 1970-01-01T00:00:00Z  0 withdrawn" in result.stdout
    assert NZ_TRUST.issuer in result.stdout
    empty = tmp_path / "empty"
    empty.mkdir()
    assert gatepost("trust", "show", "--trust", empty).stderr == "no trust lists\n"


def test_what_cannot_be_written_or_stand_on_a_venue_code_is_a_usage_fault(tmp_path: Path) -> None:
    key, out = keygen(tmp_path), tmp_path / "v.png"
    venue = ["pass", "venue", "--key", key]
    assert gatepost(*venue, "--place", "x" * 91, "--out", out).exit_code == 2
    assert gatepost(*venue, "--place", "x", "--venue-id", "zz" * 8, "--out", out).exit_code == 2
    assert not out.exists()
    absent = gatepost(*venue, "--place", "x", "--out", tmp_path / "no" / "v.png")
    assert absent.exit_code == 2
    assert "v.png" in absent.stderr


def test_a_did_document_takes_no_other_issuers_name(tmp_path: Path) -> None:
    document = shared("codes", "nzcp", "examples", "valid", "did.json")
    into = tmp_path / "trust"
    result = gatepost("trust", "import", "--carrier", "nzcp", "--issuer", "me", "--out", into, document)
    assert result.exit_code == 3
    assert not into.exists()


def test_an_import_names_what_it_leaves_out(tmp_path: Path) -> None:
    key = keygen(tmp_path)
    public = key.with_name("office.key.public.json")
    published = json.loads(public.read_text(encoding="utf-8"))
    published["keys"].insert(0, {"kty": "RSA"})
    public.write_text(json.dumps(published), encoding="utf-8")
    result = gatepost("trust", "import", "--carrier", "gatepost_pass", "--out", tmp_path / "trust", public)
    assert result.exit_code == 0
    assert "left out" in result.stderr
