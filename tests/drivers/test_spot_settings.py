"""What spot thermometers are told when their options ask for it, and what they then must say."""

import pytest

from drivers import registry
from drivers.thermometer import cjmcu90614, gy614, modbus_ir
from edge.domain.errors import ConfigError, DeviceUnavailable
from tests.drivers.lines import Pty
from tests.waiting import until

pytestmark = pytest.mark.system


@pytest.mark.parametrize(
    ("name", "options", "sent"),
    [
        ("gy614", {"emissivity": 0.98}, "A4 06 07 62 13"),
        ("gy614", {"emissivity": 1}, "A4 06 07 64 15"),
        ("gy614", {"continuous": True}, "A4 06 03 00 AD"),
        ("gy614", {"rate_hz": 10}, "A4 06 02 03 AF"),
        ("gy614", {"rate_hz": 1}, "A4 06 02 00 AC"),
        ("gy614", {"device_id": 0xA6, "continuous": True}, "A6 06 03 00 AF"),
        (
            "gy614",
            {"emissivity": 0.97, "rate_hz": 5, "continuous": True},
            "A4060761 12 A4060202AE A4060300AD",
        ),
        ("gy_mcu90614", {"continuous": True}, "A5 45 EA"),
        ("cjmcu90614", {"continuous": True}, "66 66 01 56"),
    ],
)
def test_an_option_sends_exactly_the_documented_command_once(
    name: str, options: dict[str, object], sent: str
) -> None:
    with Pty() as device:
        table = {"driver": name, "port": device.port, "silence_s": 0, **options}
        port = registry.load("thermometer", table).connect()
        try:
            port.read()
            assert device.received(64, timeout_s=0.2) == bytes.fromhex(sent)
        finally:
            port.close()


def test_frames_measured_with_another_emissivity_are_refused() -> None:
    with Pty() as device:
        table = {"driver": "gy614", "port": device.port, "silence_s": 0.3, "emissivity": 0.98}
        port = registry.load("thermometer", table).connect()
        try:
            device.send(gy614.encode(34.6, 24.0, 36.5, emissivity=98))
            [reading] = until(port.read, what="a reading")
            assert reading.surface_mdegc == 34_600
            device.send(gy614.encode(34.6, 24.0, 36.5, emissivity=95))
            with pytest.raises(DeviceUnavailable) as garbled:
                until(lambda: port.read() and False, what="the refusal")
            assert garbled.value.code == "garbled"
        finally:
            port.close()


def test_an_emissivity_between_two_percent_steps_is_the_nearest_of_them() -> None:
    assert gy614._orders(gy614.Options(port="x", emissivity=0.957)) == (
        bytes.fromhex("A406076011 12")[:4] + b"\x11",
    )


@pytest.mark.parametrize(
    ("name", "options", "key"),
    [
        ("gy614", {"emissivity": 0}, "emissivity"),
        ("gy614", {"emissivity": 98}, "emissivity"),
        ("gy614", {"rate_hz": 3}, "rate_hz"),
        ("gy614", {"device_id": 0xA5}, "device_id"),
        ("ascii_line", {"patterns": ["T=(?P<ambient>.+)", "B=(?P<body>.+)"]}, "patterns"),
        ("ascii_line", {"patterns": ["T=(.+)"]}, "patterns"),
        ("ascii_line", {"patterns": ["T=(?P<surface>.+"]}, "patterns"),
        ("optris", {"scale": "hs"}, "head"),
        ("optris", {"emissivity": 2}, "emissivity"),
        ("lu90614", {"every_s": 0.1}, "every_s"),
        ("afuiot_b1", {"every_s": 0.2}, "every_s"),
        ("modbus_ir", {"preset": "own"}, "surface_register"),
        ("modbus_ir", {"surface_register": 3}, "preset"),
        ("modbus_ir", {"preset": "own", "surface_register": 3, "emissivity": 0.9}, "emissivity"),
        ("modbus_ir", {"preset": "own", "surface_register": 3, "status_register": 90}, "surface_register"),
        ("modbus_ir", {"low_bits": [16]}, "low_bits"),
        ("modbus_ir", {"address": 0}, "address"),
        ("gy614", {"fov_deg": -1}, "fov_deg"),
    ],
)
def test_options_that_cannot_be_are_faults_of_their_key(
    name: str, options: dict[str, object], key: str
) -> None:
    with pytest.raises(ConfigError) as error:
        registry.load("thermometer", {"driver": name, "port": "x", **options})
    assert error.value.faults[0].startswith(f"{key}: ")


def test_only_volatile_registers_are_ever_written() -> None:
    """What is kept in the device's own memory wears out."""
    stored = {"pyromini": {0x07, 0x06, 0x08, 0x09}, "omega_miniusb": {0x07, 0x06}, "pyrousb": {0x08}}
    for preset, registers in modbus_ir.PRESETS.items():
        assert registers.emissivity not in stored[preset]
    [setting] = modbus_ir._settings(modbus_ir.Options(port="x", emissivity=0.95))
    assert setting.send[:6] == bytes([1, 6, 0, 0x17]) + (9500).to_bytes(2, "big")
    assert setting.volatile
    assert modbus_ir._settings(modbus_ir.Options(port="x")) == ()


def test_a_wrong_speed_or_module_is_named_with_the_speed_that_was_used() -> None:
    """The remedy says: compare driver and baud rate, named in the message, with the label."""
    with Pty() as device:
        table = {"driver": "gy_mcu90614", "port": device.port, "silence_s": 0.2, "baud": 115200}
        port = registry.load("thermometer", table).connect()
        try:
            device.send(b"\x00\xf8\x80\x00")
            with pytest.raises(DeviceUnavailable, match="115200 baud") as garbled:
                until(lambda: port.read() and False, what="the garbage")
            assert garbled.value.code == "garbled"
        finally:
            port.close()


def test_the_sum_of_a_cjmcu_is_settled_by_its_first_frame_and_counted() -> None:
    data_only = bytes.fromhex("66 66 01 04 0A 83 0A 83 1A")
    full = data_only[:8] + b"\xeb"
    decoder = cjmcu90614.Decoder(cjmcu90614.Options(port="x"))
    assert len(decoder.feed(data_only + full + data_only)) == 2
    assert (decoder.full_sums, decoder.bad_frames) == (0, 1)
    decoder = cjmcu90614.Decoder(cjmcu90614.Options(port="x"))
    assert len(decoder.feed(full + data_only + full)) == 2
    assert (decoder.full_sums, decoder.bad_frames) == (2, 1)
