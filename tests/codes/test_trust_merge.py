"""What was imported beside what was there: each key once, in any order, and as old as its oldest part."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import TrustKey, TrustList
from edge.codes.trust import NZCP_TEST_ISSUER, es256_key
from edge.codes.trust_import import Imported
from edge.codes.trust_import_merge import dated, merged, unconfirmed
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier
from tests.codes.hc1_samples import HC1_KEY, hc1_trust
from tests.codes.samples import NOW_US, NZ_POINT, NZ_TRUST, OUR_KEY
from tests.codes.trust_samples import MORE_KEYS

DAY_US = 86_400_000_000
EMPTY = TrustList(Carrier.HC1)
KEYS = [hc1_trust(key, bytes([number])) for number, key in enumerate([HC1_KEY, *MORE_KEYS])]
KEYS += [replace(KEYS[0], purposes=frozenset({"test"})), replace(KEYS[1], until_us=5)]
KEYS += [replace(KEYS[1], until_us=9, purposes=frozenset({"recovery"})), replace(KEYS[2], issuer="XB")]
TEXTS = st.lists(
    st.builds(
        lambda keys, revoked, at: Imported(tuple(keys), revoked=frozenset(revoked), as_of_us=at),
        st.lists(st.sampled_from(KEYS), min_size=1, max_size=4),
        st.lists(st.sampled_from(["uci:" + "0" * 32, "uci:" + "1" * 32]), max_size=2),
        st.none() | st.integers(1, 9).map(lambda days: days * DAY_US),
    ),
    max_size=4,
)


def take(kept: TrustList, found: list[Imported]) -> TrustList:
    return merged(kept, found, dated(kept, found, NOW_US))


@given(TEXTS, st.randoms(use_true_random=False))
def test_the_order_of_files_changes_nothing(found: list[Imported], chance: object) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert take(EMPTY, found) == take(EMPTY, shuffled)


@given(TEXTS, TEXTS)
def test_the_order_of_commands_changes_no_key_and_no_withdrawal(
    first: list[Imported], second: list[Imported]
) -> None:
    one, other = take(take(EMPTY, first), second), take(take(EMPTY, second), first)
    assert (one.keys, one.revoked) == (other.keys, other.revoked)


@given(TEXTS)
def test_the_same_import_again_changes_nothing(found: list[Imported]) -> None:
    once = take(EMPTY, found)
    assert take(once, found) == once


def test_of_two_words_about_a_key_the_narrower_counts() -> None:
    bare = KEYS[0]
    certified = replace(bare, purposes=frozenset({"test"}), until_us=NOW_US)
    for pair in ([bare, certified], [certified, bare]):
        assert take(EMPTY, [Imported(tuple(pair))]).keys == (certified,)


def test_keys_of_one_id_are_all_kept_for_ids_collide() -> None:
    pair = (KEYS[0], replace(KEYS[3], key_id=KEYS[0].key_id))
    assert set(take(EMPTY, [Imported(pair)]).keys) == set(pair)


def test_a_list_is_as_old_as_its_oldest_part() -> None:
    old = replace(EMPTY, keys=(KEYS[0],), as_of_us=DAY_US)
    added = [Imported((KEYS[3],))]
    assert dated(old, added, NOW_US) == DAY_US
    assert unconfirmed(old, added) == 1
    both = [Imported((KEYS[3], KEYS[0]))]
    assert (dated(old, both, NOW_US), unconfirmed(old, both)) == (NOW_US, 0)
    assert dated(old, [replace(both[0], as_of_us=7)], NOW_US) == 7
    assert dated(replace(old, as_of_us=None), added, NOW_US) is None
    assert dated(EMPTY, added, NOW_US) == NOW_US


def test_withdrawals_alone_make_no_list_newer() -> None:
    old = replace(EMPTY, keys=(KEYS[0],), as_of_us=DAY_US)
    assert dated(old, [Imported((), revoked=frozenset({"uci:" + "0" * 32}))], NOW_US) == DAY_US


def test_what_is_added_to_the_districts_list_makes_it_no_newer() -> None:
    ours = TrustList(Carrier.GATEPOST_PASS, (OUR_KEY,), DAY_US)
    more = [Imported((replace(OUR_KEY, issuer="我们", key_id="f" * 16, public=b"1" * 32),))]
    lost = [Imported((), revoked=frozenset({"0" * 16}))]
    assert dated(ours, more, NOW_US) == NOW_US
    assert dated(replace(ours, version=4), more, NOW_US) == DAY_US
    assert dated(replace(ours, version=4), lost, NOW_US) == DAY_US
    assert dated(replace(ours, version=4), [Imported((OUR_KEY,))], NOW_US) == NOW_US


def test_an_issuer_that_publishes_all_its_keys_drops_the_others() -> None:
    newer = es256_key(NZ_TRUST.public, NZ_TRUST.issuer, "key-9")
    kept = TrustList(Carrier.NZCP, (NZ_TRUST,), DAY_US, version=4)
    found = take(kept, [Imported((newer,))])
    assert (found.keys, found.as_of_us, found.version) == ((newer,), NOW_US, 4)


def test_a_key_of_ours_may_be_renamed() -> None:
    kept = TrustList(Carrier.GATEPOST_PASS, (OUR_KEY,), DAY_US, frozenset({"00" * 8}))
    renamed = replace(OUR_KEY, issuer="新名称")
    found = take(kept, [Imported((renamed,))])
    assert (found.keys, found.revoked) == ((renamed,), frozenset({"00" * 8}))


def test_test_and_live_keys_are_not_put_together() -> None:
    test: TrustKey = es256_key(NZ_POINT, NZCP_TEST_ISSUER, "key-1")
    with pytest.raises(ConfigError, match="never be trusted together"):
        take(TrustList(Carrier.NZCP, (NZ_TRUST,)), [Imported((test,))])
