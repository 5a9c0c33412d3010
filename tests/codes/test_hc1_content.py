"""What an EU certificate says, of whom, what was withdrawn, and that nothing in it breaks the reader."""

import hashlib
import time
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st

from edge.codes import TrustStore, hc1, signature
from edge.codes.outcome import Refusal
from edge.codes.trust import REVOKED
from edge.domain.facts import Fact
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.hc1_samples import (
    HC1_KEY,
    HC1_KID,
    ISSUER,
    RECOVERY,
    TEST,
    UCI,
    VACCINATION,
    Content,
    content,
    hc1_code,
    hc1_store,
    hc1_text,
    hc1_trust,
    read_hc1,
    rsa_key,
    token,
)
from tests.codes.samples import NOW_US, counted_calls

GOOD = hc1_code()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
VALID, INVALID = CodeVerdict.VALID, CodeVerdict.INVALID
Judged = tuple[CodeVerdict, str | None]


def certified(**changes: Any) -> bytes:
    return hc1_code(token(content(**changes)))


def result(payload: bytes, store: TrustStore | None = None) -> Judged:
    code = read_hc1(payload, store)
    return code.verdict, code.reason


def facts(**changes: Any) -> dict[str, str]:
    code = read_hc1(certified(**changes))
    assert code.verdict is VALID
    return dict(code.subject)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"v": [VACCINATION], "t": None, "r": None}, (VALID, None)),
        ({"v": [], "t": [TEST], "r": []}, (VALID, None)),
        ({"v": [None], "t": [TEST, None]}, (VALID, None)),
        ({"v": [VACCINATION, VACCINATION]}, (VALID, None)),
        ({"v": None}, (INVALID, "claims")),
        ({"v": []}, (INVALID, "claims")),
        ({"v": [None]}, (INVALID, "claims")),
        ({"v": [VACCINATION], "t": [TEST]}, (INVALID, "claims")),
        ({"v": [VACCINATION], "r": [RECOVERY]}, (INVALID, "claims")),
        ({"v": [VACCINATION], "t": [TEST], "r": [RECOVERY]}, (INVALID, "claims")),
        ({"v": VACCINATION}, (INVALID, "claims")),
        ({"v": "text"}, (INVALID, "claims")),
        ({"v": 0}, (INVALID, "claims")),
        ({"v": ["text"]}, (INVALID, "claims")),
        ({"v": [[]]}, (INVALID, "claims")),
        ({"v": [VACCINATION], "t": "text"}, (INVALID, "claims")),
        ({"v": [VACCINATION | {"mp": b"bytes"}]}, (INVALID, "claims")),
        ({"v": [VACCINATION | {7: "number"}]}, (INVALID, "claims")),
        ({"v": [VACCINATION | {"dn": float("nan")}]}, (INVALID, "claims")),
        ({"v": [VACCINATION | {"dn": 2**64}]}, (INVALID, "claims")),
        ({"v": [VACCINATION | {"dt": cbor2.CBORTag(1, 0)}]}, (INVALID, "claims")),
    ],
)
def test_a_certificate_is_of_exactly_one_kind(changes: Content, expected: Judged) -> None:
    assert result(certified(**changes)) == expected


# --- facts -----------------------------------------------------------------------------------------


def test_a_vaccination_says_doses_needed_date_and_product() -> None:
    assert facts() == {
        "vaccination_doses": "2",
        "vaccination_needed": "2",
        "vaccination_date": "2021-10-01",
        "vaccination_product": "EU/1/20/1528",
        "country": ISSUER,
    }


def test_a_test_says_result_kind_and_when_the_sample_was_taken() -> None:
    assert facts(t=[TEST]) == {
        "test_result": "negative",
        "test_kind": "naat",
        "test_taken": "2021-12-31T08:15:00Z",
        "country": ISSUER,
    }


