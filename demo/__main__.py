"""`./gate demo`: a gate, a district, a simulated attendant; made-up people for as long as wanted."""

import argparse
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import urllib3

from demo import timetable
from demo.attendant import Attendant
from demo.gun import Gun
from demo.summary import Summary, count
from demo.world import world
from edge.clock import Clock
from edge.config.model import Cases

ROOT = Path(__file__).resolve().parent.parent
READY_S = 60.0
# How long --passages may go on until every kind of passage was there and the district has all.
PATIENCE_CYCLES = 5


def main() -> int:
    """Run the demo; return the exit status."""
    arguments = _arguments()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    made = world(arguments.folder / "world")
    run = arguments.folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir(parents=True)
    from demo.district import EmbeddedDistrict

    district = EmbeddedDistrict(run / "district")
    (run / "uplink.token").write_text(district.add_gate("demo-gate"), "ascii")
    token = _accounts(run / "store", made)
    gun = Gun(run / "scanner-out", timetable.OUT, made["payloads"]["out"])
    gate = _start_gate(arguments, run, district.port)
    district.start()
    try:
        return _attend(arguments, Running(gate, district, gun, made, token), stop)
    finally:
        stop.set()
        gate.send_signal(signal.SIGTERM)
        try:
            gate.wait(20)
        except subprocess.TimeoutExpired:
            gate.kill()
            gate.wait()
        district.close()


class Running:
    """The parts that run, and what is known of them."""

    def __init__(
        self, gate: "subprocess.Popen[bytes]", district: Any, gun: Gun, made: dict[str, Any], token: str
    ) -> None:
        self.gate, self.district, self.gun, self.made, self.token = gate, district, gun, made, token


def _attend(arguments: argparse.Namespace, running: Running, stop: threading.Event) -> int:
    url = f"http://127.0.0.1:{arguments.port}"
    if not _wait_up(url, running.gate, stop):
        return 1 if not stop.is_set() else 0
    _greet(url, running)
    for table in timetable.LANES:
        attendant = Attendant(url, running.token, table, Cases().units[0])
        threading.Thread(target=attendant.run, args=(stop,), daemon=True).start()
    threading.Thread(target=running.gun.run, args=(stop,), daemon=True).start()
    deadline = time.monotonic() + arguments.seconds if arguments.seconds else None
    patience = time.monotonic() + PATIENCE_CYCLES * timetable.IN.cycle_s + 4 * arguments.passages
    while not stop.wait(0.5):
        if running.gate.poll() is not None:
            print(f"the gate ended by itself with {running.gate.returncode}", file=sys.stderr)
            return 1
        if deadline is not None and time.monotonic() >= deadline:
            break
        if arguments.passages:
            summary = count(url, running.token, running.district)
            if summary.at_gate >= arguments.passages and summary.every_kind:
                break
            if time.monotonic() > patience:
                print(f"not everything was seen in time: {summary}", file=sys.stderr)
                return 1
    return _close(arguments, running, url, stop)


def _close(arguments: argparse.Namespace, running: Running, url: str, stop: threading.Event) -> int:
    """Stop the gate, then see that the district has what the gate has."""
    interrupted = stop.is_set()
    stop.set()
    if interrupted:
        return 0
    summary = _settled(url, running)
    print(summary)
    return 0 if not arguments.passages or summary.same else 1


def _settled(url: str, running: Running, timeout_s: float = 20.0) -> Summary:
    """Wait until nobody passes and the district has caught up."""
    deadline = time.monotonic() + timeout_s
    while True:
        summary = count(url, running.token, running.district)
        if summary.same or time.monotonic() > deadline:
            return summary
        time.sleep(0.1)


def _start_gate(arguments: argparse.Namespace, run: Path, district_port: int) -> "subprocess.Popen[bytes]":
    text = (ROOT / "config" / "demo.toml").read_text("utf-8")
    for name, value in {
        "world": arguments.folder / "world",
        "run": run,
        "port": arguments.port,
        "district_port": district_port,
    }.items():
        text = text.replace("{" + name + "}", str(value))
    config = run / "gatepost.toml"
    config.write_text(text, "utf-8")
    # Reports need days, and nobody is there to confirm the clock of a machine without network time.
    Clock(run / "store").confirm()
    command = [sys.executable, "-m", "edge", "run", "--config", str(config)]
    environ = os.environ | {"GATEPOST_SIMULATED_ATTENDANT": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=environ)


def _accounts(store: Path, made: dict[str, Any]) -> str:
    """Make the demo's accounts; return a token for the simulated attendant."""
    from edge.journal import State
    from edge.web.users import ATTENDANT, MANAGER, Users

    state = State.open(store)
    users = Users(state)
    users.add("attendant", ATTENDANT, made["pin"])
    users.add("manager", MANAGER, made["manager"])
    users.add("simulated", MANAGER, made["manager"])
    token = users.issue_token("simulated")
    state.close()
    return token


def _wait_up(url: str, gate: "subprocess.Popen[bytes]", stop: threading.Event) -> bool:
    http = urllib3.PoolManager(retries=False)
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and gate.poll() is None and not stop.is_set():
        try:
            if http.request("GET", f"{url}/healthz", timeout=1.0).status == 200:
                return True
        except urllib3.exceptions.HTTPError:
            pass
        stop.wait(0.05)
    if not stop.is_set():
        print(f"the gate did not come up on {url}", file=sys.stderr)
    return False


def _greet(url: str, running: Running) -> None:
    made = running.made
    print(
        f"""
门岗屏 kiosk     {url}/kiosk/in   {url}/kiosk/out
查看页 review    {url}/review
区服务器 district http://127.0.0.1:{running.district.port}/   admin / {running.district.password}
登录 log in      attendant / {made["pin"]}    manager / {made["manager"]}
虚构的人物，模拟的设备和门岗。 Made-up people, simulated devices and attendant.   Ctrl-C ends.
""",
        flush=True,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./gate demo", description="A whole gate without hardware.")
    parser.add_argument("--port", type=int, default=8080, help="port of the pages (8080)")
    parser.add_argument("--seconds", type=float, default=0, help="end after so many seconds")
    parser.add_argument("--passages", type=int, default=0, help="end after so many passages")
    parser.add_argument("--folder", type=Path, default=ROOT / ".demo", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
