"""Where pictures come from: pace of files, raw formats of devices, faults by name."""

import time
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.scanner._capture_frames import Source, SourceFault, grey_of
from drivers.scanner._capture_sources import (
    VideoFile,
    open_source,
    open_video,
    read_picture_file,
)
from drivers.scanner._regions import Grey
from tests.drivers.camera_files import scene, stream, write_picture, write_video
from tests.waiting import until

pytestmark = pytest.mark.system


def opened(source: str, *, loop: bool = False, fps: float = 0.0) -> VideoFile:
    video = open_source(source, loop=loop, width=640, height=480, fps=fps)
    assert isinstance(video, VideoFile)
    return video


def steps(count: int) -> list[Grey]:
    """Frames whose brightness tells their number: 10, 30, 50 ..."""
    return [np.full((48, 64), 10 + 20 * n, np.uint8) for n in range(count)]


def number(frame: Grey) -> int:
    return round((float(frame.mean()) - 10) / 20)


def test_a_looping_video_shows_the_frame_the_monotonic_clock_asks_for(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.avi", steps(10), fps=20)
    video = opened(f"file:{path}", loop=True)
    shown: list[bool] = []
    while len(shown) < 25:
        before = time.monotonic()
        frame = video.read()
        after = time.monotonic()
        if frame is not None:
            due = {int(t * 20) % 10 for t in np.linspace(before, after, 50)}
            shown.append(number(frame) in due)
    video.close()
    assert all(shown)


@pytest.mark.parametrize("first", range(10))
@pytest.mark.parametrize("after", range(10))
def test_a_video_goes_on_right_from_any_frame_to_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int, after: int
) -> None:
    video = opened(f"file:{write_video(tmp_path / 'v.avi', steps(10), fps=20)}", loop=True)
    due = iter((first, 10 + after, 11 + after))
    monkeypatch.setattr(video, "_pace", SimpleNamespace(wait=lambda: next(due)))
    shown = [video.read() for _ in range(3)]
    video.close()
    assert [number(frame) for frame in shown if frame is not None] == [first, after, (after + 1) % 10]


def test_a_slower_pace_than_the_videos_own_can_be_asked_for(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.avi", steps(5), fps=30)
    video = opened(f"file://{path}", loop=True, fps=4)
    start = time.monotonic()
    got = 0
    while got < 5:
        got += video.read() is not None
    assert time.monotonic() - start >= 0.7  # four steps of a quarter second, the first perhaps cut short
    video.close()


def test_a_slow_source_still_returns_four_times_a_second(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.avi", steps(3), fps=30)
    video = opened(f"file:{path}", loop=True, fps=0.2)
    start = time.monotonic()
    video.read()
    video.read()
    assert time.monotonic() - start < 4.5  # a frame comes every five
    video.close()


def test_a_video_that_does_not_loop_ends_and_says_so(tmp_path: Path) -> None:
    video = opened(f"file:{write_video(tmp_path / 'v.avi', steps(8), fps=60)}")
    shown: list[int] = []

    def play() -> None:
        while True:
            frame = video.read()
            if frame is not None:
                shown.append(number(frame))

    with pytest.raises(SourceFault) as fault:
        play()
    assert fault.value.code == "ended"
    assert shown[0] == 0
    assert shown == sorted(shown)
    video.close()


@pytest.mark.parametrize(
    ("name", "content"), [("a.avi", b""), ("a.avi", b"RIFF\x00\x00"), ("a.mp4", b"no video" * 99)]
)
def test_a_file_that_is_no_picture_or_video_is_absent(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceFault) as fault:
        open_source(f"file:{tmp_path / name}", loop=True, width=640, height=480, fps=0)
    assert fault.value.code == "absent"


@pytest.mark.parametrize("source", ["63", "/dev/video63", "/dev/v4l/by-id/none", "file:/nowhere/at/all.avi"])
def test_what_is_not_there_is_absent(source: str) -> None:
    with pytest.raises(SourceFault) as fault:
        open_source(source, loop=False, width=640, height=480, fps=15)
    assert fault.value.code == "absent"


def test_a_stream_that_nobody_serves_is_absent_and_its_password_is_not_told() -> None:
    with stream([scene()]) as camera:
        address = camera.address
    with pytest.raises(SourceFault) as fault:
        open_source(address, loop=False, width=640, height=480, fps=0)
    assert fault.value.code == "absent"
    assert "secret" not in str(fault.value)


def test_a_stream_that_is_served_gives_grey_frames() -> None:
    with stream([scene(seed=n) for n in range(3)]) as camera:
        source = open_source(camera.address, loop=False, width=640, height=480, fps=0)
        assert next_frame(source).shape == (480, 640)
        source.close()


def test_brightness_is_taken_from_raw_frames_without_the_way_through_colour() -> None:
    luma = scene()
    other = np.full_like(luma, 99)
    assert np.array_equal(some(grey_of(np.dstack([luma, other]), "YUYV")), luma)
    assert np.array_equal(some(grey_of(np.dstack([other, luma]), "UYVY")), luma)
    assert np.array_equal(some(grey_of(np.vstack([luma, other[:240]]), "NV12", 480)), luma)
    assert np.array_equal(some(grey_of(luma, "GREY", 480)), luma)
    assert np.array_equal(some(grey_of(np.dstack([luma] * 3))), luma)
    jpeg = cv2.imencode(".jpg", luma)[1].reshape(1, -1)
    assert np.abs(some(grey_of(jpeg, "MJPG", 480)).astype(int) - luma).max() < 30


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_a_damaged_frame_is_none_and_no_exception(damaged: bytes) -> None:
    frame = np.frombuffer(b"\xff\xd8\xff" + damaged, np.uint8).reshape(1, -1)
    grey = grey_of(frame, "MJPG", 480)
    assert grey is None or grey.ndim == 2


def test_a_rotated_photograph_is_read_as_it_is_stored(tmp_path: Path) -> None:
    jpeg = cv2.imencode(".jpg", np.zeros((40, 60), np.uint8))[1].tobytes()
    # An EXIF segment that says: turn by 90 degrees (orientation 6).
    tiff = b"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
    segment = b"Exif\x00\x00" + tiff
    path = tmp_path / "turned.jpg"
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2) + segment + jpeg[2:])
    turned = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert turned is not None
    assert turned.shape == (60, 40)  # the trap: OpenCV turns it
    assert read_picture_file(path).shape == (40, 60)


