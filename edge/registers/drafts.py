"""What commands say of an entry, and the row that says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.domain.model import Instant
from edge.journal import Row, StoredRow
from edge.journal.register_file import scope_of

Open = str | int | bool | list[str] | list[int]


@dataclass(frozen=True, slots=True)
class Order:
    """Who gives a command, and an id under which it is carried out once."""

    command_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What an entry is to say: open fields, which must name nobody, and personal ones, which are sealed;
    `find` are the names of those it is looked up by. `from_us` and `until_us` bound the time it holds for.
    `reckoned` are the names of what nobody gave but the gate reckoned when the command came: repeated later
    it may come to others."""

    fields: Mapping[str, Open] = field(default_factory=dict)
    personal: Mapping[str, str] = field(default_factory=dict)
    find: tuple[str, ...] = ()
    lane: str | None = None
    from_us: int | None = None
    until_us: int | None = None
    reckoned: tuple[str, ...] = ()


def line_row(
    at: Instant,
    kind: str,
    register: str,
    number: int,
    draft: Draft,
    *,
    order: Order,
    imported: int = 0,
    line: int = 0,
    why: str = "",
) -> Row:
    """Return the row that says all of an entry; `line` of the file of an import."""
    body: dict[str, Any] = {"register": register, "entry": number, "fields": dict(draft.fields)}
    more: dict[str, Any] = {"from_us": draft.from_us, "until_us": draft.until_us}
    more |= {"import": imported or None, "line": line or None, "why": why or None}
    body |= {name: value for name, value in more.items() if value is not None}
    personal = {name: text for name, value in draft.personal.items() if (text := value.strip())}
    sealed: dict[str, Any] = {"fields": personal}
    if find := [name for name in draft.find if name in personal]:
        sealed["find"] = find
    scope = scope_of(register, number)
    return Row(kind, at, body | head(order), draft.lane, sealed if personal else None, scope)


def says(row: StoredRow, sealed: Mapping[str, Any] | None, draft: Draft) -> bool:
    """Say whether a row, whose personal fields are `sealed`, says what a draft does; but for what was
    reckoned. What is destroyed, None, says nothing to the contrary."""
    fresh = line_row(Instant(0, 0), row.kind, "", 0, draft, order=Order("", ""))
    if _given(row.body, row.lane, draft) != _given(fresh.body, fresh.lane, draft):
        return False
    return sealed is None or sealed.get("fields", {}) == (fresh.personal or {}).get("fields", {})


def head(order: Order) -> dict[str, str]:
    """Return who gave a command, and its id, as bodies have them."""
    return {"by": order.by} | ({"command_id": order.command_id} if order.command_id else {})


def _given(body: Mapping[str, Any], lane: str | None, draft: Draft) -> dict[str, Any]:
    fields = {name: value for name, value in body["fields"].items() if name not in draft.reckoned}
    span = {name: body.get(name) for name in ("from_us", "until_us") if name not in draft.reckoned}
    return {"fields": fields, "lane": lane, **span}
