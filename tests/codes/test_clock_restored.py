"""A clock that stood still for a while: it can only be later than it shows."""

import pytest

from edge.codes.outcome import Claims, proven
from edge.domain.model import Carrier, CodeVerdict

NOW = 1_000


def judged(
    from_us: int | None, until_us: int | None, *, trusted: bool = True
) -> tuple[CodeVerdict, str | None]:
    claims = Claims("i", "k", from_us, until_us, {}, {}, "h")
    code = proven(Carrier.HC1, claims, NOW, clock_trusted=trusted, earliest=True)
    return code.verdict, code.reason


@pytest.mark.parametrize(
    ("from_us", "until_us", "verdict", "reason"),
    [
        (None, None, "valid", None),
        (NOW, NOW + 1, "valid", None),
        (None, NOW, "expired", "expired"),
        (NOW + 1, NOW, "expired", "expired"),
        (NOW + 1, None, "unverified", "clock_untrusted"),
    ],
)
def test_what_has_ended_has_ended_and_what_has_not_begun_is_doubtful(
    from_us: int | None, until_us: int | None, verdict: str, reason: str | None
) -> None:
    assert judged(from_us, until_us) == (verdict, reason)


def test_without_any_clock_nothing_is_in_date() -> None:
    assert judged(None, NOW, trusted=False) == ("unverified", "clock_untrusted")