def test_a_recovery_says_when_it_began_and_how_long_it_is_said_to_count() -> None:
    assert facts(r=[RECOVERY]) == {
        "recovery_date": "2021-09-01",
        "recovery_from": "2021-09-12",
        "recovery_until": "2099-02-28",
        "country": ISSUER,
    }


@pytest.mark.parametrize(
    ("field", "value", "fact", "expected"),
    [
        ("dn", 3.0, "vaccination_doses", "3"),
        ("dn", 1, "vaccination_doses", "1"),
        ("dn", -1, "vaccination_doses", None),
        ("dn", 0, "vaccination_doses", None),
        ("dn", 1.5, "vaccination_doses", None),
        ("dn", 100, "vaccination_doses", None),
        ("dn", True, "vaccination_doses", None),
        ("dn", "2", "vaccination_doses", None),
        ("sd", None, "vaccination_needed", None),
        ("sd", 9, "vaccination_needed", "9"),
        ("dt", "2021-10-01T00:00:00", "vaccination_date", "2021-10-01"),
        ("dt", "2021-10-01T00:00:00.000Z", "vaccination_date", "2021-10-01"),
        ("dt", "2021-10-01 00:00", "vaccination_date", "2021-10-01"),
        ("dt", " 2021-10-01 ", "vaccination_date", "2021-10-01"),
        ("dt", cbor2.CBORTag(1004, "2021-10-01"), "vaccination_date", "2021-10-01"),
        ("dt", "2021-10-01+02:00", "vaccination_date", None),
        ("dt", "2021-10", "vaccination_date", None),
        ("dt", "2021-02-30", "vaccination_date", None),
        ("dt", "01.10.2021", "vaccination_date", None),
        ("dt", 20211001, "vaccination_date", None),
        ("dt", "２０２１-10-01", "vaccination_date", None),
        ("mp", "EU/1/20/1528   ", "vaccination_product", "EU/1/20/1528"),
        ("mp", "", "vaccination_product", None),
        ("mp", "x" * 201, "vaccination_product", None),
    ],
)
def test_a_vaccination_written_otherwise_is_read_or_left_out(
    field: str, value: object, fact: str, expected: str | None
) -> None:
    assert facts(v=[VACCINATION | {field: value}]).get(fact) == expected


@pytest.mark.parametrize(
    ("field", "value", "fact", "expected"),
    [
        ("tr", "260373001", "test_result", "positive"),
        ("tr", "260415000 ", "test_result", "negative"),
        ("tr", "419984006", "test_result", "inconclusive"),
        ("tr", "", "test_result", "inconclusive"),
        ("tr", None, "test_result", "inconclusive"),
        ("tr", 260415000, "test_result", "inconclusive"),
        ("tt", "LP217198-3", "test_kind", "antigen"),
        ("tt", "a test", "test_kind", "other"),
        ("tt", None, "test_kind", "other"),
        ("sc", "2021-12-31T10:15:00+02:00", "test_taken", "2021-12-31T08:15:00Z"),
        ("sc", "2021-12-31T10:15:00+0200", "test_taken", "2021-12-31T08:15:00Z"),
        ("sc", "2021-12-31T10:15:00+02", "test_taken", "2021-12-31T08:15:00Z"),
        ("sc", "2021-12-31T00:15:00+02", "test_taken", "2021-12-30T22:15:00Z"),
        ("sc", "2021-12-31 08:15:00+00:00", "test_taken", "2021-12-31T08:15:00Z"),
        ("sc", "2021-12-31T08:15Z", "test_taken", "2021-12-31T08:15:00Z"),
        ("sc", "2021-12-31T08:15:00.250Z", "test_taken", "2021-12-31T08:15:00.250000Z"),
        ("sc", cbor2.CBORTag(0, "2021-12-31T08:15:00Z"), "test_taken", "2021-12-31T08:15:00Z"),
        ("sc", "2021-12-31T08:15:00", "test_taken", "2021-12-31"),
        ("sc", "2021-12-31", "test_taken", "2021-12-31"),
        ("sc", "2021-12-31T25:15:00Z", "test_taken", None),
        ("sc", "0001-01-01T00:00:00+23:59", "test_taken", None),
        ("sc", "9999-12-31T23:59:59-23:59", "test_taken", None),
        ("sc", "yesterday", "test_taken", None),
        ("sc", "", "test_taken", None),
    ],
)
def test_a_test_written_otherwise_is_read_or_left_out_and_never_negative_by_mistake(
    field: str, value: object, fact: str, expected: str | None
) -> None:
    assert facts(t=[TEST | {field: value}]).get(fact) == expected


