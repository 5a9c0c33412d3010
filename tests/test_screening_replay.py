"""`gatepost screening replay`: real volunteers through the command, and files that are not right."""

import gzip
import io
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bench.flir_columns import Subject, main, subjects, write
from edge.cli import main as gatepost
from edge.cli.screening import MOST_READINGS
from tests.paths import shared

HEAD = "at,person,site,surface_c,ambient_c"
ROW = "2020-02-08T08:00:00+08:00,a,face,35.5,21"


def replay(path: Path | str, *options: str, content: bytes | None = None) -> Result:
    return CliRunner().invoke(gatepost, ["screening", "replay", *options, str(path)], input=content)


def given(*rows: str, head: str = HEAD) -> Result:
    return replay("-", content="\n".join((head, *rows)).encode())


def answers(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(scope="module")
def people() -> list[Subject]:
    return subjects(shared("temperature", "FLIR_group1.csv"))


@pytest.fixture(scope="module")
def faces(people: list[Subject], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("screening") / "face.csv"
    with path.open("w", encoding="utf-8") as file:
        write(people, ["face"], file)
    return path


def area(found: list[dict[str, Any]], people: list[Subject]) -> float:
    ill = [one["probability"] for one, person in zip(found, people, strict=True) if person.febrile]
    well = [one["probability"] for one, person in zip(found, people, strict=True) if not person.febrile]
    return float(sum((a > b) + 0.5 * (a == b) for a in ill for b in well)) / (len(ill) * len(well))


def false_alarms(found: list[dict[str, Any]], people: list[Subject]) -> float:
    scores = [(one["probability"], person.febrile) for one, person in zip(found, people, strict=True)]
    ill = sorted((score for score, febrile in scores if febrile), reverse=True)
    threshold = ill[-(-9 * len(ill) // 10) - 1]
    well = [score for score, febrile in scores if not febrile]
    return 1000 * float(sum(score >= threshold for score in well)) / len(well)


def test_the_volunteers_are_the_523_with_every_round_44_of_them_febrile(people: list[Subject]) -> None:
    assert len(people) == 523
    assert sum(person.febrile for person in people) == 44
    assert all(one.at <= other.at for one, other in pairwise(people))


def test_three_readings_of_a_face_rank_no_worse_than_their_maximum(
    faces: Path, people: list[Subject]
) -> None:
    found = answers(replay(faces, "--readings", "all", "--prevalence", "0.09"))
    assert [one["person"] for one in found] == [person.person for person in people]
    assert area(found, people) >= 0.974
    wrong = [(one["probability"] - person.febrile) ** 2 for one, person in zip(found, people, strict=True)]
    assert sum(wrong) / len(wrong) <= 0.045
    assert {one["readings_used"] for one in found} == {3}


def test_measuring_again_only_where_asked_costs_less_than_two_readings(
    faces: Path, people: list[Subject]
) -> None:
    found = answers(replay(faces))
    assert sum(one["readings_used"] for one in found) / len(found) <= 1.8
    assert area(found, people) >= 0.965
    assert false_alarms(found, people) <= 80


def test_where_it_is_rare_everybody_is_less_probable_in_the_same_order(faces: Path) -> None:
    common = answers(replay(faces, "--readings", "all", "--prevalence", "0.09"))
    rare = answers(replay(faces, "--readings", "all"))
    order = sorted(range(len(common)), key=lambda i: (common[i]["probability"], rare[i]["probability"]))
    ranked = [rare[i]["probability"] for i in order]
    assert ranked == sorted(ranked)
    assert all(few["probability"] < many["probability"] for few, many in zip(rare, common, strict=True))
    assert [one["verdict"] for one in rare] == [one["verdict"] for one in common]


def test_the_threshold_of_the_first_days_holds_on_the_later_ones(faces: Path, people: list[Subject]) -> None:
    found = answers(replay(faces, "--readings", "all"))
    days = sorted({person.at.date() for person in people})
    middle = days[len(days) // 2]
    early, late = (
        sorted(
            one["probability"]
            for one, person in zip(found, people, strict=True)
            if not person.febrile and (person.at.date() < middle) is first
        )
        for first in (True, False)
    )
    threshold = early[round(0.95 * len(early)) - 1]
    assert 0.93 <= sum(score <= threshold for score in late) / len(late) <= 0.97


def test_all_three_places_in_one_file_are_judged_together(people: list[Subject]) -> None:
    text = io.StringIO()
    write(people, ["forehead", "canthi", "face"], text)
    found = answers(replay("-", "--readings", "all", content=text.getvalue().encode()))
    assert {one["readings_used"] for one in found} == {9}
    assert area(found, people) >= 0.97


def test_the_script_writes_the_columns_and_the_truth(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(shared("temperature", "FLIR_group1.csv"))
    main([path, "--site", "canthi"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == HEAD
    assert lines[1] == "2016-11-17T12:43:46Z,161117-1,canthi,35.36,24.0"
    assert len(lines) == 1 + 3 * 523
    main([path, "--truth"])
    assert sum(line.endswith(",1") for line in capsys.readouterr().out.splitlines()) == 44


def test_an_answer_has_the_four_fields_and_nothing_else() -> None:
    (one,) = answers(given(ROW))
    assert list(one) == ["person", "probability", "verdict", "readings_used"]
    assert (one["person"], one["verdict"], one["readings_used"]) == ("a", "normal", 1)
    assert 0 < one["probability"] < 0.005


def test_a_cold_reading_is_too_low_whatever_came_before() -> None:
    before = [f"2020-02-08T08:{minute:02}:00,p{minute},forehead,31.0,22" for minute in range(60)]
    found = answers(given(*before, "2020-02-08T09:00:00,last,forehead,30.5,22"))
    assert {one["verdict"] for one in found} == {"too_low"}


def test_the_first_person_of_all_with_a_fever_is_not_waved_through() -> None:
    (one,) = answers(given("2020-02-08T08:00:00,a,face,37.9,21", "2020-02-08T08:00:09,a,face,37.9,21"))
    assert one["verdict"] in ("again", "over")
    assert one["readings_used"] == 2


def test_a_changed_device_starts_anew() -> None:
    warm = [f"2020-02-{8 + n // 10:02}T{8 + n % 10:02}:00:00,p{n},face,36.6,21,old" for n in range(60)]
    rows = [*warm, "2020-02-14T09:00:00,x,face,36.6,21,old", "2020-02-14T09:00:00,y,face,36.6,21,new"]
    old, new = answers(given(*rows, head=HEAD + ",device"))[-2:]
    assert old["verdict"] == "normal"
    assert new["verdict"] == "again"


def test_a_clock_set_back_is_told_with_its_line_and_judged() -> None:
    result = given(ROW, "2019-01-01T00:00:00,b,face,35.4,21", "2019-01-01T00:01:00,c,face,35.5,21")
    assert [one["verdict"] for one in answers(result)] == ["normal"] * 3
    assert "line 3 第 3 行" in result.stderr
    assert "line 4" not in result.stderr


def test_people_between_one_persons_readings_do_not_part_them() -> None:
    rows = [
        "2020-02-08T08:00:00,a,face,36.3,21",
        "2020-02-08T08:00:30,b,face,35.4,21",
        "2020-02-08T08:01:00,a,face,36.3,21",
    ]
    found = answers(given(*rows))
    assert [(one["person"], one["readings_used"]) for one in found] == [("a", 2), ("b", 1)]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("yesterday,a,face,35.5,21", "at:"),
        ("2020-02-08T08:00:00,a,toe,35.5,21", "site:"),
        ("2020-02-08T08:00:00,a,face,warm,21", "surface_c:"),
        ("2020-02-08T08:00:00,a,face,inf,21", "surface_c:"),
        ("2020-02-08T08:00:00,a,face,35.5 C,21", "surface_c:"),
        ("2020-02-08T08:00:00,a,face,3_5,21", "surface_c:"),
        ("2020-02-08T08:00:00,a,face,3021.1,21", "surface_c:"),
        ("2020-02-08T08:00:00,a,face,35.5,1e9", "ambient_c:"),
        ("2020-02-08T08:00:00,,face,35.5,21", "person:"),
        ("2020-02-08T08:00:00,a,face,35.5", "4 cells"),
        ('2020-02-08T08:00:00,"a,face,35.5,21', "CSV"),
    ],
)
def test_a_wrong_row_is_named_with_its_line_in_both_languages_and_nothing_is_judged(
    row: str, says: str
) -> None:
    result = given(ROW, "", row)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "line 4 第 4 行" in result.stderr
    assert says in result.stderr
    assert any("\u4e00" <= letter <= "\u9fff" for letter in result.stderr.replace("第 4 行", ""))


def test_every_fault_is_named_at_once() -> None:
    result = given("x,a,toe,warm,21", "y,b,face,35.5,21")
    assert [f"line {line}" in result.stderr for line in (2, 3)] == [True, True]
    assert all(name in result.stderr for name in ("at:", "site:", "surface_c:"))


@pytest.mark.parametrize(
    ("head", "says"),
    [("at,person,site,surface_c", "ambient_c"), (HEAD + ",at", "twice"), ("", "columns"), ("1;2", "columns")],
)
def test_wrong_columns_are_named(head: str, says: str) -> None:
    result = given(ROW, head=head)
    assert result.exit_code == 1
    assert says in result.stderr


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00a", HEAD.encode(), b"\x00" * 40, f"{HEAD}\n\n{ROW[:-7]},21".encode()]
)
def test_a_file_with_nothing_to_judge_is_refused(content: bytes) -> None:
    result = replay("-", content=content)
    assert result.exit_code == 1
    assert "not judged 未作判断" in result.stderr


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + f"{HEAD}\r\n{ROW}\r\n".encode(),
        f"{HEAD}\n{ROW}\n".replace(",", ";").encode(),
        f"{HEAD}\n{ROW}\n".replace(",", "\t").encode(),
        f"{HEAD.upper()},note\n{ROW.replace('face', '面部')},好\n".encode("gb18030"),
        f"{HEAD}\n{ROW.removesuffix('21')}\n".encode(),
        f"{HEAD}\n{ROW.removesuffix('21')}NaN,,\n".encode(),
        f"{HEAD}\n{ROW}\n".replace(",", "\t").encode("utf-16"),
        f"{HEAD}\n{ROW}\n".replace(",", ";").replace("35.5", "35,5").encode(),
        f"{HEAD}\r{ROW}\r".encode(),
    ],
)
def test_files_as_spreadsheets_write_them_are_read(content: bytes) -> None:
    assert [one["person"] for one in answers(replay("-", content=content))] == ["a"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(f"{HEAD}\n{ROW}\n".encode(), mtime=0), "gzip"),
        (b"PK\x03\x04 what a workbook begins with", "CSV"),
        (f"{HEAD}\n{ROW}\n".replace("35.5", "95.9").encode(), "Fahrenheit"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_to_do(content: bytes, says: str) -> None:
    result = replay("-", content=content)
    assert (result.exit_code, result.stdout) == (1, "")
    assert says in result.stderr


def test_a_row_without_a_reading_is_told_and_left_out() -> None:
    result = given(ROW, "2020-02-08T08:00:30,a,face,,21", "2020-02-08T08:01:00,b,face,NaN,21")
    assert [one["person"] for one in answers(result)] == ["a"]
    assert result.stderr.count("no reading, left out 没有读数，已略过") == 2


def test_a_file_that_names_one_person_only_is_one_visit_that_ends() -> None:
    rows = [f"2020-02-08T08:00:00,x,face,{35 + n % 10 / 10},21" for n in range(3_000)]
    (one,) = answers(replay("-", "--readings", "all", content="\n".join((HEAD, *rows)).encode()))
    assert one["verdict"] == "normal"
    assert one["readings_used"] == MOST_READINGS


@pytest.mark.parametrize("options", [("--prevalence", "0"), ("--prevalence", "1"), ("--readings", "some")])
def test_a_wrong_option_is_a_fault_of_usage(options: tuple[str, str]) -> None:
    assert replay("-", *options, content=f"{HEAD}\n{ROW}".encode()).exit_code == 2


def test_a_file_that_is_not_there_is_a_fault_of_usage(tmp_path: Path) -> None:
    assert replay(tmp_path / "none.csv").exit_code == 2


def test_prevalence_and_cuts_are_the_configurations_where_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "gatepost.toml"
    start = '[gate]\nid = "g"\nname = "g"\n[[lane]]\nname = "in"\nprocedure = "compound"\n[screening]\n'
    rows = [f"2020-02-08T08:0{n}:00+08:00,a,face,35.9,21" for n in range(3)]
    content = "\n".join((HEAD, *rows)).encode()

    def told(numbers: str, *options: str) -> dict[str, Any]:
        path.write_text(start + numbers, encoding="utf-8")
        (line,) = answers(replay("-", "--config", str(path), *options, content=content))
        return line

    (plain,) = answers(given(*rows))
    assert told("") == plain
    assert plain["readings_used"] == 3
    common = told("prevalence_ppm = 90000\n")
    assert common["probability"] > 5 * plain["probability"]
    assert told("prevalence_ppm = 90000\n", "--prevalence", "0.005") == plain
    assert told("again_per_1000 = 50\n")["readings_used"] == 1
    path.write_text(start + "again_per_1000 = 7\n", encoding="utf-8")
    refused = replay("-", "--config", str(path), content=content)
    assert refused.exit_code == 3
    assert "again_per_1000" in refused.stderr
