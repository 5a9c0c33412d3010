"""Finding drivers by file name and checking their configuration."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import registry
from drivers.options import build, describe, option
from edge.domain.errors import ConfigError, DeviceUnavailable


def _faults(kind: str, table: dict[str, object]) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as error:
        registry.load(kind, table)
    return error.value.faults


def test_a_file_in_the_folder_is_a_driver_unless_it_starts_with_an_underscore() -> None:
    assert registry.KINDS == ("thermometer", "scanner", "barrier", "voice", "lights", "verifier", "notifier")
    assert {"gpio", "lcus1", "modbus_relay", "none", "simulated"} == set(registry.available("barrier"))
    assert {"wav", "none", "simulated"} == set(registry.available("voice"))
    assert {"serial", "none"} <= set(registry.available("scanner"))
    for kind in registry.KINDS:
        assert not [name for name in registry.available(kind) if name.startswith("_")]


def test_every_kind_has_a_driver_for_none_that_can_do_what_the_kind_does() -> None:
    for kind in registry.KINDS:
        driver = registry.load(kind, {"driver": "none"})
        port = driver.connect()
        port.close()
        port.close()
        assert not driver.simulated


def test_simulated_drivers_say_so_and_no_other_does() -> None:
    for kind in registry.KINDS:
        for name in registry.available(kind):
            assert registry.describe(kind, name).simulated is (name == "simulated")


def test_an_unknown_kind_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'thermometer'"):
        registry.available("termometer")


def test_a_misspelt_driver_is_named_with_the_nearest_and_the_list() -> None:
    [fault] = _faults("thermometer", {"driver": "gy_614", "port": "x"})
    assert fault.startswith("driver: ")
    assert "did you mean 'gy614'" in fault
    assert ", ".join(registry.available("thermometer")) in fault


@pytest.mark.parametrize(
    "table", [{}, {"driver": 5}, {"driver": None}, {"driver": "_frames"}, {"driver": ".."}]
)
def test_a_table_without_a_usable_driver_is_a_fault_of_that_key(table: dict[str, object]) -> None:
    [fault] = _faults("thermometer", table)
    assert fault.startswith("driver: ")


def test_every_fault_of_a_table_is_told_at_once() -> None:
    faults = _faults("thermometer", {"driver": "gy614", "prot": "x", "baud": "9600", "silence_s": -1})
    assert len(faults) == 4
    assert faults[0] == "prot: no such option; did you mean 'port'? / 没有这个选项；是不是 'port'？"
    assert faults[1].startswith("baud: expected a whole number without quotes, got '9600' / 应为整数")
    assert faults[2].startswith("silence_s: -1.0 is below")
    assert faults[3] == "port: missing; add it / 缺少，请补上"


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in registry.KINDS for name in registry.available(kind)]
)
def test_whatever_is_wrong_with_an_option_is_told_with_its_key_in_both_languages(
    kind: str, name: str
) -> None:
    options = registry.describe(kind, name).options
    wrong: tuple[object, ...] = ({}, None, "?", "a / b / c", ["?"], -1e9, 1e9, 1.5, True)
    tables: list[dict[str, object]] = [{"colour / 颜色": 1}, {}]
    for info in options:
        tables += [{info.name: value} for value in wrong]
    told = 0
    for table in tables:
        try:
            registry.load(kind, {"driver": name, **table})
        except ConfigError as error:
            known = {info.name for info in options} | set(table)
            for fault in error.faults:
                key, _, what = fault.partition(": ")
                halves = what.split(" / ")
                assert key in known, fault
                assert len(halves) % 2 == 0, fault
                assert not what.isascii(), fault
                told += 1
    assert told > 0


def test_what_two_devices_cannot_share_is_named_alike_however_it_is_written(tmp_path: Path) -> None:
    port, link = tmp_path / "ttyUSB0", tmp_path / "by-path"
    port.touch()
    link.symlink_to(port)

    def held(kind: str, **table: object) -> tuple[str, ...]:
        return registry.load(kind, table).holds

    assert held("barrier", driver="lcus1", port=str(link)) == (str(port),)
    assert held("thermometer", driver="gy614", port=str(port)) == (str(port),)
    assert held("thermometer", driver="gy614", port="socket://10.0.0.2:4001") == ("socket://10.0.0.2:4001",)
    assert held("scanner", driver="camera", source="7") == held(
        "scanner", driver="camera", source="/dev/video7"
    )
    assert held("scanner", driver="camera", source="rtsp://10.0.0.3/live") == ()
    assert held("scanner", driver="camera", source="file:/tmp/codes.avi") == ()
    assert held("barrier", driver="gpio", pin=17) == ("GPIO 17",)
    assert held("lights", driver="gpio_lights", red=17, button=5) == ("GPIO 17", "GPIO 5")
    chips = [held("thermometer", driver="mlx90614_i2c", address=address) for address in (0x5A, 0x5B)]
    assert chips == [("/dev/i2c-1 0x5a",), ("/dev/i2c-1 0x5b",)]
    assert [held(kind, driver="none") for kind in registry.KINDS] == [()] * len(registry.KINDS)


def test_options_that_are_right_alone_but_not_usable_are_faults_too() -> None:
    [fault] = _faults(
        "thermometer", {"driver": "ascii_line", "port": "x", "patterns": ["(?P<surface>\\d+", "x"]}
    )
    assert fault.startswith("patterns: ")
    [fault] = _faults("thermometer", {"driver": "ascii_line", "port": "x", "patterns": ["\\d+"]})
    assert "names none of the groups" in fault
    [fault] = _faults("thermometer", {"driver": "ascii_line", "port": "x", "encoding": "gbk18030"})
    assert fault.startswith("encoding: ")


def test_options_come_out_typed_with_defaults_filled_in() -> None:
    driver = registry.load("thermometer", {"driver": "gy614", "port": "/dev/x", "silence_s": 3})
    assert (driver.kind, driver.name, driver.simulated) == ("thermometer", "gy614", False)
    assert driver.options.silence_s == 3.0
    assert isinstance(driver.options.silence_s, float)
    assert driver.options.baud == 9600


def test_a_driver_whose_package_is_missing_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    driver = registry.load("barrier", {"driver": "lcus1", "port": "/dev/x"})
    with pytest.raises(DeviceUnavailable, match="package serial") as error:
        driver.connect()
    assert error.value.code == "absent"


def test_describing_and_checking_import_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from drivers import registry\n"
        "for kind in registry.KINDS:\n"
        "    for name in registry.available(kind):\n"
        "        registry.describe(kind, name)\n"
        "registry.load('thermometer', {'driver': 'gy614', 'port': 'x'})\n"
        "heavy = {'serial', 'cv2', 'numpy', 'zxingcpp', 'pyzbar', 'minimalmodbus', 'smbus2'}\n"
        "assert not heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@dataclass(frozen=True, kw_only=True)
class _Options:
    needed: str = option(doc="a text")
    number: int = option(3, "a number", least=1, most=9)
    share: float | None = option(None, "a share")
    flag: bool = option(False, "a flag")
    shape: Literal["round", "square"] = option("round", "a shape")
    names: tuple[str, ...] = option((), "names")


def test_options_are_described_with_type_default_and_choices() -> None:
    infos = {info.name: info for info in describe(_Options)}
    assert infos["needed"].required
    assert (infos["number"].type, infos["number"].default) == ("int", 3)
    assert (infos["share"].type, infos["share"].default) == ("float", None)
    assert infos["shape"].choices == ("round", "square")
    assert infos["names"].type == "list of str"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("number", True),
        ("number", 1.0),
        ("number", 0),
        ("number", 10),
        ("share", float("nan")),
        ("share", float("inf")),
        ("share", True),
        ("flag", 1),
        ("shape", "Round"),
        ("shape", 1),
        ("names", "a"),
        ("names", ["a", 1]),
        ("needed", 1),
        ("needed", None),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(key: str, value: object) -> None:
    with pytest.raises(ConfigError) as error:
        build(_Options, {"needed": "x", key: value})
    assert error.value.faults[0].startswith(f"{key}: ")


@settings(deadline=None)
@given(
    st.dictionaries(
        st.one_of(
            st.sampled_from(["needed", "number", "share", "flag", "shape", "names"]), st.text(max_size=8)
        ),
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text())),
    )
)
def test_any_table_gives_options_or_faults_and_nothing_else(table: dict[str, object]) -> None:
    try:
        options = build(_Options, table)
    except ConfigError as error:
        faults = error.faults
    else:
        assert isinstance(options.needed, str)
        assert 1 <= options.number <= 9
        return
    assert faults
    assert all(": " in fault for fault in faults)
