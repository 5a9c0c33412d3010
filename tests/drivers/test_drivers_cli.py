"""`gatepost thermometer read` and `gatepost drivers`, as a person or a script calls them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drivers import registry
from drivers.thermometer._pty import SimulatedModule
from drivers.thermometer._scene import Scene
from edge.cli import main
from tests.drivers.lines import Peer, Pty

pytestmark = pytest.mark.system

AIR = Scene(cycle_s=60.0, ambient_c=21.5)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def _read(*arguments: str) -> Result:
    return _run("thermometer", "read", *arguments)


def test_readings_come_out_as_json_lines_and_stop_at_the_count(tmp_path: Path) -> None:
    with SimulatedModule(tmp_path / "port", AIR, rate_hz=40) as module:
        result = _read("--driver", "gy614", "--port", str(module.link), "--count", "5", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == 5
    for line in lines:
        assert list(line) == ["surface_c", "ambient_c", "body_c", "quality", "raw"]
        assert line["ambient_c"] == 21.5
        assert line["quality"] == "ok"
        assert int.from_bytes(bytes.fromhex(line["raw"])[5:7], "big") / 100 == line["surface_c"]


def test_what_a_device_does_not_say_is_null() -> None:
    with Peer(b"TO:36.5\n") as device:
        result = _read("--driver", "ascii_line", "--port", device.url, "--count", "1", "--json")
    assert result.exit_code == 0, result.stderr
    [line] = [json.loads(text) for text in result.stdout.splitlines()]
    assert (line["surface_c"], line["ambient_c"], line["body_c"]) == (36.5, None, None)


def test_a_gate_without_a_thermometer_reads_nothing() -> None:
    result = _read("--driver", "none", "--seconds", "0.1", "--json")
    assert (result.exit_code, result.stdout) == (4, "")


def test_it_ends_after_the_seconds_asked_for(tmp_path: Path) -> None:
    with SimulatedModule(tmp_path / "port", AIR, rate_hz=20) as module:
        result = _read("--driver", "gy614", "--port", str(module.link), "--seconds", "0.5")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines
    assert all("surface 21." in line and "[ok]" in line for line in lines)


def test_a_device_that_is_not_there_ends_with_4(tmp_path: Path) -> None:
    result = _read("--driver", "gy614", "--port", str(tmp_path / "ttyUSB0"), "--json")
    assert result.exit_code == 4
    assert result.stdout == ""
    assert "(absent)" in result.stderr


def test_a_device_that_says_nothing_ends_with_4() -> None:
    with Pty() as device:
        result = _read("--driver", "gy614", "--port", device.port, "--option", "silence_s=0.2")
        assert result.exit_code == 4
        assert "(silent)" in result.stderr
        result = _read("--driver", "gy614", "--port", device.port, "--seconds", "0.1")
        assert result.exit_code == 4


def test_faults_on_the_command_line_are_all_told_and_end_with_2() -> None:
    result = _read("--driver", "gy614", "--option", "boud=1", "--option", "silence_s=x")
    assert result.exit_code == 2
    for fault in ("boud: no such option; did you mean 'baud'?", "silence_s: expected", "port: missing"):
        assert fault in result.stderr
    assert _read("--driver", "gy61", "--port", "x").exit_code == 2
    assert _read("--driver", "gy614", "--port", "x", "--option", "baud").exit_code == 2
    assert _read("--driver", "gy614", "--port", "x", "--count", "0").exit_code == 2
    assert _read("--port", "x").exit_code == 2


def test_options_of_every_type_can_be_given(tmp_path: Path) -> None:
    script = tmp_path / "5"
    script.write_text('{"cycle_s": 9, "ambient_c": 17, "people": []}')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)  # the script's name is a number and has to stay text
        result = _read(
            "--driver",
            "simulated",
            "--option",
            "script=5",
            "--option",
            "rate_hz=50",
            "--count",
            "1",
            "--json",
        )
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["ambient_c"] == 17.0


def test_the_drivers_are_listed_with_what_they_are_and_take() -> None:
    result = _run("drivers", "--json")
    assert result.exit_code == 0
    listed = [json.loads(line) for line in result.stdout.splitlines()]
    names = [(entry["kind"], entry["name"]) for entry in listed]
    assert names == [(kind, name) for kind in registry.KINDS for name in registry.available(kind)]
    gy614 = next(entry for entry in listed if entry["name"] == "gy614")
    assert "A4 03 07 07" in gy614["doc"]
    assert {"name", "type", "default", "doc", "required", "choices"} == set(gy614["options"][0])


def test_one_kind_can_be_listed_and_a_wrong_one_is_usage() -> None:
    result = _run("drivers", "barrier")
    assert result.exit_code == 0
    assert "barrier lcus1" in result.stdout
    assert "port (str, required)" in result.stdout
    assert "barrier simulated (simulated)" in result.stdout
    assert "thermometer" not in result.stdout.split("\n")[0]
    wrong = _run("drivers", "bariier")
    assert wrong.exit_code == 2
    assert "barrier" in wrong.stderr
