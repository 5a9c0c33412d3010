"""`gatepost calibrate`: what a thermometer is off by, found with ten people and a clinical thermometer.

Works on the running gate through its API, because a port has one reader and the journal one writer.
What it says goes to standard error, the result to standard output.
"""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote
from uuid import uuid4

import click

from edge.cli.config import load_or_exit, tell
from edge.cli.gate_client import Away, GateClient, Json, Refused, is_address, local_url
from edge.config import Text, language
from edge.domain.calibration import HOLDS_DAYS, Pair
from edge.domain.measuring import MAX_TEXT, MOST_DAYS

FAULTS, USAGE, AWAY = 1, 2, 6
METHOD = "paired"
CLOCK = Text(
    "The gate's clock is not believed, and a calibration has a date: gatepost clock confirm, or set.",
    "时钟未确认，而校准记录要有日期：请先运行 gatepost clock confirm 或 gatepost clock set。",
)
_STANDING = {
    "holds": Text("holds", "有效"),
    "due": Text("ends soon", "即将到期"),
    "expired": Text("has ended", "已过期"),
    "elsewhere": Text("not valid here: calibrate again", "在此无效，请重新校准"),
}


@dataclass(frozen=True, slots=True)
class _Lane:
    """A lane of a running gate, and what the gate says of its calibrations."""

    gate: GateClient
    name: str
    known: Json

    def path(self, what: str) -> str:
        return f"/api/v1/lanes/{quote(self.name, safe='')}/{what}"

    def again(self) -> "_Lane":
        """Return what the gate says now."""
        return _Lane(self.gate, self.name, self.gate.get(self.path("calibrations")))

    def found(self, device: str) -> Json | None:
        """Return the calibration on record for a thermometer."""
        return next((one for one in self.known["calibrations"] if one["device"] == device), None)


@click.command()
@click.option("--lane", help="The lane; needed where the gate has several.")
@click.option(
    "--device", help="The thermometer, as the page Devices names it; needed where there are several."
)
@click.option("--reference", help='The clinical thermometer, by make and number: "TH-1 No. 0815".')
@click.option("--site", default="forehead", show_default=True, help="Where the gate measures.")
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=HOLDS_DAYS,
    show_default=True,
    help="How long it counts.",
)
@click.option("--show", is_flag=True, help="Show what is on record, and end.")
@click.option("--undo", is_flag=True, help="Take the newest calibration back; a new record, with --reason.")
@click.option("--reason", help="Why it is taken back; it leaves the gate, so name nobody.")
@click.option("--url", help="Address of the running gate; else the configuration says it.")
@click.option(
    "--token",
    envvar="GATEPOST_TOKEN",
    help="A manager's, from `gatepost user token`; better in $GATEPOST_TOKEN.",
)
@click.option("--config", "path", type=click.Path(path_type=Path), help="The file; else it is searched for.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def calibrate(
    context: click.Context,
    *,
    lane: str | None,
    device: str | None,
    reference: str | None,
    site: str,
    days: int,
    show: bool,
    undo: bool,
    reason: str | None,
    url: str | None,
    token: str | None,
    path: Path | None,
    as_json: bool,
) -> None:
    """Find what a thermometer is off by, from ten pairs of readings, and have the gate write it down.

    The gate must be running. Ends with 6 when it does not answer, with 1 when nothing was written.
    """
    _check(reference, site, reason, show=show, undo=undo)
    try:
        chosen = _lane(context, url, lane, token, path)
        if show:
            _show(chosen, device, as_json)
            return
        name = _device(chosen, device)
        if not chosen.known["may_record"]:
            raise _usage(
                "this needs a manager's token: gatepost user token NAME",
                "需要物业账号的令牌：gatepost user token 账号",
            )
        if undo:
            body: Json = {"device": name, "reason": reason, "command_id": uuid4().hex}
            done = chosen.gate.post(chosen.path("calibration/withdraw"), body)
            _result(as_json, Text("taken back", "已撤销"), {"device": name, **done})
            return
        if not chosen.known["clock_trusted"]:  # asked for at the end, it would cost ten people's time
            _fail(context, FAULTS, CLOCK)
        pairs = _walk(chosen, name)
        facts: Json = {"method": METHOD, "reference": reference, "site": site, "days": days}
        _record(chosen, name, pairs, facts, as_json)
    except Away as error:
        _fail(context, AWAY, Text(f"no gate answers: {error}", f"门岗程序没有应答：{error}"))
    except Refused as error:
        _fail(context, USAGE if error.status in (401, 403, 404) else FAULTS, error.words)