def test_another_disease_says_nothing_that_a_rule_could_take() -> None:
    for kind, entry in (("v", VACCINATION), ("t", TEST), ("r", RECOVERY)):
        for target in ("1119349007", "", None, 840539006):
            assert facts(**{kind: [entry | {"tg": target}]}) == {"country": ISSUER}
        assert facts(**{kind: [entry | {"tg": " 840539006 "}]}) == facts(**{kind: [entry]})


def test_of_several_entries_the_last_one_counts() -> None:
    first, second = VACCINATION | {"dn": 1, "dt": "2021-06-01"}, VACCINATION | {"dn": 2, "dt": "2021-07-01"}
    assert facts(v=[second, first]) == facts(v=[first, second]) == facts(v=[second])
    old, new = TEST | {"sc": "2021-12-01T00:00:00Z"}, TEST | {"sc": "2021-12-30T00:00:00Z", "tr": "260373001"}
    assert facts(t=[new, old]) == facts(t=[old, new]) == facts(t=[new])
    ill, well = TEST | {"tr": "260373001"}, TEST
    assert facts(t=[ill, well])["test_result"] == facts(t=[well, ill])["test_result"] == "positive"
    before, after = RECOVERY | {"fr": "2021-01-01"}, RECOVERY | {"fr": "2021-09-01"}
    assert facts(r=[after, before]) == facts(r=[before, after]) == facts(r=[after])


def test_the_country_is_the_trusted_keys_and_else_what_its_token_says() -> None:
    assert read_hc1(hc1_code(token(iss="XB"))).subject["country"] == ISSUER
    nameless = hc1_store(hc1_trust(issuer="Example Signer 1"))
    assert read_hc1(hc1_code(token(iss="XB")), nameless).subject["country"] == "XB"
    assert "country" not in read_hc1(hc1_code(token(iss=None)), nameless).subject


def test_the_certificate_is_handed_to_rules_as_json_would_hold_it() -> None:
    entry = TEST | {
        "sc": cbor2.CBORTag(0, "2021-12-31T08:15:00Z"),
        "nm": " Example PCR  ",
        "x": [1.0, None, False],
    }
    found, claims = hc1.hcert(certified(t=[entry], v=None), hc1_store())
    assert found == content(t=[TEST | {"x": [1, None, False]}], v=None)
    assert claims == hc1.claims(certified(t=[entry], v=None), hc1_store())._replace()


# --- persons ---------------------------------------------------------------------------------------


def person(**changes: Any) -> tuple[dict[str, str], str]:
    code = read_hc1(certified(**changes))
    assert code.verdict is VALID
    assert code.holder is not None
    return dict(code.personal), code.holder


