"""What the camera may be told, and the model that looks for a mask. Must not import OpenCV."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drivers.options import both, option
from drivers.scanner._camera_source import is_source, without_password


@dataclass(frozen=True, slots=True)
class Options:
    """What the camera may be told."""

    source: str = option(
        "0",
        'index ("0"), device path, "picamera2" (Pi camera module), rtsp:// or http:// address, file:/path',
    )
    loop: bool = option(False, "play a video file again and again")
    width: int = option(1280, "pixels asked of a device", least=160, most=7680)
    height: int = option(720, "pixels asked of a device", least=120, most=4320)
    fps: float = option(0.0, "pictures a second; 0: the file's own, 15 for a device", least=0.0, most=240.0)
    start_s: float = option(15.0, "how long the first picture may take", least=1.0, most=120.0)
    frozen_s: float = option(
        2.5,
        "a camera's picture that is the same to the last bit for so long is a fault (twelve times as long "
        "for H.264 streams, which repeat pictures); 0: never",
        least=0.0,
    )
    mask_model: str = option(
        "",
        "the site's own ONNX file that tells whether a mask is worn; empty: only the attendant looks",
    )
    mask_width: int = option(224, "pixels the model takes", least=8, most=2048)
    mask_height: int = option(224, "pixels the model takes", least=8, most=2048)
    mask_mean: tuple[float, ...] = option(
        (0.0, 0.0, 0.0), "taken from the three colours of 0 to 255, in the model's order"
    )
    mask_scale: float = option(1 / 255, "what the rest is multiplied by", least=1e-9, most=1000.0)
    mask_rgb: bool = option(True, "the model takes red, green, blue; false: blue, green, red")
    mask_outputs: int = option(2, "how many numbers the model gives", least=1, most=1000)
    mask_output: int = option(0, "which of them tells, counted from 0", least=0, most=999)
    mask_means: Literal["masked", "bare"] = option("masked", "what that number being high says")
    mask_values: Literal["share", "logit"] = option(
        "share",
        "what its numbers are: shares of 0 to 1, or logits (softmax, of one alone the sigmoid)",
    )
    mask_seen_per_1000: int = option(900, "a mask is seen from this share on", least=501, most=1000)
    mask_not_seen_per_1000: int = option(100, "none is worn up to this share", least=0, most=499)
    mask_agree: int = option(5, "how many pictures in a row have to agree", least=1, most=100)
    mask_every_ms: int = option(200, "how often a picture is looked at", least=20, most=10_000)

    def __post_init__(self) -> None:
        if not is_source(self.source):
            raise ValueError(
                "source: "
                + both(
                    f"{without_password(self.source)!r} is no camera; "
                    'give an index such as "0", /dev/..., picamera2, rtsp://... or file:/path',
                    f"{without_password(self.source)!r} 不是摄像头；"
                    '请写序号（如 "0"）、/dev/...、picamera2、rtsp://... 或 file:/路径',
                )
            )
        if self.mask_model and not Path(self.mask_model).is_absolute():
            raise ValueError(
                "mask_model: " + both("write the whole path, from / on", "请写完整路径，从 / 开始")
            )
        if self.mask_output >= self.mask_outputs:
            raise ValueError(
                "mask_output: "
                + both(
                    f"counted from 0, {self.mask_outputs} outputs end at {self.mask_outputs - 1}",
                    f"从 0 数起，{self.mask_outputs} 个输出的最后一个是 {self.mask_outputs - 1}",
                )
            )
        if len(self.mask_mean) != len("bgr") or not all(map(math.isfinite, self.mask_mean)):
            words = both("write three numbers, one a colour", "应为三个数字，每种颜色一个")
            raise ValueError(f"mask_mean: {words}")