def test_a_picture_stands_before_the_camera_for_ever(tmp_path: Path) -> None:
    source = open_source(
        f"file:{write_picture(tmp_path / 'p.png', scene())}", loop=False, width=0, height=0, fps=30
    )
    assert source.patience == 0  # and stands still for as long as it likes
    for _ in range(3):
        assert np.array_equal(next_frame(source), scene())
    source.close()


def next_frame(source: Source) -> Grey:
    frames: list[Grey] = []

    def came() -> list[Grey]:
        frame = source.read()
        if frame is not None:
            frames.append(frame)
        return frames

    return until(came, what="a frame")[0]


def some(frame: Grey | None) -> Grey:
    assert frame is not None
    return frame


def test_a_film_of_motion_jpeg_is_decoded_to_grey_and_keeps_its_place(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.avi", steps(10), fps=20)
    capture, fourcc = open_video(path)
    assert fourcc == "MJPG"
    shown = []
    while True:
        got, packet = capture.read()
        if not got:
            break
        assert packet.ndim == 2
        assert packet.reshape(-1)[:2].tobytes() == b"\xff\xd8"  # a JPEG as it is in the file, no pixels
        shown.append(number(some(grey_of(packet, fourcc))))
    capture.release()
    assert shown == list(range(10))


def test_a_film_in_another_format_is_left_to_ffmpeg(tmp_path: Path) -> None:
    path = tmp_path / "v.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 15, (64, 48))
    assert writer.isOpened()
    for step in steps(4):
        writer.write(cv2.cvtColor(step, cv2.COLOR_GRAY2BGR))
    writer.release()
    capture, fourcc = open_video(path)
    assert fourcc == ""
    got, frame = capture.read()
    capture.release()
    assert got
    assert number(some(grey_of(frame, fourcc))) == 0


def test_a_film_that_only_claims_to_be_motion_jpeg_is_left_to_ffmpeg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "v.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 15, (64, 48))
    for step in steps(4):
        writer.write(cv2.cvtColor(step, cv2.COLOR_GRAY2BGR))
    writer.release()
    monkeypatch.setattr("drivers.scanner._capture_frames.fourcc_of", lambda _: "MJPG")
    capture, fourcc = open_video(path)
    assert fourcc == ""
    got, frame = capture.read()
    capture.release()
    assert got
    assert number(some(grey_of(frame, fourcc))) == 0
