"""`gatepost scan` through the command line, and the bench's rows."""

import base64
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import camera
from bench.qr import rows
from edge.cli import main
from tests.drivers.camera_files import PAYLOADS, code_picture, scene, write_picture, write_video
from tests.paths import shared

pytestmark = pytest.mark.system


def lines(*paths: Path) -> tuple[int, list[dict[str, object]], str]:
    done = CliRunner().invoke(main, ["scan", *map(str, paths)])
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_a_picture_gives_its_payload_as_text_and_exactly(tmp_path: Path) -> None:
    payload = PAYLOADS["chinese gb18030"]
    path = write_picture(tmp_path / "code.png", code_picture(payload))
    code, [found], _ = lines(path)
    assert code == 0
    assert set(found) == {"file", "frame", "payload", "payload_base64", "symbology", "decoder", "ms"}
    assert found["payload"] == payload.decode("gb18030")
    assert base64.b64decode(str(found["payload_base64"])) == payload
    assert (found["file"], found["frame"], found["symbology"], found["decoder"]) == (
        str(path),
        0,
        "QRCode",
        "zxing",
    )


def test_bytes_that_are_no_text_are_shown_in_hexadecimal(tmp_path: Path) -> None:
    payload = PAYLOADS["invalid utf-8"]
    _, [found], _ = lines(write_picture(tmp_path / "code.png", code_picture(payload)))
    assert found["payload"] == payload.hex()


def test_a_video_gives_the_frame_of_each_code(tmp_path: Path) -> None:
    frames = [
        scene(b"the first one" if n < 8 else b"the second" if n > 12 else None, seed=n) for n in range(20)
    ]
    code, found, _ = lines(write_video(tmp_path / "two.avi", frames))
    assert code == 0
    assert [(f["frame"], f["payload"]) for f in found] == [(0, "the first one"), (13, "the second")]


def test_a_file_without_a_code_gives_one_object_with_no_payload(tmp_path: Path) -> None:
    code, [found], _ = lines(write_picture(tmp_path / "wall.png", scene()))
    assert code == 0
    assert found["payload"] is None
    assert found["payload_base64"] is None


def test_an_unreadable_file_is_told_in_both_languages_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "no.png").write_text("no picture")
    good = write_picture(tmp_path / "code.png", code_picture(b"the good one"))
    code, [found], told = lines(tmp_path / "no.png", tmp_path / "missing.png", good)
    assert code == 1
    assert found["payload"] == "the good one"
    assert "cannot be read" in told
    assert "无法读取" in told
    assert "missing.png" in told


def test_the_bench_compares_with_every_peer_on_photographs_and_drawn_frames() -> None:
    shared("qr")
    table = {(row["name"], row["peer"]): row for row in rows(rounds=1, each=1, kinds=("pass",))}
    peers = {"zxing-cpp", "pyzbar", "opencv"}
    assert peers <= {peer for _, peer in table}
    for what in ("photographs", "frames"):
        for peer in (*peers, "zxing-cpp and pyzbar together"):
            assert table[f"qr.{what}_read", peer]["ratio"] >= 1, (what, peer)
        assert (
            table[f"qr.{what}_wrong", "zxing-cpp"]["value"]
            <= table[f"qr.{what}_wrong", "zxing-cpp"]["peer_value"]
        )
    assert table["qr.payloads_exact", "zxing-cpp"]["value"] == 9
    # Ten times what it is in a quiet hour: this only says that it is no other order of magnitude.
    assert table["qr.clutter_busy", "zxing-cpp"]["ratio"] < 12


def test_the_bench_counts_from_the_frame_that_shows_a_code_and_only_whole_turns() -> None:
    shown_at = 5 * camera.TURN_S + camera.HELD_AT / camera.FPS
    late = camera._late([shown_at - 0.1, shown_at + 0.25, shown_at + 0.9, shown_at + camera.TURN_S + 0.1])
    assert {turn: round(ms) for turn, ms in late.items()} == {5: 250, 6: 100}
    # A turn whose code was up before the watch began, or still was when it ended, counts for nothing.
    assert list(camera._turns(5 * camera.TURN_S, 6 * camera.TURN_S)) == [5]
    assert list(camera._turns(shown_at + 0.01, 6 * camera.TURN_S)) == []
    assert list(camera._turns(5 * camera.TURN_S, shown_at + 0.5)) == []