def _check(reference: str | None, site: str, reason: str | None, *, show: bool, undo: bool) -> None:
    """Raise UsageError for what the gate would only refuse when ten people have been called."""
    if undo and not reason:
        raise _usage("--undo needs --reason", "--undo 要同时写 --reason（撤销理由）")
    if not (show or undo or reference):
        raise _usage(
            '--reference "make and number" of the clinical thermometer is needed',
            '要写 --reference "体温计型号和编号"',
        )
    for option, text in (("--reference", reference), ("--site", site), ("--reason", reason)):
        if text is not None and not (text.strip() and len(text) <= MAX_TEXT and text.isprintable()):
            raise _usage(
                f"{option}: 1 to {MAX_TEXT} characters on one line", f"{option}：写一行，1 至 {MAX_TEXT} 个字"
            )


def _lane(
    context: click.Context, url: str | None, lane: str | None, token: str | None, path: Path | None
) -> _Lane:
    if url is None or lane is None:
        settings = load_or_exit(context, path).settings
        if url is None and settings.web.port == 0:
            raise _usage("[web] listen has port 0: give --url", "[web] listen 的端口为 0：请写 --url")
        url = url or local_url(settings)
        names = [configured.name for configured in settings.lane]
        if lane is None and len(names) > 1:
            raise _usage(f"--lane is needed: {', '.join(names)}", f"要写 --lane：{'、'.join(names)}")
        lane = lane or names[0]
    if not is_address(url):
        raise _usage(f"--url {url}: http://host:port is meant", f"--url {url}：应为 http://主机:端口")
    if not token:
        asked = Text("token", "令牌").say(language(os.environ))
        token = str(click.prompt(asked, hide_input=True, err=True))
    token = token.strip()
    if not (token.isascii() and token.isprintable()):
        raise _usage(
            "that is no token: gatepost user token NAME", "这不是令牌：请运行 gatepost user token 账号"
        )
    return _Lane(GateClient(url, token), lane, {}).again()


def _device(lane: _Lane, device: str | None) -> str:
    calibrated = [str(one["device"]) for one in lane.known["calibrations"]]
    known = list(dict.fromkeys([*lane.known["thermometers"], *calibrated]))
    if device is None and len(known) == 1:
        return str(known[0])
    if device is None or device not in known:
        raise _usage(
            f"--device must be one of: {', '.join(known) or '(no thermometer here)'}",
            f"--device 应为其中之一：{'、'.join(known) or '（这里没有测温仪）'}",
        )
    return device


def _usage(en: str, zh: str) -> click.UsageError:
    return click.UsageError(Text(en, zh).say(language(os.environ)))


def _walk(lane: _Lane, device: str) -> list[Pair]:
    from edge.cli.pairing import Stopped, Walk

    tell(
        f"Ten pairs at lane {lane.name}, {device}. Keep visitors away; three healthy people or more, indoors "
        "for a quarter of an hour, the same distance and place each time. Each of these passages ends as not "
        "finished, for calibration.",
        f"通道 {lane.name}，{device}，共十对。期间请勿放行访客；请三位以上健康、在室内待满一刻钟的人，"
        "每次距离和位置相同。这些通行记为“未完成（校准）”。",
    )
    walk = Walk(lane.gate, quote(lane.name, safe=""), device, lambda text: tell(text.en, text.zh), _ask)
    try:
        return walk.pairs()
    except Stopped as stopped:
        _fail(click.get_current_context(), FAULTS, stopped.why)


