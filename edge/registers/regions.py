"""The dated list of regions and their levels (中高风险地区), and which of them a text names.

A few hundred lines, kept in memory and read anew after any change of a register, and every ten seconds.
"""

import unicodedata

from edge.domain.errors import JournalError
from edge.domain.known import Place
from edge.domain.model import Instant
from edge.journal import Entry, Reader
from edge.registers.kinds import Field, Kind
from edge.registers.people import TIMES

REGISTER = "regions"
LEVELS = {
    "listed": ("重点地区", "重点疫区", "管控地区", "封控", "封控区", "重点管控"),
    "high": ("高风险", "高风险地区", "高"),
    "medium": ("中风险", "中风险地区", "中"),
    "low": ("低风险", "低风险地区", "低", "常态化"),
}
REGIONS = Kind(
    REGISTER,
    "中高风险地区",
    "Regions",
    (
        Field("region", "地区", "region", also=("地区名称", "风险地区", "区域名称", "行政区")),
        Field("level", "风险等级", "level", "choice", also=("等级", "级别", "风险级别"), choices=LEVELS),
        *TIMES,
        Field("source", "发布单位", "published by", also=("来源", "文号", "发布文号")),
    ),
    needs=(("region",), ("level",)),
    same=(("region",),),
)
AGAIN_US = 10_000_000
_PAGE = 500
# Written or left out by whoever speaks of a place.
_ENDINGS = ("特别行政区", "自治区", "自治州", "街道", "省", "市", "区", "县", "镇", "乡")


class Regions:
    """The regions in force; `version` is the newest row of the list."""

    def __init__(self) -> None:
        self._entries: list[tuple[Entry, str]] = []
        self.stale = True
        self.version = 0
        self._read_us = 0

    def places(self, told: str, text: str, at: Instant, reader: Reader) -> tuple[Place, ...]:
        """Return the regions a text names, of those whose time has begun and is not over."""
        # Another process may have imported a list: nobody tells this one of it.
        if self.stale or abs(at.mono_us - self._read_us) >= AGAIN_US:
            self._read_us = at.mono_us
            self._read(reader)
        plain = _plain(text)
        return tuple(
            Place(told, str(entry.fields["region"]), str(entry.fields.get("level", "")), entry.number)
            for entry, region in self._entries
            if region in plain and _in_force(entry, at)
        )

    def _read(self, reader: Reader) -> None:
        self.stale = False  # before it is read: what changes meanwhile is read the next time
        try:
            entries = _all(reader)
        except JournalError:
            self.stale = True
            raise
        self._entries = [(one, _short(_plain(str(one.fields.get("region", ""))))) for one in entries]
        self._entries = [(one, region) for one, region in self._entries if region]
        self.version = max((entry.seqs[-1] for entry in entries), default=0)


def _all(reader: Reader) -> list[Entry]:
    entries: list[Entry] = []
    while found := reader.entries(
        REGISTER, open_=True, after=entries[-1].number if entries else 0, limit=_PAGE
    ):
        entries += found
    return entries


def _in_force(entry: Entry, at: Instant) -> bool:
    if not at.clock.trusted:
        return True
    begun = entry.from_us is None or entry.from_us <= at.at_us
    return begun and (entry.until_us is None or at.at_us < entry.until_us)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def _short(region: str) -> str:
    """Return a region without the last word for what it is: `湖北省` is meant by `湖北` as well."""
    ending = next((e for e in _ENDINGS if region.endswith(e) and len(region) > len(e) + 1), "")
    return region.removesuffix(ending)
