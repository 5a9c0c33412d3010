"""Under a DIVOC certificate: the archive, the canonical statements, and nothing said that is not signed."""

import io
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyld import jsonld  # type: ignore[import-untyped]

from edge.codes import linked_data, rdf_canon
from edge.codes.linked_data import (
    MAX_CONTEXTS,
    MAX_OBJECTS,
    MAX_SCOPES,
    MAX_VALUES,
    Contexts,
    ContextUnknown,
    expanded,
    signed_bytes,
)
from edge.codes.one_zip import TooLarge, read_only_file
from edge.codes.rdf_canon import MAX_PATHS, MAX_QUADS, Quad, Term, TooMuchWork, canonical, iri, literal
from tests.codes.divoc_samples import (
    CREDENTIALS,
    DOCUMENTS,
    VACCINATION,
    Document,
    credential,
    peer_canonical,
    zipped,
)
from tests.codes.samples import counted_calls
from tests.paths import ROOT

NAME = b"certificate.json"
CONTENT = b'{"x": 1}' * 50


class Pipe(io.RawIOBase):
    """A stream that cannot go back, so that sizes come behind the file."""

    def __init__(self) -> None:
        super().__init__()
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += data
        return len(data)


def streamed(data: bytes) -> bytes:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NAME.decode(), data)
    return bytes(pipe.data)


@pytest.mark.parametrize(
    "archive", [zipped(CONTENT), zipped(CONTENT, method=zipfile.ZIP_STORED), streamed(CONTENT)]
)
def test_one_file_is_read_however_it_was_written(archive: bytes) -> None:
    assert read_only_file(archive, NAME, len(CONTENT)) == CONTENT


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_larger_file_is_not_inflated(method: int) -> None:
    bomb = zipped(bytes(5_000_000) if method == zipfile.ZIP_DEFLATED else bytes(6000), method=method)
    assert len(bomb) < 8192
    with pytest.raises(TooLarge):
        read_only_file(bomb, NAME, 4096)


def test_the_size_an_archive_states_is_not_believed() -> None:
    bomb = bytearray(zipped(bytes(100_000)))
    for at in (22, bomb.index(b"PK\x01\x02") + 24):
        bomb[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(TooLarge):
        read_only_file(bytes(bomb), NAME, 4096)
    with pytest.raises(ValueError, match="another length"):
        read_only_file(bytes(bomb), NAME, 100_000)


def two_files() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(NAME.decode(), CONTENT)
        archive.writestr("other.json", CONTENT)
    return made.getvalue()


def with_comment() -> bytes:
    made = io.BytesIO(zipped(CONTENT))
    with zipfile.ZipFile(made, "a") as archive:
        archive.comment = b"x"
    return made.getvalue()


def patched(place: Callable[[bytes], int], value: bytes, archive: bytes | None = None) -> bytes:
    data = zipped(CONTENT) if archive is None else archive
    at = place(data)
    return data[:at] + value + data[at + len(value) :]


def central(offset: int) -> Callable[[bytes], int]:
    return lambda data: data.index(b"PK\x01\x02") + offset


def end(offset: int) -> Callable[[bytes], int]:
    return lambda data: data.index(b"PK\x05\x06") + offset


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"PK\x03\x04",
        b"PK\x05\x06" + bytes(18),
        zipped(CONTENT) + b"\x00",
        b"\x00" + zipped(CONTENT),
        zipped(CONTENT)[:-1],
        zipped(CONTENT, "other.json"),
        zipped(CONTENT, "certificate.jsonx"),
        two_files(),
        with_comment(),
        patched(central(8), b"\x01"),
        patched(central(10), b"\x09"),
        patched(central(16), b"\x00\x00\x00\x00"),
        patched(central(20), b"\xff\xff\xff\xff"),
        patched(central(24), b"\x01\x00\x00\x00"),
        patched(central(42), b"\x01"),
        patched(central(46), b"C"),
        patched(lambda _: 8, b"\x00"),
        patched(lambda _: 26, b"\xff"),
        patched(lambda _: 28, b"\x01"),
        patched(lambda _: 30, b"C"),
        patched(end(4), b"\x01"),
        patched(end(10), b"\x02"),
        patched(end(12), b"\xff\xff\xff\xff"),
        patched(end(16), b"\xff\xff\xff\xff"),
        patched(lambda _: 46, b"\xff\xff"),
    ],
)
def test_any_other_archive_is_refused(archive: bytes) -> None:
    with pytest.raises(ValueError, match=r"archive|directory|file|name|long|length|end|beginning"):
        read_only_file(archive, NAME, 10_000)


