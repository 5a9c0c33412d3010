"""Looks at the camera's pictures with a model of the site's own: is a mask worn? In the capture child only.

A thread of its own loads the model and looks, so that codes are read as before; a model that cannot be
used is told once and asked no more, and is never a fault of the camera. It looks only while somebody is
named to it, and keeps nothing of a picture.
"""

import hashlib
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from drivers.scanner._capture_frames import Bgr, Colour, first_line

SYMBOLOGY = "Mask"
MASKED, BARE, UNSURE = "masked", "bare", "unsure"
_TRIAL_S = 30.0
_SLACK = 1e-3  # of a share: what rounding adds to 1

Say = Callable[..., None]


class ModelFault(Exception):
    """The model cannot be used; `code` is absent, broken or answers."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Model:
    """A model that has been loaded and has answered once as the site says that it does."""

    def __init__(self, terms: Mapping[str, Any]) -> None:
        """Raises ModelFault."""
        self._terms = terms
        content = content_of(terms)
        self.name = hashlib.sha256(content).hexdigest()[:16]
        try:
            self._net = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
        except cv2.error as error:
            raise ModelFault("broken", f"the model cannot be loaded: {first_line(error)}") from error
        self.score(np.zeros((terms["mask_height"], terms["mask_width"], 3), np.uint8))

    def score(self, picture: Bgr) -> int:
        """Return how surely a mask is worn, in thousandths. Raises ModelFault."""
        terms = self._terms
        size = terms["mask_width"], terms["mask_height"]
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        scale, mean = terms["mask_scale"], terms["mask_mean"]
        try:
            # OpenCV takes the mean in the order of the colours after they were swapped: the model's own.
            blob = cv2.dnn.blobFromImage(small, scale, size, mean, swapRB=terms["mask_rgb"], crop=False)
            self._net.setInput(blob)
            found = np.asarray(self._net.forward(), np.float64).reshape(-1)
        except cv2.error as error:
            raise ModelFault("broken", f"the model cannot be run: {first_line(error)}") from error
        share = _share(found, terms)
        return round(1000 * (share if terms["mask_means"] == MASKED else 1 - share))


def content_of(terms: Mapping[str, Any]) -> bytes:
    """Return the model's file. Raises ModelFault."""
    path = Path(terms["mask_model"])
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelFault("absent", f"{path} cannot be read: {error.strerror}") from error


def _share(found: npt.NDArray[np.float64], terms: Mapping[str, Any]) -> float:
    """Return the number that tells, of 0 to 1."""
    count = terms["mask_outputs"]
    if len(found) != count:
        raise ModelFault("answers", f"the model gives {len(found)} numbers, mask_outputs says {count}")
    if not np.isfinite(found).all():
        raise ModelFault("answers", "the model gives what is no number")
    if terms["mask_values"] == "logit":
        powers = np.exp(found - found.max()) if count > 1 else 1 / (1 + np.exp(-np.clip(found, -60, 60)))
        found = powers / powers.sum() if count > 1 else powers
    share = float(found[terms["mask_output"]])
    if not -_SLACK <= share <= 1 + _SLACK:
        raise ModelFault(
            "answers", f'the model gives {share:.3g}, no share of 0 to 1; mask_values = "logit"?'
        )
    return min(1.0, max(0.0, share))


def trial(terms: Mapping[str, Any]) -> None:
    """Load the model in a process of its own first: one that ends its process must not end the camera's.
    Raises ModelFault."""
    content_of(terms)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "drivers.scanner._mask"],
            input=json.dumps(dict(terms)).encode(),
            capture_output=True,
            check=False,
            timeout=_TRIAL_S,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelFault("broken", f"the model is not loaded within {_TRIAL_S:g} s") from error
    except OSError as error:
        raise ModelFault("broken", f"the model cannot be tried: {error.strerror}") from error
    if done.returncode:
        raise ModelFault("broken", f"loading the model ended its process ({done.returncode})")
    told = json.loads(done.stdout)
    if told is not None:
        raise ModelFault(*told)


class Looker:
    """Says of whoever is named whether a mask is worn, once as many pictures agree as the site asks for."""

    def __init__(self, terms: Mapping[str, Any], say: Say) -> None:
        """`say` takes the fields of a line for the gate, from any thread."""
        self._terms = terms
        self._say = say
        self._every_s = terms["mask_every_ms"] / 1000
        self._wanted: int | None = None
        self._due = 0.0
        self._ready = False
        self._pictures = queue.SimpleQueue[tuple[int, Colour]]()
        self._run: tuple[int, str] | None = None  # of whom, and what the pictures say
        self._scores: list[int] = []
        threading.Thread(target=self._work, name="mask", daemon=True).start()

    def ask(self, passage: int | None) -> None:
        """Look at whoever stands there under this number from now on; None: at nobody."""
        self._wanted, self._run = passage, None

    def offer(self, colour: Callable[[], Colour], now: float) -> None:
        """Take a picture where one is due. Returns at once: it is decoded and looked at elsewhere."""
        passage = self._wanted
        if passage is not None and self._ready and now >= self._due:
            self._ready, self._due = False, now + self._every_s
            self._pictures.put((passage, colour()))

    def _work(self) -> None:
        try:
            trial(self._terms)
            model = Model(self._terms)
            self._say(kind="mask_model", model=model.name)
            while True:
                self._ready = True
                passage, colour = self._pictures.get()
                picture = colour()
                if picture is not None:
                    self._take(passage, model.score(picture), model.name)
        except ModelFault as fault:
            self._say(kind="mask_model", code=fault.code, message=str(fault))
        except BrokenPipeError:
            return
        except (ValueError, TypeError, ArithmeticError, MemoryError, RuntimeError, OSError) as error:
            self._say(kind="mask_model", code="broken", message=f"the model: {type(error).__name__}")

    def _take(self, passage: int, score: int, model: str) -> None:
        found = _verdict(score, self._terms)
        if self._run != (passage, found):
            self._run, self._scores = (passage, found), []
        if len(self._scores) == self._terms["mask_agree"]:
            return  # told already
        self._scores.append(score)
        if len(self._scores) < self._terms["mask_agree"] or passage != self._wanted:
            return
        mean = round(sum(self._scores) / len(self._scores))
        told = {"passage": passage, "seen": found, "score": mean, "pictures": len(self._scores)}
        self._say(told | {"model": model}, kind="scan", symbology=SYMBOLOGY, decoder="mask")


def _verdict(score: int, terms: Mapping[str, Any]) -> str:
    if score >= terms["mask_seen_per_1000"]:
        return MASKED
    return BARE if score <= terms["mask_not_seen_per_1000"] else UNSURE


def main() -> None:
    """Try a model: terms on standard input, what is wrong with it on standard output (null: nothing)."""
    fault: list[str] | None = None
    try:
        cv2.setNumThreads(1)
        Model(json.loads(sys.stdin.buffer.read()))
    except ModelFault as error:
        fault = [error.code, str(error)]
    sys.stdout.write(json.dumps(fault))


if __name__ == "__main__":
    main()
