"""`gatepost trust` as a manager calls it: folders, broken files, withdrawals, age, and how fast."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.codes import TrustList, times
from edge.codes.trust import es256_key
from edge.codes.trust_import import Imported
from edge.codes.trust_import_merge import merged
from edge.domain.model import Carrier
from edge.trust_files import load_list, locked, write_list
from tests.codes.hc1_samples import HC1_KID, UCI, hc1_code, hc1_trust, signer_certificate
from tests.codes.samples import NOW_US, NZ_TRUST, OTHER_KEY, OUR_KEY
from tests.codes.shc_samples import CARD_KEY_ID, CARD_STORE, card, pieces
from tests.codes.test_commands import AT, check, configured, gatepost
from tests.codes.trust_samples import (
    MORE_KEYS,
    did,
    folder_of_signers,
    listed,
    method,
    national,
    plain64,
)
from tests.paths import ROOT, shared

pytestmark = pytest.mark.system


def trust_import(into: Path, *words: object) -> tuple[int, str]:
    result = gatepost("trust", "import", "--out", into, *words)
    return result.exit_code, result.stderr


def ids(into: Path, carrier: Carrier = Carrier.HC1) -> list[str]:
    return sorted(key.key_id for key in load_list(into, carrier).keys)


def test_a_folder_of_certificates_is_walked(tmp_path: Path) -> None:
    names = folder_of_signers(tmp_path / "certificates")
    assert trust_import(tmp_path / "trust", "--carrier", "hc1", tmp_path / "certificates") == (0, "")
    assert ids(tmp_path / "trust") == names
    assert [path.name for path in (tmp_path / "trust").iterdir()] == ["hc1.json"]


def test_one_broken_file_is_named_the_others_are_imported_and_the_exit_code_says_so(tmp_path: Path) -> None:
    names = folder_of_signers(tmp_path / "certificates")
    (tmp_path / "certificates" / "XA" / "broken.der").write_bytes(b"\x30\x82junk")
    code, said = trust_import(tmp_path / "trust", "--carrier", "hc1", tmp_path / "certificates")
    assert code == 1
    assert said.count("not imported: ") == 1
    assert "broken.der" in said
    assert ids(tmp_path / "trust") == names


def test_a_folder_without_files_and_an_import_of_nothing_are_faults(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, said = trust_import(tmp_path / "trust", "--carrier", "hc1", tmp_path / "empty")
    assert (code, "no file in" in said) == (3, True)
    assert trust_import(tmp_path / "trust", "--carrier", "hc1")[0] == 2
    (tmp_path / "empty" / "x").write_bytes(b"junk")
    assert trust_import(tmp_path / "trust", "--carrier", "hc1", tmp_path / "empty")[0] == 3
    assert not (tmp_path / "trust").exists()


def test_links_to_elsewhere_are_not_followed(tmp_path: Path) -> None:
    folder_of_signers(tmp_path / "elsewhere")
    (tmp_path / "certificates").mkdir()
    (tmp_path / "certificates" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "certificates" / "file").symlink_to(tmp_path / "elsewhere" / "rest.cer")
    assert trust_import(tmp_path / "trust", "--carrier", "hc1", tmp_path / "certificates")[0] == 3


def test_an_imported_list_verifies_a_certificate(tmp_path: Path) -> None:

    (tmp_path / "list.json").write_text(national(listed(kid=plain64(HC1_KID)), signed=True), "utf-8")
    into = tmp_path / "trust"
    assert trust_import(into, "--carrier", "hc1", tmp_path / "list.json")[0] == 0
    (answer,) = check(into, hc1_code())
    assert (answer["carrier"], answer["verdict"], answer["issuer"]) == ("hc1", "valid", "XA")


def test_a_document_that_is_dated_dates_the_list(tmp_path: Path) -> None:
    (tmp_path / "did.json").write_text(did(method()), "utf-8")
    into = tmp_path / "trust"
    trust_import(into, "--carrier", "hc1", tmp_path / "did.json")
    assert load_list(into, Carrier.HC1).as_of_us == times.parse("2024-11-10T12:00:35Z")


def test_adding_a_key_does_not_make_an_old_list_new(tmp_path: Path) -> None:
    into = tmp_path / "trust"
    write_list(into, TrustList(Carrier.HC1, (hc1_trust(),), NOW_US))
    (tmp_path / "list.json").write_text(national(listed()), "utf-8")
    code, said = trust_import(into, "--carrier", "hc1", tmp_path / "list.json")
    assert (code, "stays as of 2022-01-01" in said) == (0, True)
    assert load_list(into, Carrier.HC1).as_of_us == NOW_US
    trust_import(into, "--carrier", "hc1", "--replace", tmp_path / "list.json")
    assert (load_list(into, Carrier.HC1).as_of_us or 0) > NOW_US


def test_withdrawn_hashes_are_imported_and_revoke(tmp_path: Path) -> None:
    into = tmp_path / "trust"
    write_list(into, TrustList(Carrier.HC1, (hc1_trust(),), NOW_US))

    hashed = hashlib.sha256(UCI.encode()).hexdigest()[:32]
    (tmp_path / "revoked.txt").write_text(f"# lost\nuci:{hashed}\n", "utf-8")
    assert check(into, hc1_code())[0]["verdict"] == "valid"
    assert trust_import(into, "--carrier", "hc1", "--revoked", tmp_path / "revoked.txt")[0] == 0
    assert check(into, hc1_code())[0]["verdict"] == "revoked"
    assert load_list(into, Carrier.HC1).as_of_us == NOW_US
    (tmp_path / "bad.txt").write_text("uci:1\n", "utf-8")
    assert trust_import(into, "--carrier", "hc1", "--revoked", tmp_path / "bad.txt")[0] == 3
    assert trust_import(into, "--carrier", "nzcp", "--revoked", tmp_path / "revoked.txt")[0] == 3


def test_single_codes_of_others_are_withdrawn_by_hand_without_making_the_list_newer(tmp_path: Path) -> None:
    write_list(tmp_path, TrustList(Carrier.HC1, (hc1_trust(),), NOW_US))
    entry = "signature:" + "0" * 32
    assert gatepost("trust", "revoke", "--carrier", "hc1", "--out", tmp_path, entry).exit_code == 0
    assert load_list(tmp_path, Carrier.HC1) == TrustList(
        Carrier.HC1, (hc1_trust(),), NOW_US, frozenset({entry})
    )
    assert gatepost("trust", "revoke", "--carrier", "hc1", "--out", tmp_path, "0" * 16).exit_code == 2
    card_entry = f"{CARD_KEY_ID} abc"
    assert gatepost("trust", "revoke", "--carrier", "shc", "--out", tmp_path, card_entry).exit_code == 0


def test_a_withdrawal_makes_no_list_of_the_district_newer(tmp_path: Path) -> None:
    for version, fresh in ((None, True), (4, False)):
        pushed = TrustList(Carrier.GATEPOST_PASS, (OUR_KEY,), NOW_US, version=version)
        write_list(tmp_path, pushed)
        assert gatepost("trust", "revoke", "--out", tmp_path, "0" * 16).exit_code == 0
        found = load_list(tmp_path, Carrier.GATEPOST_PASS)
        assert found.revoked == {"0" * 16}
        assert found.version == version
        assert ((found.as_of_us or 0) > NOW_US) is fresh
    key = tmp_path / "office.pem"
    public = OTHER_KEY.public_key()
    key.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    code, said = trust_import(tmp_path, "--carrier", "gatepost_pass", key)
    assert (code, "stays as of 2022-01-01" in said) == (0, True)
    assert load_list(tmp_path, Carrier.GATEPOST_PASS).as_of_us == NOW_US


def test_a_list_of_the_future_is_refused_in_both_languages(tmp_path: Path) -> None:
    into, dated = tmp_path / "trust", tmp_path / "did.json"
    dated.write_text(did(method(), created="2999-01-01T00:00:00Z"), "utf-8")
    (tmp_path / "list.json").write_text(national(listed()), "utf-8")
    code, said = trust_import(into, "--carrier", "hc1", dated)
    assert (code, "did.json: as_of: 2999-01-01T00:00:00Z lies ahead" in said, "请检查时钟" in said) == (
        *(3, True, True),
    )
    code, said = trust_import(into, "--carrier", "hc1", dated, tmp_path / "list.json")
    assert (code, said.count("not imported")) == (1, 1)
    for words in (["import", "--carrier", "hc1", str(tmp_path / "list.json")], ["revoke", "0" * 16]):
        result = gatepost("trust", *words, "--out", into, "--as-of", "2999-01-01T00:00:00Z")
        assert (result.exit_code, "--as-of: as_of: 2999" in result.stderr) == (3, True)
    tomorrow = times.text((int(time.time()) + 80_000) * 1_000_000)
    assert trust_import(into, "--carrier", "hc1", "--as-of", tomorrow, tmp_path / "list.json")[0] == 0


def test_what_stands_twice_and_what_cannot_be_used_is_named_and_counted(tmp_path: Path) -> None:
    small = signer_certificate(rsa.generate_private_key(65537, 1024))
    curve = signer_certificate(ec.derive_private_key(7, ec.SECP384R1()))
    entries = [listed(), listed(), listed(small), listed(curve)]
    (tmp_path / "list.json").write_text(national(*entries), "utf-8")
    code, said = trust_import(tmp_path / "trust", "--carrier", "hc1", tmp_path / "list.json")
    assert code == 0
    lines = said.splitlines()
    assert len(lines) == 4
    assert f"certificate 3: an RSA key has 2048 to 8192 bits, this has 1024 ({entries[2]['kid']})" in lines[0]
    assert "its key is of the curve secp384r1" in lines[1]
    assert lines[1].endswith(f"({entries[3]['kid']})")
    assert lines[2] == f"hc1: more than once: {entries[0]['kid']}"
    assert lines[3] == "hc1: 1 keys in these files, 1 of them more than once, 2 left out"


def test_the_last_import_is_taken_back(tmp_path: Path) -> None:
    into = tmp_path / "trust"
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(national(listed()), "utf-8")
    bad.write_text(national(listed(signer_certificate(MORE_KEYS[0]))), "utf-8")
    assert gatepost("trust", "undo", "--carrier", "hc1", "--out", into).exit_code == 3
    for path in (good, bad, bad):
        trust_import(into, "--carrier", "hc1", "--replace", path)
    result = gatepost("trust", "undo", "--carrier", "hc1", "--out", into)
    assert (result.exit_code, listed()["kid"] in result.stdout) == (0, True)
    assert ids(into) == [listed()["kid"]]
    assert gatepost("trust", "undo", "--out", into).exit_code == 2
    assert gatepost("trust", "undo", "--rules", "--out", into).exit_code == 3


def published(certificates: Path) -> list[tuple[str, Path]]:
    """Return every public list of the shared data with its carrier; certificates as files in a folder."""
    for path in sorted(shared("codes", "hc1").glob("*/*.json")):
        found = json.loads(path.read_text("utf-8"))["TESTCTX"].get("CERTIFICATE")
        if found:
            (certificates / f"{path.parent.name}-{path.stem}.der").write_bytes(base64.b64decode(found))
    issuer = shared("codes", "shc", "issuer")
    document = shared("codes", "nzcp", "examples", "valid", "did.json")
    return [("hc1", certificates), ("nzcp", document), ("shc", issuer / "jwks.json"), ("shc", issuer / "crl")]


def test_every_public_list_is_imported_twice_alike(tmp_path: Path) -> None:
    into, certificates = tmp_path / "trust", tmp_path / "certificates"
    certificates.mkdir()
    lists = published(certificates)
    name = "https://spec.smarthealth.cards/examples/issuer"
    for _ in range(2):
        for carrier, path in lists:
            words = ["--issuer", name] if carrier == "shc" else []
            code, said = trust_import(into, "--carrier", carrier, "--as-of", AT, *words, path)
            assert code == 0, said
        found = [load_list(into, carrier) for carrier in (Carrier.HC1, Carrier.NZCP, Carrier.SHC)]
        assert [(len(entry.keys), len(entry.revoked)) for entry in found] == [(43, 0), (1, 0), (2, 4)]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("wrong_kid_key.json", "thumbprint"),
        ("invalid_DNS_SAN.public.json", "does not name this issuer"),
        ("badjwks/.well-known/jwks.json", "not JSON"),
    ],
)
def test_every_faulty_public_key_set_is_refused_with_its_reason(tmp_path: Path, name: str, why: str) -> None:
    path = shared("codes", "shc", "testdata").joinpath(*name.split("/"))
    code, said = trust_import(tmp_path / "trust", "--carrier", "shc", "--issuer", "https://a.example", path)
    assert (code, why in said) == (3, True)
    assert not (tmp_path / "trust" / "shc.json").exists()


def test_a_card_issuers_key_set_needs_its_address(tmp_path: Path) -> None:
    jwks = shared("codes", "shc", "issuer", "jwks.json")
    into = tmp_path / "trust"
    assert trust_import(into, "--carrier", "shc", jwks)[0] == 3
    name = "https://spec.smarthealth.cards/examples/issuer"
    assert trust_import(into, "--carrier", "shc", "--issuer", name, jwks)[0] == 0
    assert len(ids(into, Carrier.SHC)) == 2


def test_show_counts_dates_and_marks(tmp_path: Path) -> None:
    many = [es256_key(point(number), f"X{number % 3}", f"k{number}") for number in range(1, 61)]
    write_list(tmp_path, TrustList(Carrier.HC1, tuple(many), NOW_US, frozenset({"uci:" + "0" * 32}), 7))
    write_list(tmp_path, TrustList(Carrier.NZCP, (replace(NZ_TRUST, test=True),)))
    shown = gatepost("trust", "show", "--trust", tmp_path).stdout.splitlines()
    assert shown[0].startswith("hc1  as of 2022-01-01T00:00:00Z  1 withdrawn  60 keys of 3 issuers  ")
    assert "days old" in shown[0]
    assert "version 7" in shown[0]
    assert shown[1:4] == ["  X0  20 keys", "  X1  20 keys", "  X2  20 keys"]
    assert shown[4].startswith("nzcp  as of unknown")
    assert shown[4].endswith("TEST")
    assert "  X0  k3  ES256" in gatepost("trust", "show", "--keys", "--trust", tmp_path).stdout
    lines = gatepost("trust", "show", "--json", "--lists", "--trust", tmp_path).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert found[0] | {"age_days": 0} == {
        "carrier": "hc1",
        "as_of": "2022-01-01T00:00:00Z",
        "age_days": 0,
        "version": 7,
        "test": False,
        "keys": 60,
        "issuers": 3,
        "withdrawn": 1,
    }
    assert (found[1]["age_days"], found[1]["test"]) == (None, True)
    assert len(gatepost("trust", "show", "--json", "--trust", tmp_path).stdout.splitlines()) == 61


def point(number: int) -> bytes:
    key = ec.derive_private_key(number + 1000, ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def test_two_who_withdraw_at_the_same_time_both_succeed(tmp_path: Path) -> None:
    names = [f"{number:016x}" for number in range(24)]
    threads = [threading.Thread(target=lambda name=name: gatepost_revoke(tmp_path, name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert load_list(tmp_path, Carrier.GATEPOST_PASS).revoked == set(names)


def gatepost_revoke(folder: Path, name: str) -> None:
    with locked(folder):
        kept = load_list(folder, Carrier.GATEPOST_PASS)
        write_list(folder, merged(kept, [Imported((), revoked=frozenset({name}))], NOW_US))


def test_the_configured_age_counts_for_the_configured_store(tmp_path: Path) -> None:
    write_list(tmp_path / "trust", TrustList(Carrier.HC1, (hc1_trust(),), NOW_US - 31 * 86_400_000_000))
    for days, verdict in ((30, "unverified"), (32, "valid")):
        environ = configured(tmp_path, f'[codes]\ntrust = "{tmp_path}/trust"\nmax_age_days = {days}\n')
        result = gatepost("code", "check", "--at", AT, stdin=hc1_code(), environ=environ)
        answer = json.loads(result.stdout)
        assert (answer["verdict"], answer["reason"]) == (
            verdict,
            "trust_list_old" if verdict == "unverified" else None,
        )


def test_pieces_of_a_card_on_lines_that_follow_one_another_are_one_card(tmp_path: Path) -> None:
    for entry in CARD_STORE.lists:
        write_list(tmp_path, entry)
    first, second, third = pieces(3)
    answers = check(tmp_path, b"\n".join([first, second, third, card()]))
    assert [(a["carrier"], a["verdict"], a["reason"]) for a in answers] == [
        ("shc", "unverified", "chunks_missing"),
        ("shc", "unverified", "chunks_missing"),
        ("shc", "valid", None),
        ("shc", "valid", None),
    ]
    broken_off = check(tmp_path, b"\n".join([first, second, b"hello", third]))
    assert [a["reason"] for a in broken_off] == [
        "chunks_missing",
        "chunks_missing",
        "not_recognised",
        "chunks_missing",
    ]
    objects = [json.dumps({"payload": piece.decode()}) for piece in (third, first, second)]
    assert check(tmp_path, "\n".join(objects).encode(), "--jsonl")[2]["verdict"] == "valid"


def test_ten_thousand_keys_load_and_a_thousand_lines_are_judged_in_a_moment(tmp_path: Path) -> None:
    shared_points = [point(number) for number in range(100)]
    many = [es256_key(shared_points[number % 100], "XB", f"kid{number}") for number in range(10_000)]
    write_list(tmp_path, TrustList(Carrier.HC1, (*many, hc1_trust()), NOW_US))
    code, lines = hc1_code(), 1000
    command = [sys.executable, "-m", "edge", "code", "check", "--trust", str(tmp_path), "--at", AT]
    before = time.monotonic()
    done = subprocess.run(
        command,
        input=b"\n".join([code] * lines),
        capture_output=True,
        check=True,
        cwd=ROOT,
        timeout=60,
        env={name: value for name, value in os.environ.items() if not name.startswith("GATEPOST_")},
    )
    taken_s = time.monotonic() - before
    answers = [json.loads(line)["verdict"] for line in done.stdout.splitlines()]
    assert answers == ["valid"] * lines
    assert taken_s < 20, f"{taken_s:.1f} s"