def test_a_certificate_names_a_person_a_birthday_and_itself() -> None:
    personal, holder = person()
    assert personal == {"name": "Änne Beispiel-Müller", "birth_date": "1979-04-14", "certificate_id": UCI}
    assert holder == "hc1:1979-04-14|beispiel mueller|aenne"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"fnt": "BEISPIEL<MUELLER", "gnt": "AENNE<MARIE"}, "AENNE MARIE BEISPIEL MUELLER"),
        ({"fnt": "BEISPIEL"}, "BEISPIEL"),
        ({"gnt": "AENNE"}, "AENNE"),
        ({"fn": "Beispiel", "fnt": "BEISPIEL", "gn": None, "gnt": ""}, "Beispiel"),
        ({"fn": "陈", "gn": "大文", "fnt": "CHAN", "gnt": "TAI<MAN"}, "陈大文"),
        ({"fn": "Mu\u0308ller", "gn": " A ", "fnt": "MUELLER", "gnt": "A"}, "A Müller"),
        ({"fn": "n" * 200}, "n" * 200),
    ],
)
def test_a_name_is_shown_as_written_and_else_as_standardised(names: Content, expected: str) -> None:
    assert person(nam=names)[0]["name"] == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"nam": None},
        {"nam": {}},
        {"nam": []},
        {"nam": "Beispiel"},
        {"nam": {"fn": "", "gn": " ", "fnt": "<<", "gnt": None}},
        {"nam": {"fn": 7}},
        {"nam": {"fn": ["Beispiel"]}},
        {"nam": {"fn": "n" * 201}},
        {"dob": 1979},
        {"dob": ["1979"]},
        {"dob": "1" * 201},
    ],
)
def test_a_certificate_of_nobody_is_refused(changes: Content) -> None:
    assert result(certified(**changes)) == (INVALID, "claims")


@pytest.mark.parametrize(
    ("written", "born"),
    [
        ("1979-04-14T00:00:00", "1979-04-14"),
        ("1979-04-14 ", "1979-04-14"),
        ("1979-04", "1979-04"),
        ("1979", "1979"),
        ("1979-04-XX", "1979-04-XX"),
        ("1979-00-00", "1979-00-00"),
        ("", None),
        (None, None),
    ],
)
def test_a_birthday_may_be_known_in_part_or_not_at_all(written: str | None, born: str | None) -> None:
    assert person(dob=written)[0].get("birth_date") == born


def test_certificates_of_one_person_have_one_holder() -> None:
    other_id = TEST | {"ci": "URN:UVCI:01:XA:OTHER"}
    again = {"fn": "BEISPIEL MÜLLER", "gn": "änne", "fnt": "BEISPIEL<MUELLER<", "gnt": "AENNE"}
    assert person(t=[other_id], nam=again, dob="1979-04-14T00:00:00")[1] == person()[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"dob": "1979-04-15"},
        {"dob": "1979"},
        {"nam": {"fnt": "BEISPIEL", "gnt": "AENNE"}},
        {"nam": {"fnt": "BEISPIEL<MUELLER"}},
        {"nam": {"fnt": "BEISPIEL<MUELLER<AENNE"}},
        {"nam": {"fnt": "BEISPIEL<MUELLER|AENNE"}},
    ],
)
def test_another_name_or_birthday_is_another_person(changes: Content) -> None:
    assert person(**changes)[1] != person()[1]


def test_without_a_birthday_a_name_alone_does_not_make_two_people_one() -> None:
    first, second = (person(dob="", v=[VACCINATION | {"ci": uci}])[1] for uci in ("URN:A", "URN:B"))
    assert first != second
    assert person(dob="", v=[VACCINATION | {"ci": "URN:A"}])[1] == first


# --- withdrawal ------------------------------------------------------------------------------------


def withdrawn(what: str, data: bytes, count: int = 16) -> frozenset[str]:
    entry = f"{what}:{hashlib.sha256(data).digest()[:count].hex()}"
    assert REVOKED[Carrier.HC1].fullmatch(entry)
    return frozenset({entry, "signature:" + "00" * 16, "uci:" + "ff" * 32})


def made(key: Any = HC1_KEY, claims: object | None = None, **more: Any) -> tuple[bytes, bytes]:
    """Return a payload and the signature in it."""
    kept: list[bytes] = []

    def keep(signed: bytes) -> bytes:
        kept.append(signed)
        return signed

    payload = hc1_code(claims, key=key, spoil=keep, **more)
    return payload, kept[0]