@given(st.data())
def test_no_change_of_an_archive_is_an_exception_or_another_content(data: st.DataObject) -> None:
    archive = bytearray(streamed(CONTENT) if data.draw(st.booleans()) else zipped(CONTENT))
    for _ in range(data.draw(st.integers(1, 3))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_only_file(bytes(archive), NAME, 10_000)
    except ValueError:
        return
    assert zlib.crc32(found) == zlib.crc32(CONTENT)


nodes = st.sampled_from(["_:a", "_:b", "_:c", "_:d"]).map(lambda name: Term(name, blank=True))
names = st.sampled_from(["https://x.example/1", "https://x.example/2"]).map(iri)
# Not the letters that are escaped: PyLD's reader of N-Quads takes a backslash and an n for a new line.
texts = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters='"\\'), max_size=3)


def names_a_node_twice(quad: Quad) -> bool:
    """Say whether a statement is about one nameless node in two places. PyLD counts those twice, which
    the algorithm does not; no document makes one."""
    found = [term.text for term in (quad.subject, quad.object, quad.graph) if term and term.blank]
    return len(found) != len(set(found))


quads = st.lists(
    st.builds(
        Quad, nodes | names, names, nodes | names | texts.map(literal), st.none() | nodes | names
    ).filter(lambda quad: not names_a_node_twice(quad)),
    max_size=10,
)


def written(statements: list[Quad]) -> str:
    terms = [[quad.subject, quad.predicate, quad.object, quad.graph] for quad in statements]
    return "".join(" ".join(term.text for term in line if term) + " .\n" for line in terms)


def peer(statements: list[Quad]) -> bytes:
    options = {
        "algorithm": "URDNA2015",
        "inputFormat": "application/n-quads",
        "format": "application/n-quads",
    }
    text = jsonld.normalize(written(statements), options)
    assert isinstance(text, str)
    return text.encode()


@settings(max_examples=300)
@given(quads)
def test_canonical_statements_are_those_of_pyld(statements: list[Quad]) -> None:
    assert canonical(statements) == peer(statements)


def ring(size: int, predicate: str = "https://x.example/next") -> list[Quad]:
    made = [Term(f"_:n{number}", blank=True) for number in range(size)]
    return [Quad(made[number], iri(predicate), made[(number + 1) % size]) for number in range(size)]


@pytest.mark.parametrize("size", [2, 3, 5, 7])
def test_nodes_that_look_alike_are_told_apart_as_pyld_does(size: int) -> None:
    assert canonical(ring(size)) == peer(ring(size))
    assert canonical(ring(size) + ring(size, "https://x.example/1")) == peer(
        ring(size) + ring(size, "https://x.example/1")
    )


@given(quads, st.randoms(use_true_random=False))
def test_neither_order_nor_names_of_nodes_matter(statements: list[Quad], random: Any) -> None:
    new = dict(zip(["_:a", "_:b", "_:c", "_:d"], random.sample(["_:p", "_:q", "_:r", "_:s"], 4), strict=True))

    def renamed(term: Term | None) -> Term | None:
        return Term(new[term.text], blank=True) if term and term.blank else term

    others = [Quad(*(renamed(term) for term in quad)) for quad in statements]  # type: ignore[arg-type]
    random.shuffle(others)
    assert canonical(others) == canonical(statements)


