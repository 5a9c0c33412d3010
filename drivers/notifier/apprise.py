"""Group robots and mail: WeCom, DingTalk, Feishu, e-mail and everything else that Apprise knows.

Protocol: that of each service, by the library Apprise; an address tells which. WeCom group robot
`wecombot://KEY`, DingTalk `dingtalk://SECRET@TOKEN`, Feishu `feishu://TOKEN`, mail
`mailtos://USER:PASSWORD@HOST?to=...`, any server `jsons://HOST/PATH`.
Source: the library's documents.
Limits: an address is a secret: it stands in a file that nobody else may read. What a service answers beyond
"taken" is not looked at. A message may come twice where one of several addresses failed.
Tried against: our own server; no service was written to.
"""

import importlib
import warnings
from dataclasses import dataclass
from typing import Any

from drivers.notifier._addresses import addresses
from drivers.options import option
from edge.domain.errors import DeviceUnavailable
from edge.domain.ports import Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Whom to write to."""

    urls_file: str = option(doc="file with the addresses, one a line, readable by nobody else")


class Robots:
    """The port of all addresses of a file."""

    def __init__(self, options: Options) -> None:
        self._urls = addresses(options.urls_file)
        # It loads what its services need with the first address: modules that go with Python 3.13.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            # Only here: a gate without robots need not hold it in memory.
            self._library: Any = importlib.import_module("apprise")
            known = [self._library.Apprise().add(url) for url in self._urls]
        if not all(known):  # an address itself is a secret: its line is named
            number = known.index(False) + 1
            raise DeviceUnavailable(
                f"{options.urls_file}, address {number}: not one that Apprise knows / 第 {number} 个不认识",
                code="denied",
            )

    def send(self, message: Message, timeout_s: float) -> None:
        """Send one message to every address. Raises DeviceUnavailable where one of them did not take it."""
        kind = self._library.NotifyType.WARNING if message.urgent else self._library.NotifyType.INFO
        failed = []
        for number, url in enumerate(self._urls, 1):
            sign = "&" if "?" in url else "?"
            service = self._library.Apprise()
            service.add(f"{url}{sign}rto={timeout_s:.1f}&cto={timeout_s:.1f}")
            if not service.notify(body=message.text, title=message.title, notify_type=kind):
                failed.append(str(number))
        if failed:
            raise DeviceUnavailable(
                f"address {', '.join(failed)} did not take it / 第 {'、'.join(failed)} 个地址没有收下",
                code="absent" if len(failed) == len(self._urls) else "garbled",
            )

    def close(self) -> None:
        """Nothing is kept open."""


def connect(options: Options) -> Robots:
    """Return the port; nothing is sent yet. Raises DeviceUnavailable."""
    return Robots(options)
