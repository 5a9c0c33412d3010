"""The camera port and its child process: real processes, real files, real signals."""

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from drivers import registry
from drivers.scanner import camera
from drivers.scanner.camera import CameraPort, Options, connect
from edge.domain.errors import ConfigError, DeviceUnavailable
from edge.domain.model import Scan
from tests.drivers.camera_files import PAYLOADS, code_picture, scene, stream, write_picture, write_video
from tests.paths import ROOT
from tests.waiting import until

pytestmark = pytest.mark.system

Open = Callable[[Options], CameraPort]


@pytest.fixture
def opening() -> Iterator[Open]:
    """Open cameras that are closed after the test."""
    ports: list[CameraPort] = []

    def open_camera(options: Options) -> CameraPort:
        ports.append(connect(options))
        return ports[-1]

    yield open_camera
    for port in ports:
        port.close()


def held_up(folder: Path, payload: bytes) -> Options:
    """A camera before which one code is held up in every other second."""
    frames = [scene(payload if 5 <= n < 20 else None, seed=n) for n in range(30)]
    return Options(source=f"file:{write_video(folder / 'held.avi', frames)}", loop=True)


def wall(folder: Path) -> Options:
    """A camera that sees a wall."""
    return Options(
        source=f"file:{write_video(folder / 'wall.avi', [scene(seed=n) for n in range(15)])}", loop=True
    )


def first_scan(port: CameraPort) -> Scan:
    return until(port.read, what="a scan")[0]


def started(port: CameraPort) -> CameraPort:
    until(lambda: port.read() or port.started, what="the first picture")
    return port


def failure(port: CameraPort, within_s: float = 10.0) -> DeviceUnavailable:
    """Read until the port fails, as the runner does, and return why."""
    errors: list[DeviceUnavailable] = []

    def fails() -> list[DeviceUnavailable]:
        try:
            port.read()
        except DeviceUnavailable as error:
            errors.append(error)
        return errors

    return until(fails, within_s, "the camera to fail")[0]


@pytest.mark.parametrize("payload", [PAYLOADS["chinese gb18030"], PAYLOADS["nul bytes"], PAYLOADS["html"]])
def test_a_code_held_up_arrives_byte_for_byte(tmp_path: Path, opening: Open, payload: bytes) -> None:
    scan = first_scan(opening(held_up(tmp_path, payload)))
    assert scan == Scan(payload, "QRCode", "zxing")


def test_the_longest_payload_passes_through_the_pipe(tmp_path: Path, opening: Open) -> None:
    path = write_picture(tmp_path / "big.png", code_picture(PAYLOADS["2900 characters"], pixels=3))
    assert first_scan(opening(Options(source=f"file:{path}"))).payload == PAYLOADS["2900 characters"]


def test_a_code_held_up_for_seconds_is_reported_at_most_twice_a_second(tmp_path: Path, opening: Open) -> None:
    port = opening(Options(source=f"file:{write_picture(tmp_path / 'p.png', scene(b'held for seconds'))}"))
    first_scan(port)
    start = time.monotonic()
    more = 0
    while time.monotonic() - start < 2.0:
        more += len(port.read())
    assert 1 <= more <= 5


def test_starting_is_shown_until_the_first_picture(tmp_path: Path, opening: Open) -> None:
    port = opening(wall(tmp_path))
    assert not port.started
    before = time.monotonic()
    assert port.read() == ()
    assert time.monotonic() - before < 5
    assert started(port).started