def star(size: int) -> list[Quad]:
    """Return one node that points at so many others, all alike."""
    return [
        Quad(iri("https://x.example/1"), iri("https://x.example/2"), Term("_:hub", blank=True)),
        *(
            Quad(Term("_:hub", blank=True), iri("https://x.example/2"), Term(f"_:n{n}", blank=True))
            for n in range(size)
        ),
    ]


def clique(size: int) -> list[Quad]:
    """Return so many nodes, each pointing at all others: the algorithm's worst case."""
    made = [Term(f"_:n{number}", blank=True) for number in range(size)]
    return [Quad(one, iri("https://x.example/2"), other) for one in made for other in made if one != other]


@pytest.mark.parametrize("statements", [clique(9), clique(20), star(40) + clique(8)])
def test_the_worst_case_is_given_up_after_so_many_paths(statements: list[Quad]) -> None:
    with counted_calls(rdf_canon._Namer._path) as count, pytest.raises(TooMuchWork):
        canonical(statements)
    assert count[0] <= MAX_PATHS


def test_a_few_that_look_alike_are_within_the_limit() -> None:
    for statements in (clique(3), star(2), star(4)):
        assert canonical(statements) == peer(statements)


def test_more_statements_than_any_certificate_has_are_refused() -> None:
    flood = [
        Quad(iri("https://x.example/1"), iri("https://x.example/2"), literal(str(n))) for n in range(600)
    ]
    assert canonical(flood[:MAX_QUADS]).count(b"\n") == MAX_QUADS
    with pytest.raises(TooMuchWork, match="statements"):
        canonical(flood)


def both(document: Document) -> tuple[bytes, bytes]:
    return signed_bytes(expanded(document, DOCUMENTS)), peer_canonical(document)


def test_a_document_has_the_statements_pyld_finds_in_it() -> None:
    ours, theirs = both(credential())
    assert ours == theirs
    assert ours.count(b"\n") == 29


def test_an_id_with_a_blank_is_kept_as_issuers_wrote_it() -> None:
    document = credential()
    plain = signed_bytes(expanded(document, DOCUMENTS))
    document["credentialSubject"]["id"] = "did:Voter ID:KR0000"
    found = signed_bytes(expanded(document, DOCUMENTS))
    assert found.count(b"<did:Voter ID:KR0000> ") == plain.count(b"<did:example:person:00017> ") == 7


values = st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from('"\\\n\r '), max_size=5)


