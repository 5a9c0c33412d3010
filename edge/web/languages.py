"""In which language whoever asks reads."""

from flask import request

from edge.web.gate import Gate
from edge.web.words import LANGUAGES


def language_of(gate: Gate) -> str:
    """Return what was chosen in this browser, the gate's own before anything was."""
    chosen = request.cookies.get("language", "")
    return chosen if chosen in LANGUAGES else gate.language
