"""Turns a JSON-LD document into what its signature is made over, without ever fetching anything.

A signature of linked data covers statements, not the text. Whatever a context does not define, or
cannot place, is in the text but in no statement, so that a stranger could write it into a genuine
certificate. Hence nothing is let through but documents of which every single value ends up in a
statement, and contexts but those the gate was given: none inline, none redefined.

PyLD (the extra `divoc`) does the expansion and is imported only where there are contexts;
canonicalisation is our own, bounded (`edge.codes.rdf_canon`). Whoever shows a code needs no signature to
make the gate expand it, and PyLD goes through a context anew for every name that has one of its own:
they are counted before the document is handed over.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from edge.codes.rdf_canon import Quad, Term, canonical, iri, literal

# A published certificate has about 40 scalars in 6 objects, 2 contexts, and 7 names that bring a context
# of their own along; each further vaccination adds 13, 3 and 3.
MAX_VALUES = 96
MAX_OBJECTS = 15
MAX_SCOPES = 16
MAX_CONTEXTS = 4

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
# Names that are not absolute come out below this, which nobody's name begins with.
_RELATIVE = "https://relative.invalid/"
# What would end an IRI in N-Quads is not allowed in one. A blank is, against the standard: issuers wrote
# ids like `did:Voter ID:1`, and the programs they signed with kept them.
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[^\s<>\"{}|\\^`\x00-\x1f]| )*")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)

Object = dict[str, Any]


class ContextUnknown(Exception):
    """A context the gate was not given, or one it cannot read, or PyLD is not installed."""


class Contexts(Mapping[str, str]):
    """The JSON text of each context by its address. Made once, when the documents are loaded: PyLD, which
    takes a fifth of a second to import, is there before the first code, and what it makes of a context
    is kept. `scoped`: the names that bring a context of their own along."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = dict(texts)
        self.resolved: dict[str, object] = {}
        self.scoped = frozenset(_scoped_in(self._texts.values()))
        if self._texts:
            _pyld()

    def __getitem__(self, address: str) -> str:
        return self._texts[address]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def expanded(document: Mapping[str, object], contexts: Mapping[str, str]) -> Object:
    """Return the document as one node, every name in it an absolute IRI.

    `contexts`: the JSON text of each context by its address. ContextUnknown where one is missing,
    ValueError where the document is none, is too large, or says what no statement would hold.
    """
    _check_contexts(document.get("@context"), contexts)
    body = {name: value for name, value in document.items() if name != "@context"}
    written = _Counts()
    _count(body, written)
    if written.values > MAX_VALUES or written.objects > MAX_OBJECTS:
        raise ValueError("more values or objects than any certificate has")
    ready = contexts if isinstance(contexts, Contexts) else Contexts(contexts)
    if _scopes(body, ready.scoped) > MAX_SCOPES:
        raise ValueError("more contexts within contexts than any certificate has")
    found = _expand(document, ready)
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
        raise ValueError("not one thing")
    node: Object = found[0]
    stated = _Counts()
    _count_stated(node, stated, set())
    # As many values, and as many things: then none was dropped and none came out of a name.
    if stated != written:
        raise ValueError("a value that no statement holds")
    return node


def signed_bytes(node: Object) -> bytes:
    """Return the canonical statements of an expanded document; ValueError where they are too many."""
    quads: list[Quad] = []
    _state(node, quads, count())
    return canonical(quads)


def _check_contexts(named: object, contexts: Mapping[str, str]) -> None:
    addresses = named if isinstance(named, list) else [named]
    if not 0 < len(addresses) <= MAX_CONTEXTS or not all(isinstance(name, str) for name in addresses):
        raise ValueError("contexts are named by their addresses")
    if not all(name in contexts for name in addresses):
        raise ContextUnknown


@dataclass(slots=True)
class _Counts:
    """Of a document before and after: its scalars, and its objects."""

    values: int = 0
    objects: int = 0


def _count(value: object, counts: _Counts) -> None:
    if isinstance(value, dict):
        counts.objects += 1
        # A keyword would mean something else than what it holds.
        if any(name.startswith("@") for name in value):
            raise ValueError("a keyword inside of the document")
        for item in value.values():
            _count(item, counts)
    elif isinstance(value, list):
        for item in value:
            _count(item, counts)
    elif isinstance(value, float):
        raise ValueError("a number with a fraction, which writers write differently")
    elif value is not None:
        counts.values += 1