@given(values, values, st.integers(-5, 10**15), st.lists(values, max_size=3), st.booleans())
@example("", "", 0, ["", ""], True)
def test_any_values_have_the_statements_pyld_finds(
    name: str, city: str, dose: int, batches: list[str], flag: bool
) -> None:
    document = credential()
    document["credentialSubject"].update(name=name)
    document["credentialSubject"]["address"].update(city=city)
    document["evidence"][0].update(dose=dose, batch=batches)
    document["nonTransferable"] = flag
    ours, theirs = both(document)
    assert ours == theirs


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(undefined="x"), "no statement"),
        (lambda d: d["evidence"][0].update(doses=3), "no statement"),
        (lambda d: d["evidence"][0].update(undefined={"dose": 3}), "no statement"),
        (lambda d: d["evidence"].insert(0, {"id": "mine", "type": "Vaccination", "dose": 3}), "absolute"),
        (lambda d: d["evidence"].insert(0, {"id": "a b:c", "type": "Vaccination", "dose": 3}), "absolute"),
        (lambda d: d["credentialSubject"].update(id="872550100X"), "absolute"),
        (lambda d: d["credentialSubject"].update(id="did:x\ty"), "absolute"),
        (lambda d: d["credentialSubject"].update(id="did:x\u00a0y"), "absolute"),
        (lambda d: d["credentialSubject"].update(id="did:x\ny"), "absolute"),
        (lambda d: d["evidence"][0].update(id="_:b0"), "absolute"),
        (lambda d: d["evidence"][0].update(type=["Vaccination", "mine"]), "absolute"),
        (lambda d: d["evidence"][0].update({"_:b1": "x"}), "statement|absolute"),
        (lambda d: d["evidence"].append(dict(d["evidence"][0])), "twice"),
        (lambda d: d["credentialSubject"].update(id=d["evidence"][0]["id"]), "twice"),
        (lambda d: d["evidence"][0].update(id='https://x.example/> <https://y"'), "absolute"),
        (lambda d: d["evidence"][0].update({"@id": "https://x.example/"}), "keyword"),
        (lambda d: d.update({"@graph": []}), "keyword"),
        (lambda d: d["evidence"][0].update({"@context": {"dose": "schema:other"}}), "keyword"),
        (lambda d: d["evidence"][0].update(dose={"@value": 3}), "keyword"),
        (lambda d: d["evidence"][0].update(dose=1.5), "fraction"),
        (lambda d: d["evidence"][0].update(dose=2.0), "fraction"),
        (lambda d: d.update(issuer="not absolute"), "absolute"),
        (lambda d: d.update(issuer=""), "absolute"),
        (lambda d: d.update({"@context": {}}), "addresses"),
        (lambda d: d.update({"@context": []}), "addresses"),
        (lambda d: d.update({"@context": [CREDENTIALS, {"dose": "schema:other"}]}), "addresses"),
        (lambda d: d.update({"@context": [CREDENTIALS] * (MAX_CONTEXTS + 1)}), "addresses"),
        (lambda d: d.pop("@context"), "addresses"),
        (lambda d: d["evidence"][0].update(batch=["x"] * MAX_VALUES), "more values"),
        (lambda d: d["evidence"][0].update(id={"x": 1}), "JSON-LD|statement"),
        (lambda d: d["evidence"][0].update(type=7), "JSON-LD|statement"),
        (lambda d: d.clear() or d.update({"@context": VACCINATION, "x": 1}), "one thing|statement"),
    ],
)
def test_what_no_signature_would_cover_is_refused(change: Callable[[Document], object], says: str) -> None:
    document = credential()
    change(document)
    with pytest.raises(ValueError, match=says):
        expanded(document, DOCUMENTS)


@pytest.mark.parametrize("missing", [CREDENTIALS, VACCINATION])
def test_a_context_the_gate_was_not_given_is_unknown(missing: str) -> None:
    rest = {address: text for address, text in DOCUMENTS.items() if address != missing}
    with pytest.raises(ContextUnknown):
        expanded(credential(), rest)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"@context": "https://elsewhere.example/v1"}'])
def test_a_context_that_cannot_be_read_or_names_another_is_unknown(text: str) -> None:
    with pytest.raises(ContextUnknown):
        expanded(credential(), {**DOCUMENTS, VACCINATION: text})


def test_nothing_is_kept_of_a_context_that_was_replaced() -> None:
    first = expanded(credential(), DOCUMENTS)
    other = DOCUMENTS[VACCINATION].replace("schema:doseValue", "schema:elsewhere")
    assert expanded(credential(), {**DOCUMENTS, VACCINATION: other}) != first
    assert expanded(credential(), DOCUMENTS) == first


def test_nothing_is_ever_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(address: str, _options: object) -> Document:
        raise AssertionError(address)

    monkeypatch.setattr(jsonld, "_default_document_loader", fetch)
    assert expanded(credential(), DOCUMENTS)["@type"]
    with pytest.raises(ContextUnknown):
        expanded({**credential(), "@context": ["https://elsewhere.example/v1"]}, DOCUMENTS)


