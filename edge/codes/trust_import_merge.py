"""Puts what was imported beside what a trust list holds. Values in, values out.

The result does not depend on the order of files or commands, and importing the same again changes
nothing but the list's date.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from edge.codes.trust import TrustKey, TrustList
from edge.codes.trust_import import Imported
from edge.domain.model import Carrier

# What these issuers publish is the whole truth about them: a key they no longer list is gone.
_WHOLE = frozenset({Carrier.NZCP, Carrier.SHC})
OURS = frozenset({Carrier.GATEPOST_PASS, Carrier.GATEPOST_VENUE})


def merged(kept: TrustList, found: Iterable[Imported], as_of_us: int | None) -> TrustList:
    """Return the list with the keys and withdrawals that were found, as of `as_of_us`.

    Nothing that was withdrawn comes back. The district's version stays: whoever adds by hand adds to
    the list the district pushed, until it pushes the next. ConfigError where the keys do not belong
    together (test and live ones).
    """
    every = list(found)
    fresh = [key for one in every for key in one.keys]
    revoked = kept.revoked.union(*(one.revoked for one in every))
    keys = _once([*_staying(kept, fresh), *fresh])
    return replace(kept, keys=keys, revoked=revoked, as_of_us=as_of_us)


def dated(kept: TrustList, found: Iterable[Imported], now_us: int) -> int | None:
    """Return from when a list is that takes in what was found: as old as its oldest part.

    A text that gives no date is of `now_us`. Keys of the list that no text confirms keep it as old as
    it was, and so does an import of withdrawals alone. Of our own keys we are the source, unless the
    district pushed the list: then it is, and what is added here makes its list no newer.
    """
    texts = [one for one in found if one.keys]
    if not texts and kept.keys:
        return kept.as_of_us
    said = min((now_us if one.as_of_us is None else one.as_of_us for one in texts), default=now_us)
    if (kept.carrier in OURS and kept.version is None) or not unconfirmed(kept, texts):
        return said
    return None if kept.as_of_us is None else min(said, kept.as_of_us)


def unconfirmed(kept: TrustList, found: Iterable[Imported]) -> int:
    """Return how many keys of a list stay that nothing found says again."""
    fresh = [key for one in found for key in one.keys]
    names = {_name(key) for key in fresh}
    return sum(_name(key) not in names for key in _staying(kept, fresh))


def _staying(kept: TrustList, fresh: Sequence[TrustKey]) -> list[TrustKey]:
    if kept.carrier in _WHOLE:
        issuers = {key.issuer for key in fresh}
        return [key for key in kept.keys if key.issuer not in issuers]
    if kept.carrier in OURS:
        ids = {key.key_id for key in fresh}  # the same key under another name: it was renamed
        return [key for key in kept.keys if key.key_id not in ids]
    return list(kept.keys)


def _name(key: TrustKey) -> tuple[str, str, bytes]:
    return key.issuer, key.key_id, key.public


def _once(keys: Iterable[TrustKey]) -> tuple[TrustKey, ...]:
    """Each key once, in one order whatever the order before. Said twice, the narrower word counts: the
    one of a certificate, which ends and has purposes, before that of a bare key."""
    chosen: dict[tuple[str, str, bytes], TrustKey] = {}
    for key in sorted(keys, key=_width):
        chosen.setdefault(_name(key), key)
    return tuple(chosen[name] for name in sorted(chosen))


def _width(key: TrustKey) -> tuple[bool, int, int, tuple[str, ...], bool]:
    unlimited = not key.purposes
    ends = key.until_us if key.until_us is not None else 2**63
    begins = -key.from_us if key.from_us is not None else 2**63
    return unlimited, ends, begins, tuple(sorted(key.purposes)), not key.test
