"""The posted venue code of this place (R15), to be shown on a screen and printed: visitors scan it with their
own phones, so that the gate sees no more of it than what the attendant confirms."""

from flask import Blueprint, Response, make_response, render_template
from markupsafe import Markup

from edge.domain.errors import FormError
from edge.web.gate import Gate
from edge.web.roles import allow


def blueprint(gate: Gate) -> Blueprint:
    """Return `/venue`."""
    routes = Blueprint("venue", __name__)

    @routes.get("/venue")
    @allow("attendant", "manager", "observer")
    def page() -> Response:
        if not gate.venue_code:
            raise FormError("no_venue_code", "no venue code is configured", 404)
        return make_response(render_template("venue.html", picture=picture(gate.venue_code)))

    return routes


def picture(payload: str) -> Markup:
    """Return a code as a drawing to stand in a page: readable from a poster, and without styles of its own,
    which the page's policy would refuse."""
    import segno

    drawn = segno.make_qr(payload, error="Q").svg_inline(
        scale=8, border=4, svgclass=None, lineclass=None, omitsize=True
    )
    return Markup(drawn)  # noqa: S704 - drawn here, of rectangles