def _record(lane: _Lane, device: str, pairs: list[Pair], facts: Json, as_json: bool) -> None:
    """Have the gate write it; a gate that does not answer just now must not cost ten people's time."""
    body: Json = facts | {
        "device": device,
        "command_id": uuid4().hex,  # the same for every try: a repetition is harmless
        "pairs": [
            {"surface_mdegc": pair.surface_mdegc, "reference_mdegc": pair.reference_mdegc} for pair in pairs
        ],
    }
    agreed = False
    while True:
        try:
            agreed = agreed or _is_still_wanted(lane, device)
            done = lane.gate.post(lane.path("calibration"), body)
            break
        except (Away, Refused) as error:
            mends = isinstance(error, Away) or error.status == 503 or error.code == "clock_unset"
            if not mends:
                raise
            words = error.words if isinstance(error, Refused) else Text(str(error), str(error))
            tell(words.en, words.zh)
            if _ask(Text("Enter: try again, q: stop", "回车重试，q 停止")).strip().lower() == "q":
                raise
    found: Json = {}
    with suppress(Away, Refused):  # it is written, and that is what has to be said
        found = lane.again().found(device) or {}
    _result(as_json, Text("written down", "已写入"), {**found, **done})


def _is_still_wanted(lane: _Lane, device: str) -> bool:
    """Ask, where somebody else has calibrated the same thermometer while this walk lasted."""
    before, newest = lane.found(device), lane.again().found(device)
    if newest is None or (before is not None and before["at_us"] == newest["at_us"]):
        return True
    tell(
        f"Meanwhile {newest['by']} has written down {newest['offset_mdegc'] / 1000:+.2f} °C for it.",
        f"期间 {newest['by']} 已写入该测温仪的校准：{newest['offset_mdegc'] / 1000:+.2f} °C。",
    )
    if (
        _ask(Text("y: write yours all the same; anything else: stop", "y 仍写入本次结果，其他停止"))
        .strip()
        .lower()
        != "y"
    ):
        _fail(
            click.get_current_context(), FAULTS, Text("Stopped; nothing was written.", "已停止，没有写入。")
        )
    return True


def _show(lane: _Lane, device: str | None, as_json: bool) -> None:
    names = [device] if device else lane.known["thermometers"]
    found = [one for one in lane.known["calibrations"] if device in (None, one["device"])]
    for one in found:
        click.echo(json.dumps({"lane": lane.name, **one}, ensure_ascii=False) if as_json else _line(one))
    for name in names:
        if name not in {one["device"] for one in found}:
            tell(f"{name}: not calibrated", f"{name}：未校准")


def _line(found: Json) -> str:
    until = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=found["until_us"])
    standing = _STANDING[found["standing"]].say(language(os.environ))
    return (
        f"{found['device']}  {found['offset_mdegc'] / 1000:+.2f} °C  ±{found['spread_mdegc'] / 1000:.2f}"
        f"  n={found['count']}  {found['reference']}  {found['by']}  -> {until:%Y-%m-%d}  {standing}"
    )


def _result(as_json: bool, what: Text, result: Json) -> None:
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    if "standing" in result:
        click.echo(_line(result))
    tell(f"{what.en} (row {result['sequence']})", f"{what.zh}（第 {result['sequence']} 条）")


def _ask(text: Text) -> str:
    return str(click.prompt(text.say(language(os.environ)), default="", show_default=False, err=True))


def _fail(context: click.Context, status: int, why: Text) -> NoReturn:
    tell(why.en, why.zh)
    context.exit(status)
    raise AssertionError("exit() does not return")
