"""The canonical N-Quads of a set of RDF statements (URDNA2015), with bounded work.

Algorithm: RDF Dataset Normalization (json-ld.github.io/rdf-dataset-canonicalization/spec, 2015), which
the signatures of 2018 are made over. Its worst case grows with the factorial of the nodes without a
name that look alike; a stranger can make as many as fit into a code. Real certificates have a handful,
all different, so the work is counted and cut off.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import NamedTuple

MAX_QUADS = 160  # a document has at most 96 values and 15 objects
# Paths tried to tell nodes apart that look alike; four that are alike in a row take 40.
MAX_PATHS = 256


class Term(NamedTuple):
    """A subject, predicate, object or graph: as N-Quads writes it, or a node without a name."""

    text: str
    blank: bool = False


class Quad(NamedTuple):
    """One statement; `graph` is None in the default graph."""

    subject: Term
    predicate: Term
    object: Term
    graph: Term | None = None


class TooMuchWork(ValueError):
    """More statements, or more nodes that look alike, than any certificate has."""


def iri(text: str) -> Term:
    """Return a named thing."""
    return Term(f"<{text}>")


def literal(text: str, datatype: str | None = None, language: str | None = None) -> Term:
    """Return a value; `datatype` None is plain text."""
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace('"', '\\"')
    if language:
        return Term(f'"{escaped}"@{language}')
    return Term(f'"{escaped}"' if datatype is None else f'"{escaped}"^^<{datatype}>')


def canonical(quads: Sequence[Quad]) -> bytes:
    """Return the sorted statements with canonical names for the nodes that have none."""
    if len(quads) > MAX_QUADS:
        raise TooMuchWork("too many statements")
    names = _Namer(quads).names()
    return "".join(sorted({_line(quad, lambda text: names[text]) for quad in quads})).encode()


class _Issuer:
    """Names in the order they were asked for."""

    def __init__(self, prefix: str, issued: dict[str, str] | None = None) -> None:
        self.prefix = prefix
        self.issued = dict(issued or {})

    def name(self, node: str) -> str:
        return self.issued.setdefault(node, f"{self.prefix}{len(self.issued)}")

    def copy(self) -> "_Issuer":
        return _Issuer(self.prefix, self.issued)


class _Namer:
    def __init__(self, quads: Sequence[Quad]) -> None:
        self.quads: dict[str, list[Quad]] = defaultdict(list)
        for quad in dict.fromkeys(quads):
            for node in {term.text for term in _nodes(quad)}:
                self.quads[node].append(quad)
        self.canonical = _Issuer("_:c14n")
        self.first = {node: self._first_degree(node) for node in self.quads}
        self.paths = 0

    def names(self) -> dict[str, str]:
        alike: dict[str, list[str]] = defaultdict(list)
        for node, digest in self.first.items():
            alike[digest].append(node)
        groups = sorted(alike.items())
        for _, nodes in groups:
            if len(nodes) == 1:
                self.canonical.name(nodes[0])
        for _, nodes in groups:
            found = []
            for node in nodes:
                if node in self.canonical.issued:
                    continue
                issuer = _Issuer("_:b")
                issuer.name(node)
                found.append(self._n_degree(node, issuer))
            for _, issuer in sorted(found, key=lambda result: result[0]):
                for node in issuer.issued:
                    self.canonical.name(node)
        return self.canonical.issued

    def _first_degree(self, node: str) -> str:
        lines = [_line(quad, lambda text: "_:a" if text == node else "_:z") for quad in self.quads[node]]
        return _digest("".join(sorted(lines)))

    def _n_degree(self, node: str, issuer: _Issuer) -> tuple[str, _Issuer]:
        data = ""
        for digest, related in sorted(self._related(node, issuer).items()):
            chosen: tuple[str, _Issuer] | None = None
            for order in permutations(related):
                self.paths += 1
                if self.paths > MAX_PATHS:
                    raise TooMuchWork("too many nodes that look alike")
                path = self._path(order, issuer, chosen[0] if chosen else "")
                if path is not None and (chosen is None or path[0] < chosen[0]):
                    chosen = path
            assert chosen is not None  # the first order is never given up
            data += digest + chosen[0]
            issuer = chosen[1]
        return _digest(data), issuer

    def _path(self, order: tuple[str, ...], issuer: _Issuer, chosen: str) -> tuple[str, _Issuer] | None:
        """Return the path this order of nodes gives, None as soon as it cannot beat the chosen one."""
        issuer = issuer.copy()
        path, deeper = "", []
        for node in order:
            if node in self.canonical.issued:
                path += self.canonical.issued[node]
            else:
                if node not in issuer.issued:
                    deeper.append(node)
                path += issuer.name(node)
            if chosen and len(path) >= len(chosen) and path > chosen:
                return None
        for node in deeper:
            digest, found = self._n_degree(node, issuer)
            path += f"{issuer.name(node)}<{digest}>"
            issuer = found
            if chosen and len(path) >= len(chosen) and path > chosen:
                return None
        return path, issuer

    def _related(self, node: str, issuer: _Issuer) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for quad in self.quads[node]:
            for position, term in (("s", quad.subject), ("o", quad.object), ("g", quad.graph)):
                if term is None or not term.blank or term.text == node:
                    continue
                other = term.text
                name = self.canonical.issued.get(other) or issuer.issued.get(other) or self.first[other]
                predicate = "" if position == "g" else quad.predicate.text
                found[_digest(f"{position}{predicate}{name}")].append(other)
        return found


def _nodes(quad: Quad) -> list[Term]:
    return [term for term in (quad.subject, quad.object, quad.graph) if term is not None and term.blank]


def _line(quad: Quad, name: Callable[[str], str]) -> str:
    terms = [quad.subject, quad.predicate, quad.object, *([quad.graph] if quad.graph else [])]
    return " ".join(name(term.text) if term.blank else term.text for term in terms) + " .\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
