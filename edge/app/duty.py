"""From the configuration to what the registers know of duty, and accounts whose holders have left."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from edge.app.lanes import policy_of
from edge.config import Loaded, Settings
from edge.config.roles import Title, load_readiness, load_roles
from edge.domain.duty import Post
from edge.domain.errors import ConfigError, JournalError
from edge.domain.model import Instant
from edge.domain.response import Limit, Reached
from edge.journal import Journal, Row, State
from edge.registers.book import Book
from edge.registers.duty_desk import DutyDesk
from edge.registers.duty_rules import HOUR_US, Checklist, DutyRules, Item, RoleSet

MINUTE_US = 60_000_000
log = logging.getLogger(__name__)


def desk_of(
    loaded: Loaded, book: Book, journal: Journal, now: Callable[[], Instant], append: Callable[[Row], int]
) -> DutyDesk:
    """Return the desk of a gate. Raises ConfigError for roles nobody knows and lanes that are not there."""
    return DutyDesk.of(book, rules_of(loaded.settings, loaded.path.parent), journal, now, append)


def rules_of(settings: Settings, folder: Path) -> DutyRules:
    """Return what a site has settled about duty. Raises ConfigError."""
    table, policy, files = settings.duty, policy_of(settings), files_of(folder)
    lanes = {lane.name for lane in settings.lane}
    faults, names = [], set[str]()
    for post in settings.post:
        unknown = [f'positions: no role "{role}"' for role in post.positions if role not in files["roles"]]
        unknown += [f'lanes: no lane "{lane}"' for lane in post.lanes if lane not in lanes]
        unknown += ["name: two posts have this name / 两个岗位同名"] if post.name in names else []
        faults += [f'[[post]] "{post.name}" {what}' for what in unknown]
        names.add(post.name)
    if faults:
        raise ConfigError(faults)
    limits = zip(Reached, (table.taken_minutes, table.there_minutes, table.done_minutes), strict=True)
    return DutyRules(
        posts=tuple(Post(post.name, post.windows, post.positions, post.lanes) for post in settings.post),
        **files,
        equipment=table.equipment,
        required=table.required,
        responsible=table.responsible,
        threshold_mdegc=policy.threshold_mdegc,
        plausible_mdegc=(policy.too_low_mdegc, policy.too_high_mdegc),
        grace_us=table.grace_minutes * MINUTE_US,
        longest_us=table.longest_hours * HOUR_US,
        limits=tuple(Limit(step, minutes * MINUTE_US) for step, minutes in limits if minutes is not None),
        zone=ZoneInfo(settings.gate.timezone),
    )


def files_of(folder: Path) -> dict[str, Any]:
    """Return what the files of a folder, over the shipped ones, say of roles and of the checklist at opening.
    Raises ConfigError."""
    roles, readiness = load_roles(folder), load_readiness(folder)
    items = tuple(Item(item.id, _names(item.title), item.read) for item in readiness.item)
    return {
        "roles": {code: _names(title) for code, title in roles.roles.items()},
        "sets": {code: RoleSet(_names(one.title), one.roles) for code, one in roles.sets.items()},
        "checklist": Checklist(_names(readiness.title), items),
    }


def close_leavers(state: State, now: Instant, append: Callable[[Row], object]) -> None:
    """Close the accounts whose holders have left, each with its row; none on a clock that is not believed.
    One that cannot be written down is closed at the next occasion."""
    from edge.web.users import Users

    if not now.clock.trusted:
        return
    users = Users(state)
    for user in users.leaving(now.at_us):
        body = {"account": user.name, "role": user.role, "by": "end_date"}
        try:
            append(Row("user.disabled", now, body))
        except JournalError as error:
            log.error("an account cannot be closed: the journal cannot commit: %s", error)
            return
        users.set_enabled(user.name, False)


def _names(title: Title) -> Mapping[str, str]:
    return {"zh_Hans": title.zh_Hans, "en": title.en}
