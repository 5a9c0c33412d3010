"""Telling from look-up tokens whose passages are whose, without opening a row.

A passage holds the tokens of everything it can be found by: of a pass, and of whatever else was shown
beside it. Somebody's passage is one that holds all of theirs and all of nobody else's. Pure.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from edge.journal.tokens import TOKEN_BYTES, tokens_of

Tokens = frozenset[bytes]


def sorted_out(
    newest: Mapping[tuple[int, bytes], int], keys: Mapping[int, bytes], known: Mapping[str, Collection[str]]
) -> tuple[dict[str, int], list[int]]:
    """Take the newest row by its key and tokens, and people by their values: return the newest row of each of
    them, and the rows of everybody else or of two of them, oldest first."""
    exact, found, others = dict[str, int](), dict[str, int](), list[int]()
    their_keys = {key_id for key_id, _ in newest} & keys.keys()
    of_key = {key_id: _by_rarest(keys[key_id], known) for key_id in their_keys}
    for (key_id, tokens), seq in newest.items():
        held = frozenset(_parted(tokens))
        whose = [
            (name, theirs)
            for token in held
            for name, theirs in of_key.get(key_id, {}).get(token, ())
            if theirs <= held
        ]
        if len(whose) != 1:
            others.append(seq)
            continue
        [(name, theirs)] = whose
        into = exact if len(theirs) == len(held) else found
        into[name] = max(seq, into.get(name, 0))
    return found | exact, sorted(others)


def _by_rarest(key: bytes, known: Mapping[str, Collection[str]]) -> dict[bytes, list[tuple[str, Tokens]]]:
    """Return people by the one of their tokens that the fewest of them have: a family shares a room."""
    tokens = {name: frozenset(_parted(tokens_of(key, values) or b"")) for name, values in known.items()}
    often = Counter(token for each in tokens.values() for token in each)
    found: dict[bytes, list[tuple[str, Tokens]]] = {}
    for name, each in tokens.items():
        if each:
            found.setdefault(min(each, key=lambda token: (often[token], token)), []).append((name, each))
    return found


def _parted(tokens: bytes) -> Iterator[bytes]:
    return (tokens[at : at + TOKEN_BYTES] for at in range(0, len(tokens), TOKEN_BYTES))