@pytest.mark.parametrize("count", [16, 17, 24, 31, 32])
def test_a_certificate_is_withdrawn_by_any_of_its_three_hashes(count: int) -> None:
    payload, signed = made()
    for what, data in (
        ("signature", signed[:32]),
        ("uci", UCI.encode()),
        ("countrycodeuci", (ISSUER + UCI).encode()),
    ):
        store = hc1_store(hc1_trust(), revoked=withdrawn(what, data, count))
        assert result(payload, store) == (CodeVerdict.REVOKED, "revoked")
        assert result(certified(v=[VACCINATION | {"ci": UCI + "X"}]), store) == (VALID, None)


def test_a_hash_counts_only_for_what_it_is_of() -> None:
    payload, signed = made()
    for what, data in (
        ("uci", signed[:32]),
        ("signature", UCI.encode()),
        ("signature", signed),
        ("signature", signed[32:]),
        ("countrycodeuci", UCI.encode()),
        ("uci", UCI.encode() + b"X"),
    ):
        assert result(payload, hc1_store(hc1_trust(), revoked=withdrawn(what, data))) == (VALID, None)


def test_an_rsa_signature_is_hashed_whole() -> None:
    payload, signed = made(rsa_key())
    trusted = hc1_trust(rsa_key())
    assert result(payload, hc1_store(trusted, revoked=withdrawn("signature", signed)))[1] == "revoked"
    assert result(payload, hc1_store(trusted, revoked=withdrawn("signature", signed[:128]))) == (VALID, None)


def test_the_other_half_of_an_ecdsa_signature_does_not_bring_a_withdrawn_certificate_back() -> None:
    claims = token()
    halves: list[bytes] = []

    def other_half(signed: bytes) -> bytes:
        halves.append(signed[:32])
        return signed[:32] + (ORDER - int.from_bytes(signed[32:], "big")).to_bytes(32, "big")

    payload = hc1_code(claims, spoil=other_half)
    assert result(payload) == (VALID, None)
    store = hc1_store(hc1_trust(), revoked=withdrawn("signature", halves[0]))
    assert result(payload, store) == (CodeVerdict.REVOKED, "revoked")


def test_the_country_of_a_withdrawn_id_is_the_tokens_or_the_entrys() -> None:
    payload = hc1_code(token(content(v=[VACCINATION | {"co": "XC"}]), iss="XB"))
    for country, revoked in (("XB", True), ("XC", True), (ISSUER, False)):
        store = hc1_store(hc1_trust(), revoked=withdrawn("countrycodeuci", (country + UCI).encode()))
        assert (result(payload, store)[1] == "revoked") is revoked


def test_an_id_is_hashed_as_it_was_signed_and_trimmed() -> None:
    payload = certified(v=[VACCINATION | {"ci": UCI + "  "}])
    for text in (UCI, UCI + "  "):
        store = hc1_store(hc1_trust(), revoked=withdrawn("uci", text.encode()))
        assert result(payload, store)[1] == "revoked"


@pytest.mark.parametrize("odd", [None, 7, [], {}, "", ["x"]])
def test_an_odd_id_or_country_withdraws_nothing_and_breaks_nothing(odd: object) -> None:
    payload = hc1_code(token(content(v=[VACCINATION | {"ci": odd, "co": odd}]), iss=odd))
    assert result(payload, hc1_store(hc1_trust(), revoked=withdrawn("uci", b"x"))) == (VALID, None)


def test_a_withdrawn_certificate_of_a_forger_is_forged_first() -> None:
    payload, signed = made(ec.derive_private_key(12, ec.SECP256R1()))
    store = hc1_store(hc1_trust(), revoked=withdrawn("signature", signed[:32]))
    assert result(payload, store) == (INVALID, "signature")


# --- anything at all -------------------------------------------------------------------------------

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats()
    | st.text(max_size=12)
    | st.binary(max_size=8)
    | st.sampled_from(["840539006", "260415000", "2021-10-01", "1979", UCI])
    | st.builds(
        cbor2.CBORTag, st.sampled_from([0, 1, 2, 4, 5, 24, 37, 1004]), st.text(max_size=9) | st.integers(0, 9)
    )
)
names = st.sampled_from(
    [*content(), *VACCINATION, *TEST, *RECOVERY, *content()["nam"], "t", "r"]
) | st.integers(-9, 9)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=8),
    max_leaves=24,
)


