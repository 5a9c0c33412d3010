"""What `doctor` says of platforms: driver, secret, address; nobody's code is asked about."""

from pathlib import Path

import pytest

from drivers import registry
from edge.cli.doctor import platforms
from edge.cli.doctor.finding import Finding, Level
from edge.config import load

HEAD = """
[gate]
id = "g"
name = "门"
[[lane]]
name = "in"
procedure = "compound"
[[platform]]
name = "province"
carrier = "china_health"
match = ["https://hc.example/"]
"""
HTTP = """
[platform.verifier]
driver = "http"
url = "https://hc.example/verify?c={code}"
headers = ["authorization: Bearer {secret}"]
secret_file = "SECRET"
health_at = "/c"
health = { "1" = "green" }
"""


def looked(folder: Path, table: str, answer: int | str = 405) -> tuple[Finding, list[str]]:
    path = folder / "gatepost.toml"
    path.write_text(HEAD + table, "utf-8")
    reached: list[str] = []

    def reach(url: str) -> int | str:
        reached.append(url)
        return answer

    [found] = platforms.look(load(path, {}, drivers=registry).settings, registry, reach)
    return found, reached


def test_a_platform_that_answers_whatever_it_answers_is_there(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("hush", "utf-8")
    found, reached = looked(tmp_path, HTTP.replace("SECRET", str(tmp_path / "s")))
    assert (found.level, found.check) == (Level.OK, "verifier province")
    assert reached == ["https://hc.example/verify?c=code"]
    assert "hush" not in found.line("en")


@pytest.mark.parametrize("answer", ["dns", "refused", "timeout", "certificate"])
def test_a_platform_that_is_not_reached_is_a_fault_with_what_to_do(tmp_path: Path, answer: str) -> None:
    (tmp_path / "s").write_text("hush", "utf-8")
    found, _ = looked(tmp_path, HTTP.replace("SECRET", str(tmp_path / "s")), answer)
    assert found.level is Level.FAULT
    assert "hc.example" in found.line("en")
    assert found.do is not None


def test_a_secret_that_cannot_be_read_is_a_fault_before_anybody_is_asked(tmp_path: Path) -> None:
    found, reached = looked(tmp_path, HTTP.replace("SECRET", str(tmp_path / "gone")))
    assert found.level is Level.FAULT
    assert "secret_file" in found.line("en")
    assert reached == []


def test_nobody_to_ask_and_a_simulated_platform_say_what_they_are(tmp_path: Path) -> None:
    nobody, _ = looked(tmp_path, "")
    assert nobody.level is Level.WARN
    simulated, reached = looked(tmp_path, '[platform.verifier]\ndriver = "simulated"\n')
    assert (simulated.level, reached) == (Level.OK, [])
