"""Files that a site supplies beside those that ship: which goes first, and what is said of a faulty one."""

from pathlib import Path

import pytest

from edge import site_files
from edge.config.roles import load_readiness, load_roles
from edge.domain.errors import ConfigError
from edge.site_files import FilledTable, Table


class Shelf(Table):
    """A table of this test."""

    label: str
    height: int = 0


class Filled(FilledTable):
    """Another one: lists with something in them."""

    may_be_empty = ("spare",)
    things: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()


def written(folder: Path, name: str, text: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_first_folder_that_has_a_file_goes_before_the_others(tmp_path: Path) -> None:
    folders = [tmp_path / "own", tmp_path / "shipped", tmp_path / "nowhere"]
    own, other = written(folders[0], "one"), written(folders[1], "another")
    written(folders[1], "one")
    assert site_files.paths(folders) == {"another": other, "one": own}
    assert site_files.names(folders) == ("another", "one")
    assert (site_files.find("one", folders), site_files.find("another", folders)) == (own, other)
    assert site_files.find("neither", folders) is None


@pytest.mark.parametrize("kind", ["acceptance", "access", "procedures", "registers"])
def test_what_ships_is_found_and_the_site_goes_first(tmp_path: Path, kind: str) -> None:
    folders = site_files.folders(kind, tmp_path)
    assert folders[0] == tmp_path / kind
    assert site_files.names(folders) == tuple(
        sorted(path.stem for path in (site_files.SHIPPED / kind).glob("*.toml"))
    )


def test_every_fault_of_a_text_is_named_in_both_languages() -> None:
    with pytest.raises(ConfigError) as refused:
        site_files.parse(Shelf, 'height = "high"\nwidth = 3\n', "a.toml")
    assert refused.value.faults == (
        "a.toml: label: is missing; add it / 缺少，请补上",
        "a.toml: height: cannot be used / 这个值不能用",
        "a.toml: width: there is no such key here / 这里没有这个键",
    )
    assert site_files.parse(Shelf, 'label = "x"', "a.toml") == Shelf(label="x")


@pytest.mark.parametrize("text", ["label =", "x = " + "[" * 5_000])
def test_what_is_no_toml_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^a\.toml: not TOML: .* / 不是 TOML 格式$"):
        site_files.parse(Shelf, text, "a.toml")


def test_an_empty_list_is_asked_about_where_it_could_mean_nobody() -> None:
    assert site_files.parse(Filled, "spare = []", "a.toml") == Filled()
    with pytest.raises(ConfigError, match=r"file: things = \[\] is ambiguous; .* / things = \[\] 意思不明"):
        site_files.parse(Filled, "things = []", "a.toml")


def test_a_version_is_the_first_16_digits_of_the_sha256_of_the_text() -> None:
    assert site_files.version("abc") == "ba7816bf8f01cfea"  # of the standard's own example


def test_roles_of_a_site_are_put_over_those_that_ship(tmp_path: Path) -> None:
    shipped = load_roles(tmp_path)
    (tmp_path / "roles.toml").write_text('[role.baker]\nzh_Hans = "面包师"\nen = "baker"\n', "utf-8")
    roles = load_roles(tmp_path)
    assert set(roles.roles) - set(shipped.roles) == {"baker"}
    assert roles.sets == shipped.sets


def test_a_faulty_file_of_roles_names_every_fault(tmp_path: Path) -> None:
    (tmp_path / "roles.toml").write_text(f'[role.a]\nzh_Hans = "{"甲" * 61}"\n[set.b]\nroles = 3\n', "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_roles(tmp_path)
    assert refused.value.faults == (
        "roles.toml: role.a.zh_Hans: must be at most 60 signs / 最多 60 字",
        "roles.toml: role.a.en: is missing; add it / 缺少，请补上",
        "roles.toml: set.b.title: is missing; add it / 缺少，请补上",
        'roles.toml: set.b.roles: must be a list in brackets, such as ["green"] / '
        '应为方括号里的列表，例如 ["green"]',
    )


def test_a_checklist_of_a_site_replaces_the_one_that_ships(tmp_path: Path) -> None:
    assert len(load_readiness(tmp_path).item) == 7
    text = 'title = {zh_Hans = "一个", en = "one"}\n[[item]]\nid = "a"\ntitle = {zh_Hans = "甲", en = "a"}\n'
    (tmp_path / "readiness.toml").write_text(text, "utf-8")
    assert [item.id for item in load_readiness(tmp_path).item] == ["a"]
    (tmp_path / "readiness.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_readiness(tmp_path)
