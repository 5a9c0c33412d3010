"""Definitions: every fault at once, the site's own before the shipped, old entries readable."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.domain.errors import ConfigError, FormError
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal
from edge.registers.book import Order
from edge.registers.definition import Definition, parse
from edge.registers.shelf import SHIPPED, Shelf, folders

HEAD = 'title = { zh_Hans = "台账", en = "Ledger" }\n'
FIELD = '[[field]]\nid = "{}"\ntitle = {{ zh_Hans = "栏", en = "Field" }}\n'


def now() -> Instant:
    return Instant(1_000, 1_581_552_000_000_000, ClockQuality.SYNCED)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "store") as opened:
        opened.start_boot()
        yield opened


def shipped() -> dict[str, Definition]:
    return {path.stem: parse(path.stem, path.read_text("utf-8")) for path in SHIPPED.glob("*.toml")}


def test_every_register_that_ships_can_be_read_and_says_which_row_it_is_of() -> None:
    found = shipped()
    assert len(found) >= 15
    for name, definition in found.items():
        assert definition.number.startswith("R"), name
        assert definition.name == name


def test_what_the_reports_left_undefined_ships_without_a_guess() -> None:
    found = shipped()
    for name in ("five_ones", "eight_earlies", "outsiders_1", "outsiders_2", "outsiders_3"):
        assert found[name].own, name
        assert found[name].undefined, name
        assert not [choice for field in found[name].field for choice in field.choices], name
    assert not found["five_stricts"].undefined


def test_no_open_field_that_ships_is_free_text_without_saying_that_it_names_nobody() -> None:
    for name, definition in shipped().items():
        if definition.passages is None:
            assert not [f.id for f in definition.field if f.kind == "text" and not f.personal], name


def test_every_fault_of_a_file_is_named_at_once_in_both_languages() -> None:
    text = 'lasting = 3\ncolour = "red"\n[[field]]\nid = "A b"\nkind = "wrong"\n'
    with pytest.raises(ConfigError) as caught:
        parse("x", text, "x.toml")
    told = "\n".join(caught.value.faults)
    for place in ("title", "colour", "lasting", "field.0.id", "field.0.kind", "field.0.title"):
        assert f"x.toml: {place}: " in told
    for line in caught.value.faults:
        assert " / " in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FIELD.format("a") * 2, "stands twice"),
        (FIELD.format("a") + 'kind = "choice"\n', "lists its choices"),
        (FIELD.format("a") + 'kind = "number"\npersonal = true\n', "personal = true is for text"),
        (FIELD.format("a") + "find = true\n", "find = true is for personal"),
        (FIELD.format("a") + 'kind = "time"\n', "end in _us"),
        (FIELD.format("struck"), "reserved"),
        ('deadline = "nowhere"\n', "no such field"),
        ('deadline = "a"\n' + FIELD.format("a"), "is not of kind"),
        ('[[due]]\nid = "d"\ntitle = { zh_Hans = "事", en = "Do" }\n', "either times or every_hours"),
        ('[[due]]\nid = "d"\ntitle = { zh_Hans = "事", en = "Do" }\ntimes = ["25:00"]\n', "08:30"),
        ("[passages]\ncategories = []\n", "not_categories or asks"),
        ('[stock]\nitem = "a"\namount = "b"\nmove = "c"\nplus = "in"\nminus = "out"\n', "no such field"),
        ("title = 3\n", "not TOML"),
        ("[[", "not TOML"),
    ],
)
def test_a_definition_that_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse("x", HEAD + text)
    assert said in "\n".join(caught.value.faults)


def test_a_sites_own_file_goes_before_the_one_that_ships(journal: Journal, tmp_path: Path) -> None:
    own = tmp_path / "site" / "registers"
    own.mkdir(parents=True)
    (own / "supplies.toml").write_text(HEAD + FIELD.format("amount") + 'kind = "number"\n', "utf-8")
    shelf = Shelf(journal, now, folders(tmp_path / "site"))
    assert [field.id for field in shelf.held("supplies").definition.field] == ["amount"]
    assert shelf.held("disinfection").path == SHIPPED / "disinfection.toml"
    (own / "supplies.toml").write_text("title = 3\n", "utf-8")
    (own / "notices.toml").write_text("lasting = 5\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        Shelf(journal, now, folders(tmp_path / "site"))
    told = "\n".join(caught.value.faults)
    assert "supplies.toml" in told
    assert "notices.toml" in told


def test_a_file_that_is_edited_while_the_gate_runs_waits_for_the_next_start(
    journal: Journal, tmp_path: Path
) -> None:
    own = tmp_path / "registers"
    own.mkdir()
    file = own / "rounds.toml"
    file.write_text(HEAD + FIELD.format("first"), "utf-8")
    where = folders(tmp_path)
    shelf = Shelf(journal, now, where)
    version = shelf.keep("rounds", "boss").version
    file.write_text(HEAD + FIELD.format("second"), "utf-8")
    assert shelf.held("rounds").definition.version == version
    assert shelf.follow_file(Order("c1", "boss"), "rounds").version == version
    after = Shelf(journal, now, where)
    assert [field.id for field in after.held("rounds").definition.field] == ["second"]
    old = after.under("rounds", version)
    assert old is not None
    assert [field.id for field in old.field] == ["first"], "entries of before stay readable"
    file.unlink()
    assert [field.id for field in Shelf(journal, now, where).held("rounds").definition.field] == ["first"]


def test_a_text_of_a_page_is_in_force_until_the_file_is_taken_again(journal: Journal) -> None:
    shelf = Shelf(journal, now)
    text = HEAD + FIELD.format("own") + "personal = true\n"
    order = Order("c1", "boss")
    first = shelf.define(order, "outsiders_1", text)
    assert shelf.define(order, "outsiders_1", text).version == first.version
    assert journal.head() == shelf._rows()[0].seq, "a repeated command wrote a second row"
    assert [field.id for field in Shelf(journal, now).held("outsiders_1").definition.field] == ["own"]
    with pytest.raises(ConfigError):
        shelf.define(Order("c2", "boss"), "outsiders_1", "title = 3")
    assert shelf.held("outsiders_1").origin == "page"
    shelf.follow_file(Order("c3", "boss"), "outsiders_1")
    assert shelf.held("outsiders_1").definition.undefined
    under = shelf.under("outsiders_1", first.version)
    assert under is not None
    assert under.field[0].id == "own"
    with pytest.raises(FormError):
        shelf.held("nothing_of_the_kind")
