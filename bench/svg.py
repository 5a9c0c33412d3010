"""A plot as SVG text: axes, lines, dots, bands and bars. The same figures give the same text.

Only what the pictures of docs/screening.md need; a page in a browser draws its own (edge/web/chart.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH, HEIGHT = 720, 420
# Told apart also by people who see few colours (Okabe and Ito 2008).
BLUE, ORANGE, GREEN, GREY, RED = "#0072b2", "#e69f00", "#009e73", "#666666", "#d55e00"
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 64, 52
Point = tuple[float, float]


@dataclass(slots=True)
class Plot:
    """One plot; `across` and `up` are the ends of its axes, values beyond them are cut off. What is drawn
    first lies below."""

    title: str
    across: Point
    up: Point
    x_name: str
    y_name: str
    _parts: list[str] = field(default_factory=list)
    _legend: list[tuple[str, str, str, str]] = field(default_factory=list)

    def x(self, value: float) -> float:
        """Return where a value lies across, in the picture's own units."""
        return _place(value, self.across, _LEFT, WIDTH - _RIGHT)

    def y(self, value: float) -> float:
        """Return where a value lies in height, in the picture's own units."""
        return _place(value, self.up, HEIGHT - _BOTTOM, _TOP)

    def line(self, points: Sequence[Point], colour: str, name: str = "", dash: str = "") -> None:
        """Draw a line through points."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        drawn = f'fill="none" stroke="{colour}" stroke-width="2"{dashed}'
        self._parts.append(f'<polyline points="{self._points(points)}" {drawn}/>')
        self._named(name, colour, "line", dash)

    def area(self, points: Sequence[Point], colour: str) -> None:
        """Fill what lies within points."""
        self._parts.append(f'<polygon points="{self._points(points)}" fill="{colour}" fill-opacity="0.15"/>')

    def dots(self, points: Sequence[Point], colour: str, name: str = "", size: float = 1.6) -> None:
        """Draw a dot at each point that lies within the axes."""
        self._parts += [
            f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="{size}" fill="{colour}"/>'
            for x, y in points
            if self.across[0] <= x <= self.across[1] and self.up[0] <= y <= self.up[1]
        ]
        self._named(name, colour, "dot")

    def bar(self, left: float, right: float, value: float, colour: str, name: str = "") -> None:
        """Draw a bar from the bottom, with its value above it."""
        x, top, floor = self.x(left), self.y(value), self.y(self.up[0])
        self._parts.append(
            f'<rect x="{x:.1f}" y="{top:.1f}" width="{self.x(right) - x:.1f}" height="{floor - top:.1f}" '
            f'fill="{colour}"/>'
        )
        middle = (x + self.x(right)) / 2
        self._parts.append(_text(middle, top - 4, f"{value:.0f}", anchor="middle", size=12))
        self._named(name, colour, "bar")

    def text(self, x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]]) -> str:
        """Return the whole picture; ticks are (value, label)."""
        left, floor = self.x(self.across[0]), self.y(self.up[0])
        right, top = self.x(self.across[1]), self.y(self.up[1])
        out = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="sans-serif" role="img">',
            f"<title>{escape(self.title)}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            _text(_LEFT, 22, self.title, size=15),
        ]
        for value, label in y_ticks:
            out.append(f'<path d="M{left:.1f} {self.y(value):.1f}H{right:.1f}" stroke="#dddddd"/>')
            out.append(_text(left - 6, self.y(value) + 4, label, anchor="end", size=12))
        out += [_text(self.x(value), floor + 18, label, anchor="middle", size=12) for value, label in x_ticks]
        out.append(f'<path d="M{left:.1f} {top:.1f}V{floor:.1f}H{right:.1f}" fill="none" stroke="{GREY}"/>')
        out += self._parts
        out += self._keys()
        out.append(_text((left + right) / 2, HEIGHT - 10, self.x_name, anchor="middle", size=13))
        out.append(
            f'<g transform="translate(16 {(top + floor) / 2:.1f}) rotate(-90)">'
            + _text(0, 0, self.y_name, anchor="middle", size=13)
            + "</g>"
        )
        return "\n".join([*out, "</svg>", ""])

    def _points(self, points: Sequence[Point]) -> str:
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)

    def _named(self, name: str, colour: str, shape: str, dash: str = "") -> None:
        if name and all(name != known for known, *_ in self._legend):
            self._legend.append((name, colour, shape, dash))

    def _keys(self) -> list[str]:
        """The names of what is drawn, in columns above the plot."""
        out = []
        wide = (WIDTH - _LEFT - _RIGHT) / max(1, (len(self._legend) + 1) // 2)
        for number, (name, colour, shape, dash) in enumerate(self._legend):
            x, y = _LEFT + wide * (number // 2), 38 + 16 * (number % 2)
            high = {"line": 2, "dot": 6, "bar": 10}[shape]
            long = 6 if shape == "dot" else 24
            dashed = f' stroke-dasharray="{dash}"' if dash else ""
            out.append(f'<path d="M{x:.1f} {y - 4}h{long}" stroke="{colour}" stroke-width="{high}"{dashed}/>')
            out.append(_text(x + 30, y, name, size=12))
        return out


def _place(value: float, ends: Point, low: float, high: float) -> float:
    share = (min(max(value, ends[0]), ends[1]) - ends[0]) / (ends[1] - ends[0])
    return low + share * (high - low)


def _text(x: float, y: float, text: str, *, size: int, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="#222222">'
        f"{escape(text)}</text>"
    )
