"""The pages: kiosk, review, API, events. `create_app(gate)` makes them; nothing here is global."""

from edge.web.app import create_app

__all__ = ["create_app"]
