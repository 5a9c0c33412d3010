"""Cards split over several pictures: collected at one lane, never mixed, never for longer than a while."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import chunks
from edge.codes.chunks import EMPTY, TIMEOUT_US, Added, Collected, add
from edge.domain.model import CodeVerdict
from tests.codes.shc_samples import Parts, card, card_claims, patient, pieces, read_card

START_US = 1_000_000_000
STEP_US = 1_000_000


def claims_of(family: str) -> Parts:
    claims = card_claims()
    entry = claims["vc"]["credentialSubject"]["fhirBundle"]["entry"]
    entry[0] = patient(name=[{"family": family, "given": ["Ada"]}])
    return claims


ADAS = pieces(3, claims_of("Example"))
BENS = pieces(3, claims_of("Sample-Lorem"))


def shown(*payloads: bytes, state: Collected = EMPTY) -> list[Added]:
    """Return what came of each payload, shown a second apart."""
    found = []
    for number, payload in enumerate(payloads):
        found.append(add(state, payload, START_US + number * STEP_US))
        state = found[-1].state
    return found


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_pieces_of_one_card_make_it_whole_in_any_order(order: tuple[int, ...]) -> None:
    first, second, last = shown(*(ADAS[at] for at in order))
    assert [(each.whole, each.reason, each.have, each.total) for each in (first, second)] == [
        (None, "chunks_missing", 1, 3),
        (None, "chunks_missing", 2, 3),
    ]
    assert (last.reason, last.have, last.total) == (None, 3, 3)
    assert last.whole == card_whole(ADAS)
    code = read_card(last.whole or b"")
    assert (code.verdict, code.personal["name"]) == (CodeVerdict.VALID, "Ada Example")


def card_whole(parts: list[bytes]) -> bytes:
    return b"shc:/" + b"".join(part.rsplit(b"/", 1)[1] for part in parts)


def test_a_camera_that_reads_a_piece_again_and_again_changes_nothing() -> None:
    found = shown(ADAS[0], ADAS[0], ADAS[1], ADAS[0], ADAS[2], ADAS[2])
    assert [each.have for each in found] == [1, 1, 2, 2, 3, 3]
    assert [each.whole for each in found[-2:]] == [card_whole(ADAS)] * 2


def test_a_piece_that_contradicts_starts_over_and_says_so() -> None:
    found = shown(ADAS[0], BENS[0], BENS[1], BENS[2])
    assert [(each.reason, each.have) for each in found] == [
        ("chunks_missing", 1),
        ("chunks_mixed", 1),
        ("chunks_missing", 2),
        (None, 3),
    ]
    assert read_card(found[-1].whole or b"").personal["name"] == "Ada Sample-Lorem"


def test_another_total_is_another_card() -> None:
    twos = pieces(2, claims_of("Example"))
    found = shown(ADAS[0], twos[1], twos[0])
    assert [(each.reason, each.have, each.total) for each in found] == [
        ("chunks_missing", 1, 3),
        ("chunks_mixed", 1, 2),
        (None, 2, 2),
    ]
    assert read_card(found[-1].whole or b"").verdict is CodeVerdict.VALID


@pytest.mark.parametrize("from_ada", [(True, True, False), (True, False, False), (False, True, True)])
def test_two_peoples_pieces_that_nothing_tells_apart_join_to_a_card_that_is_refused(
    from_ada: tuple[bool, ...],
) -> None:
    mixture = [(ADAS if ada else BENS)[at] for at, ada in enumerate(from_ada)]
    *_, last = shown(*mixture)
    assert last.whole is not None
    code = read_card(last.whole)
    assert code.verdict is CodeVerdict.INVALID
    assert not code.personal


def test_the_next_persons_first_piece_after_a_whole_card_is_no_contradiction() -> None:
    found = shown(*ADAS, BENS[1], BENS[0], BENS[2])
    assert [each.reason for each in found[3:]] == ["chunks_missing", "chunks_missing", None]
    assert read_card(found[-1].whole or b"").personal["name"] == "Ada Sample-Lorem"


def test_the_whole_set_has_half_a_minute() -> None:
    first = add(EMPTY, ADAS[0], START_US)
    second = add(first.state, ADAS[1], START_US + TIMEOUT_US - 1)
    assert add(second.state, ADAS[2], START_US + TIMEOUT_US).whole == card_whole(ADAS)
    late = add(second.state, ADAS[2], START_US + TIMEOUT_US + 1)
    assert (late.whole, late.reason, late.have) == (None, "chunks_missing", 1)
    # Time counts from the first piece, so that showing one again does not hold the set open.
    again = add(first.state, ADAS[0], START_US + TIMEOUT_US - 1)
    assert add(again.state, ADAS[1], START_US + TIMEOUT_US + 1).have == 1
    # A clock that went back is as good as none.
    assert add(first.state, ADAS[1], START_US - 1).have == 1


def test_a_complete_card_stays_so_however_long_it_is_held_up() -> None:
    state = shown(*ADAS)[-1].state
    late_us = START_US + 10 * TIMEOUT_US
    for part in ADAS:
        assert add(state, part, late_us) == Added(state, card_whole(ADAS), None, 3, 3)
    assert add(state, BENS[1], late_us)[1:] == (None, "chunks_missing", 1, 3)


def test_lanes_do_not_share_pieces() -> None:
    north, south = add(EMPTY, ADAS[0], START_US).state, add(EMPTY, ADAS[1], START_US).state
    assert add(north, ADAS[1], START_US).have == 2
    assert add(south, ADAS[2], START_US).have == 2
    assert add(EMPTY, ADAS[2], START_US).have == 1


@pytest.mark.parametrize("payload", [b"", b"NZCP:/1/AAAA", b"shc:1/2/56", b"https://example.org/shc:/1/2/56"])
def test_what_is_no_card_passes_through_and_leaves_the_pieces_alone(payload: bytes) -> None:
    state = add(EMPTY, ADAS[0], START_US).state
    assert add(state, payload, START_US) == Added(state, payload, None, 1, 1)


@pytest.mark.parametrize(
    "payload", [card(), b"shc:/1/1/5676", b"shc:/3/2/5676", b"shc:/1/2/567", b"shc:/0/2/56"]
)
def test_a_whole_or_a_damaged_card_ends_a_collection(payload: bytes) -> None:
    state = add(EMPTY, ADAS[0], START_US).state
    assert add(state, payload, START_US) == Added(EMPTY, payload, None, 1, 1)


def test_more_than_any_card_holds_is_given_up() -> None:
    large = [b"shc:/%d/4/" % number + b"56" * 1191 for number in range(1, 5)]
    found = shown(*large)
    assert [each.reason for each in found] == ["chunks_missing"] * 3 + ["too_large"]
    assert found[-1].state == EMPTY
    assert found[-1].whole is None


PAYLOADS = st.sampled_from([*ADAS, *BENS, *pieces(2), card(), b"anything"]) | st.binary(max_size=40)


@given(st.lists(st.tuples(PAYLOADS, st.integers(0, 20_000_000)), max_size=12))
def test_whatever_is_shown_a_valid_card_was_shown_whole_within_the_time(
    showings: list[tuple[bytes, int]],
) -> None:
    state, now_us = EMPTY, START_US
    seen: list[tuple[bytes, int]] = []
    known = b""
    for payload, wait_us in showings:
        now_us += wait_us
        seen.append((payload, now_us))
        added = add(state, payload, now_us)
        state = added.state
        assert state.have <= state.total <= 32
        assert (added.whole is None) == (added.reason is not None)
        if added.whole is None or added.whole in (payload, known):
            continue
        known = added.whole  # from here on a piece of it is no news
        lately = {before for before, at_us in seen if now_us - at_us <= chunks.TIMEOUT_US}
        digits = {part.rsplit(b"/", 1)[1] for part in lately if part.startswith(b"shc:/")}
        assert sum(part in added.whole for part in digits) >= added.total