@given(st.dictionaries(st.sampled_from([1, 4, 5, 6, -260]), trees, max_size=5))
def test_any_signed_claims_are_judged(changes: Content) -> None:
    code = read_hc1(hc1_code(token() | changes))
    assert code.carrier is Carrier.HC1
    assert set(code.subject) <= {str(fact) for fact in Fact}
    assert all(
        isinstance(value, str) and value for value in (*code.subject.values(), *code.personal.values())
    )


@given(
    st.dictionaries(st.sampled_from([*VACCINATION, *TEST, *RECOVERY]), trees, max_size=8),
    st.sampled_from([("v", VACCINATION), ("t", TEST), ("r", RECOVERY)]),
    st.dictionaries(st.sampled_from(["nam", "dob", "ver"]), trees, max_size=2),
    st.booleans(),
)
def test_any_signed_content_is_judged(
    entry: Content, kind: tuple[str, Content], rest: Content, listed: bool
) -> None:
    revoked = withdrawn("uci", b"x") if listed else frozenset()
    code = read_hc1(
        certified(**{kind[0]: [kind[1] | entry]}, **rest), hc1_store(hc1_trust(), revoked=revoked)
    )
    assert code.verdict in (VALID, INVALID, CodeVerdict.UNSUPPORTED)
    if code.verdict is VALID and kind[0] == "t" and "tr" in entry:
        assert code.subject.get("test_result") != "negative" or str(entry["tr"]).strip() == "260415000"


@given(
    st.binary(max_size=300), st.binary(max_size=60), st.dictionaries(st.integers(0, 5), leaves, max_size=3)
)
def test_any_parts_are_refused_with_a_reason(body: bytes, protected: bytes, unprotected: Content) -> None:
    assert read_hc1(hc1_code(body, {1: -7, 4: HC1_KID})).verdict is INVALID
    assert read_hc1(hc1_code(None, protected, unprotected)).verdict is not VALID


@given(
    st.binary(max_size=400) | st.binary(max_size=200).map(hc1_text), st.sampled_from([b"HC1:", b"HC2:", b""])
)
@example(b"", b"HC1:")
def test_any_text_is_refused_with_a_reason(data: bytes, prefix: bytes) -> None:
    if hc1.recognises(prefix + data):
        with pytest.raises(Refusal) as caught:
            hc1.claims(prefix + data, hc1_store())
        assert caught.value.reason


@given(
    st.lists(
        st.tuples(st.integers(0, len(GOOD) - 1), st.sampled_from(list(b"0123456789AZ $%*+-./:"))),
        min_size=1,
        max_size=4,
    )
)
def test_no_change_to_a_certificate_is_valid(changes: list[tuple[int, int]]) -> None:
    changed = bytearray(GOOD)
    for place, letter in changes:
        changed[place] = letter
    if bytes(changed) != GOOD and hc1.recognises(bytes(changed)):
        assert read_hc1(bytes(changed)).verdict is not VALID


def test_a_certificate_costs_one_signature() -> None:
    for payload, store in ((GOOD, hc1_store()), (hc1_code(key=rsa_key()), hc1_store(hc1_trust(rsa_key())))):
        with counted_calls(signature.verify) as checks:
            assert result(payload, store) == (VALID, None)
        assert checks == [1]


def test_a_certificate_is_verified_in_three_milliseconds() -> None:
    for payload, store in ((GOOD, hc1_store()), (hc1_code(key=rsa_key()), hc1_store(hc1_trust(rsa_key())))):
        spent = []
        for _ in range(20):
            before = time.process_time()
            assert read_hc1(payload, store, NOW_US).verdict is VALID
            spent.append(time.process_time() - before)
        assert min(spent) < 0.003