def test_without_pyld_every_context_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyld", None)
    with pytest.raises(ContextUnknown):
        expanded(credential(), DOCUMENTS)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("@type"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "type", "dose", "facility", "name", "@id", "@value", "@list", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
members = st.sampled_from(["issuer", "evidence", "credentialSubject", "type", "id", "issuanceDate", "other"])


@given(st.dictionaries(members, json_values, max_size=4))
def test_any_document_is_expanded_or_refused(changes: Document) -> None:
    try:
        node = expanded({**credential(), **changes}, DOCUMENTS)
    except ValueError:
        return
    assert signed_bytes(node) == peer_canonical({**credential(), **changes})


def test_the_reader_is_asked_once_for_a_document() -> None:
    with counted_calls(linked_data._expand) as count:
        expanded(credential(), DOCUMENTS)
    assert count == [1]


READY = Contexts(DOCUMENTS)
PLAIN = {"type": "VerifiableCredential"}
FACILITY = {"type": "Vaccination", "facility": {"address": {"city": "x"}}}


def flooded(evidence: object) -> Document:
    return {**credential(), "evidence": evidence}


@pytest.mark.parametrize(
    "document",
    [
        flooded([FACILITY] * 5),
        flooded([{}] * MAX_OBJECTS),
        flooded([{"type": ["Vaccination"] * (MAX_SCOPES + 1)}]),
        flooded([{"type": ["Vaccination", "Person"] * 9}]),
        flooded([{"address": {}, "facility": {}, "type": ["Vaccination"] * MAX_SCOPES}]),
        flooded([{"batch": ["x"] * MAX_VALUES}]),
        {**credential(), "@context": [CREDENTIALS, VACCINATION] * MAX_CONTEXTS},
    ],
)
def test_what_would_make_the_reader_work_long_is_never_handed_to_it(document: Document) -> None:
    with counted_calls(linked_data._expand) as count, pytest.raises(ValueError, match=r"more|addresses"):
        expanded(document, READY)
    assert count == [0]


@pytest.mark.parametrize(
    "document",
    [
        flooded([FACILITY] * 4),
        flooded([PLAIN] * (MAX_OBJECTS - 3)),
        flooded([{"type": ["Vaccination"] * (MAX_SCOPES - 2)}]),
        flooded([{"type": "Vaccination", "batch": [str(n) for n in range(MAX_VALUES - 20)]}]),
        {**credential(), "@context": [CREDENTIALS, VACCINATION] * (MAX_CONTEXTS // 2)},
    ],
)
def test_whatever_fits_costs_the_reader_a_few_times_a_certificate(document: Document) -> None:
    jsonld_reader = jsonld.JsonLdProcessor
    costs = []
    for one in (credential(), document):
        expanded(credential(), READY)
        with counted_calls(jsonld_reader._create_term_definition) as count, suppress(ValueError):
            expanded(one, READY)
        costs.append(count[0])
    certificate, hostile = costs
    assert 0 < hostile <= 8 * certificate


def test_four_vaccinations_in_one_certificate_are_still_a_certificate() -> None:
    ours, theirs = both(
        flooded([{**credential()["evidence"][0], "id": f"https://x.example/{n}"} for n in range(4)])
    )
    assert ours == theirs


def test_a_context_is_gone_through_once_however_many_codes_are_read() -> None:
    ready, expected = Contexts(DOCUMENTS), expanded(credential(), READY)
    costs = []
    for contexts in (ready, ready, ready, DOCUMENTS):
        with counted_calls(jsonld.JsonLdProcessor._create_term_definition) as count:
            assert expanded(credential(), contexts) == expected
        costs.append(count[0])
    first, *again, apart = costs
    assert max(again) < first
    assert apart == first


@settings(max_examples=50)
@given(st.dictionaries(members, json_values, max_size=4))
def test_contexts_that_are_kept_say_the_same_as_fresh_ones(changes: Document) -> None:
    found = []
    for contexts in (READY, DOCUMENTS):
        try:
            found.append(expanded({**credential(), **changes}, contexts))
        except ValueError as error:
            found.append({"refused": str(error)})
    assert found[0] == found[1]


def test_pyld_is_there_when_documents_are_and_not_before() -> None:
    script = (
        "import sys, edge.codes\n"
        "from edge.codes.linked_data import Contexts\n"
        "Contexts({})\n"
        "before = 'pyld' in sys.modules\n"
        "Contexts({'https://x.example/v1': '{}'})\n"
        "print(before, 'pyld' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.split() == ["False", "True"]
