"""The pages: kiosk, review, API, events. `create_app(gate)` makes them; nothing here is global."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from edge.web.gate import Gate

__all__ = ["create_app"]


def create_app(gate: "Gate") -> "Flask":
    """Return the application of one gate (`edge.web.app`)."""
    # Here, so that accounts can be made without waiting for the web framework.
    from edge.web.app import create_app as create

    return create(gate)