def _scopes(value: object, scoped: Collection[str]) -> int:
    """Return how often such a name stands in a document, as a member or, being a type, as a text."""
    if isinstance(value, dict):
        return sum((name in scoped) + _scopes(item, scoped) for name, item in value.items())
    if isinstance(value, list):
        return sum(_scopes(item, scoped) for item in value)
    return isinstance(value, str) and value in scoped


def _scoped_in(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            found = [json.loads(text)]
        except (ValueError, RecursionError):  # a code that needs it will be of an unknown context
            continue
        while found:
            value = found.pop()
            if isinstance(value, dict):
                yield from (
                    name for name, held in value.items() if isinstance(held, dict) and "@context" in held
                )
                found += value.values()
            elif isinstance(value, list):
                found += value


def _pyld() -> Any:
    try:
        from pyld import context_resolver, jsonld  # type: ignore[import-untyped]
    except ImportError:
        return None
    return jsonld, context_resolver


def _expand(document: Mapping[str, object], contexts: Contexts) -> object:
    found = _pyld()
    if found is None:
        raise ContextUnknown
    jsonld, context_resolver = found
    unknown: list[str] = []

    def load(address: str, _options: object) -> Object:
        try:
            text = json.loads(contexts[address])
        except (KeyError, ValueError, RecursionError) as error:
            unknown.append(address)
            raise ValueError("no such context here") from error
        # Static: it does not change, and what was made of it may be kept.
        return {"contextUrl": None, "documentUrl": address, "document": text, "tag": "static"}

    options = {
        "documentLoader": load,
        "contextResolver": context_resolver.ContextResolver(contexts.resolved, load),
        "processingMode": "json-ld-1.1",
        "base": _RELATIVE,
    }
    try:
        return jsonld.expand(dict(document), options)
    # Besides its own error, what a reader of untyped values trips over in documents made for that.
    except (jsonld.JsonLdError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        if unknown:
            raise ContextUnknown from None
        raise ValueError("not JSON-LD") from None


def _count_stated(value: object, counts: _Counts, seen: set[str]) -> None:
    """Count what an expanded value has in its statements; ValueError where a part would not become
    one, or where two parts of the document are one thing to the statements."""
    if not isinstance(value, dict):
        raise ValueError("not expanded")
    if "@value" in value:
        _check_literal(value)
        counts.values += 1
        return
    named = value.get("@id")
    if named is not None:
        _check_iri(named)
        counts.values += 1
        if value.keys() == {"@id"}:
            return
        if named in seen:
            raise ValueError("one thing described twice")
        seen.add(named)
    counts.objects += 1
    for kind in value.get("@type", ()):
        _check_iri(kind)
        counts.values += 1
    for name in value.keys() - {"@id", "@type"}:
        _check_iri(name)
        for item in value[name]:
            _count_stated(item, counts, seen)


def _check_iri(value: object) -> None:
    if not isinstance(value, str) or not _ABSOLUTE.fullmatch(value) or value.startswith(_RELATIVE):
        raise ValueError("a name that is no absolute IRI")


def _check_literal(value: Object) -> None:
    held, datatype, language = value["@value"], value.get("@type"), value.get("@language")
    if value.keys() - {"@value", "@type", "@language"} or not isinstance(held, str | bool | int):
        raise ValueError("a value of a kind no certificate has")
    if datatype is not None:
        _check_iri(datatype)
        if isinstance(held, int) and datatype == f"{_XSD}double":
            raise ValueError("a number with a fraction, which writers write differently")
    if language is not None and (not isinstance(language, str) or not _LANGUAGE.fullmatch(language)):
        raise ValueError("a language that is none")


def _state(node: Object, quads: list[Quad], numbers: Iterator[int]) -> Term:
    """Append what a node states, and return the node."""
    named = node.get("@id")
    subject = Term(f"_:n{next(numbers)}", blank=True) if named is None else iri(named)
    for kind in node.get("@type", ()):
        quads.append(Quad(subject, iri(f"{_RDF}type"), iri(kind)))
    for name, values in node.items():
        if name.startswith("@"):
            continue
        for value in values:
            held = _literal(value) if "@value" in value else _state(value, quads, numbers)
            quads.append(Quad(subject, iri(name), held))
    return subject


def _literal(value: Object) -> Term:
    held, datatype = value["@value"], value.get("@type")
    if isinstance(held, bool):
        return literal(str(held).lower(), datatype or f"{_XSD}boolean")
    if isinstance(held, int):
        return literal(str(held), datatype or f"{_XSD}integer")
    language = value.get("@language")
    return literal(held, None if datatype == f"{_XSD}string" else datatype, language)