def test_the_gates_own_process_loads_neither_opencv_nor_numpy(tmp_path: Path) -> None:
    source = wall(tmp_path).source
    program = (
        "import sys\n"
        "from drivers import registry\n"
        f"table = {{'driver': 'camera', 'source': {source!r}, 'loop': True}}\n"
        "port = registry.load('scanner', table).connect()\n"
        "while not port.started:\n    port.read()\n"
        "port.close()\n"
        "print(sorted({'cv2', 'numpy', 'zxingcpp', 'pyzbar'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_a_stopped_child_is_noticed_and_replaced(tmp_path: Path, opening: Open) -> None:
    options = held_up(tmp_path, b"still here afterwards")
    port = started(opening(options))
    os.kill(port.pid, signal.SIGSTOP)
    error = failure(port, within_s=30.0)
    assert error.code == "hung"
    assert str(error).endswith(f"its process hung for {camera.SILENCE_S} s")
    # Three seconds are kept by our own two numbers; what the machine adds under load is its own.
    assert camera.SILENCE_S + camera._CATCH_UP_S < 3.0
    until(lambda: ended(port), what="the stopped child to end")
    assert first_scan(opening(options)).payload == b"still here afterwards"


def test_a_killed_child_is_noticed_at_once_and_replaced(tmp_path: Path, opening: Open) -> None:
    options = held_up(tmp_path, b"still here afterwards")
    port = started(opening(options))
    os.kill(port.pid, signal.SIGKILL)
    error = failure(port, within_s=30.0)
    # Not "hung": its end is noticed as such, not by its silence.
    assert error.code == "ended"
    assert "signal 9" in str(error)
    assert first_scan(opening(options)).payload == b"still here afterwards"


def test_a_child_stopped_before_its_first_picture_runs_into_the_starting_limit(
    tmp_path: Path, opening: Open
) -> None:
    port = opening(dataclasses.replace(wall(tmp_path), start_s=1.0))
    os.kill(port.pid, signal.SIGSTOP)
    assert failure(port).code == "hung"
    until(lambda: ended(port), what="the stopped child to end")


def test_polite_signals_do_not_end_the_child(tmp_path: Path, opening: Open) -> None:
    port = started(opening(wall(tmp_path)))
    frames = port.frames
    os.kill(port.pid, signal.SIGINT)
    os.kill(port.pid, signal.SIGTERM)
    until(lambda: port.read() or port.frames > frames + 5, what="frames after the signals")
    assert not gone(port.pid)


def test_the_child_ends_when_its_input_does(tmp_path: Path) -> None:
    # The parent is a process of its own that is killed and cannot say good-bye.
    program = (
        "import os, sys\n"
        "from drivers.scanner.camera import Options, connect\n"
        f"port = connect(Options(source={wall(tmp_path).source!r}, loop=True))\n"
        "while not port.started:\n    port.read()\n"
        "print(port.pid, flush=True)\n"
        "while True:\n    port.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not gone(child)
        parent.kill()
    until(lambda: gone(child), what="the child of a killed gate to end")


def test_an_absent_camera_is_absent(opening: Open) -> None:
    for source in ("63", "/dev/v4l/by-id/nothing", "file:/nowhere/at/all.avi"):
        with pytest.raises(DeviceUnavailable) as error:
            connect(Options(source=source))
        assert error.value.code == "absent"
    with stream([scene()]) as served:
        address = served.address
    error_of_stream = failure(opening(Options(source=address)))
    assert error_of_stream.code == "absent"
    assert "secret" not in str(error_of_stream)


def test_a_video_that_is_over_ends_the_camera(tmp_path: Path, opening: Open) -> None:
    path = write_video(tmp_path / "once.avi", [scene(b"seen once", seed=n) for n in range(15)])
    port = opening(Options(source=f"file:{path}"))
    assert first_scan(port).payload == b"seen once"
    error = failure(port)
    assert error.code == "ended"
    assert "over" in str(error)
    assert str(failure(port)) == str(error)  # and stays so


def test_a_broken_file_is_told_with_its_reason(tmp_path: Path, opening: Open) -> None:
    (tmp_path / "broken.avi").write_bytes(b"no video at all")
    error = failure(opening(Options(source=f"file:{tmp_path / 'broken.avi'}")))
    assert error.code == "absent"
    assert "broken.avi" in str(error)


def test_a_live_camera_that_stops_sending_is_lost(opening: Open) -> None:
    with stream([scene(seed=n) for n in range(5)]) as served:
        port = started(opening(Options(source=served.address)))
        served.sending.clear()
        error = failure(port, within_s=30.0)
    assert error.code in ("lost", "hung")
    assert "secret" not in str(error)


def test_a_live_camera_whose_picture_is_frozen_is_noticed(opening: Open) -> None:
    with stream([scene(seed=n) for n in range(5)]) as served:
        port = started(opening(Options(source=served.address, frozen_s=1.0)))
        frames = port.frames
        until(lambda: port.read() or port.frames > frames + 40, what="a while of noisy pictures")
        served.show([scene()])
        error = failure(port)
    assert error.code == "hung"
    assert "same picture" in str(error)


def test_restarts_leave_no_thread_file_or_process(tmp_path: Path) -> None:
    def held() -> tuple[int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    options = Options(source=f"file:{write_picture(tmp_path / 'p.png', scene())}")
    started(connect(options)).close()
    before = held()
    for turn in range(6):
        port = started(connect(options))
        if turn % 2:
            os.kill(port.pid, signal.SIGKILL)
            failure(port)
        port.close()
        until(partial(ended, port), what="the child to end")
    assert held() == before


def test_closing_unblocks_a_reader_within_a_second(tmp_path: Path) -> None:
    port = started(connect(wall(tmp_path)))
    errors: list[DeviceUnavailable] = []
    reader = threading.Thread(target=lambda: errors.append(failure(port)))
    reader.start()
    start = time.monotonic()
    port.close()
    reader.join(5)
    assert time.monotonic() - start < 10
    assert [error.code for error in errors] == ["ended"]


def test_what_a_broken_child_says_is_neither_believed_nor_logged(
    tmp_path: Path, opening: Open, caplog: pytest.LogCaptureFixture
) -> None:
    port = started(opening(wall(tmp_path)))
    for line in (
        b"garbage 13800000000\n",
        b"[]\n",
        b'{"kind":"scan"}\n',
        b'{"kind":"scan","payload":"*"}\n',
        b"\xff\n",
    ):
        port._take(line)
    assert port.read() == ()
    assert "13800000000" not in caplog.text


@pytest.mark.parametrize("source", ["", "camera", "ftp://somewhere", "-1", "①", "video0"])
def test_a_source_that_is_no_camera_is_a_fault_of_the_configuration(source: str) -> None:
    with pytest.raises(ConfigError) as fault:
        registry.load("scanner", {"driver": "camera", "source": source, "widht": 640})
    assert any("widht" in line for line in fault.value.faults)
    with pytest.raises(ConfigError, match="source"):
        registry.load("scanner", {"driver": "camera", "source": source})


def test_the_driver_describes_itself() -> None:
    info = registry.describe("scanner", "camera")
    assert [o.name for o in info.options] == [
        "source",
        "loop",
        "width",
        "height",
        "fps",
        "start_s",
        "frozen_s",
        *("mask_model", "mask_width", "mask_height", "mask_mean", "mask_scale", "mask_rgb"),
        *("mask_outputs", "mask_output", "mask_means", "mask_values"),
        *("mask_seen_per_1000", "mask_not_seen_per_1000", "mask_agree", "mask_every_ms"),
    ]
    assert all(o.doc for o in info.options)


def test_decoding_a_file_finds_every_code_once_while_it_is_held_up(tmp_path: Path) -> None:
    frames = [
        scene(b"the first one" if n < 8 else b"the second" if n > 12 else None, seed=n) for n in range(20)
    ]
    found = list(camera.decode_file(write_video(tmp_path / "two.avi", frames)))
    assert [(f.frame, f.payload) for f in found] == [(0, b"the first one"), (13, b"the second")]
    [picture] = camera.decode_file(write_picture(tmp_path / "p.png", scene(b"a picture")))
    assert (picture.frame, picture.payload, picture.symbology) == (0, b"a picture", "QRCode")
    assert 0 < picture.ms < 10_000


def test_decoding_a_file_without_a_code_says_so_once(tmp_path: Path) -> None:
    for path in (write_picture(tmp_path / "w.png", scene()), write_video(tmp_path / "w.avi", [scene()] * 3)):
        [nothing] = camera.decode_file(path)
        assert (nothing.frame, nothing.payload, nothing.decoder) == (None, None, None)


def test_decoding_what_is_no_picture_raises(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    for path in (tmp_path / "text.png", tmp_path / "missing.png", tmp_path):
        with pytest.raises(DeviceUnavailable):
            list(camera.decode_file(path))


def gone(pid: int) -> bool:
    """Whether no process, not even a zombie, has this number."""
    return not Path(f"/proc/{pid}").exists()


def ended(port: CameraPort) -> bool:
    """Whether the child is gone; a killed one takes its time on a busy machine, longer than a gate
    waits for it, and a second close is how the gate looks again."""
    port.close()
    return gone(port.pid)
