"""WeCom (企业微信) smart hardware: the health state of a member or pupil, command get_health_status.

Protocol: {"cmd": "get_health_status", "headers": {"req_id"}, "body": {"userid", "user_type"}}, user_type 0
member (teacher), 2 pupil; the answer repeats the req_id, errcode 0, and `body.status` is an integer: 0
normal, 1 abnormal, 2 unknown or not filled in.
Source: developer.work.weixin.qq.com, documents 93993 (command, fields, values) and 93992.
Inferred: the protocol has no colours: normal counts as green and abnormal as red. It asks by user id, not by
a scanned code: the user id is what stands in the code behind `prefix`. The command travels on the terminal's
long connection to WeCom; `url` is a relay of the site that passes the envelope on and answers with its reply.
Limits: one state, no name, no time, no itinerary; the code itself is not checked by this command, so a code
that names a user id can be made by anybody who knows it: pair it with a face or a pass.
Tried against the real platform: no; on our own server that speaks as documented.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from drivers.options import option
from drivers.verifier._address import checked, path_of, secret
from drivers.verifier._line import HttpVerifier, Line, Question, text_of
from drivers.verifier._reading import Meaning, Said, composed, garbled, meant, whole
from edge.domain.facts import Colour
from edge.domain.ports import Inquiry, PlatformAnswer, PlatformState

STATUS: Mapping[int, Meaning] = MappingProxyType(
    {0: Colour.GREEN, 1: Colour.RED, 2: PlatformState.NOT_FOUND},
)
_USER_TYPES = {"member": 0, "pupil": 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Where to ask, and who the codes belong to."""

    url: str = option(doc="address of the site's relay to WeCom")
    prefix: str = option("", "text before the user id in the code")
    user_type: Literal["member", "pupil"] = option("member", "whose codes these are")
    secret_file: str = option("", "file with the relay's token alone; empty: none is sent")
    ca_file: str = option("", "certificates to trust instead of the system's; empty: none")
    plain: bool = option(False, "allow http beyond this machine")

    def __post_init__(self) -> None:
        checked(self.url, plain=self.plain)


def question(options: Options, inquiry: Inquiry, req_id: str, held: str = "") -> Question:
    """Return the request."""
    userid = text_of(inquiry.payload).removeprefix(options.prefix)
    envelope = {
        "cmd": "get_health_status",
        "headers": {"req_id": req_id},
        "body": {"userid": userid, "user_type": _USER_TYPES[options.user_type]},
    }
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {held}"} if held else {})
    return Question("POST", path_of(options.url), json.dumps(envelope).encode(), headers)


def reduced(inquiry: Inquiry, document: Any, req_id: str) -> PlatformAnswer:
    """Return what the answer amounts to. Raises DeviceUnavailable (`garbled`) for one to another question."""
    answer = whole(document)
    if whole(answer.get("headers"), "headers").get("req_id") != req_id:
        raise garbled("it belongs to another question")
    errcode = answer.get("errcode")
    if type(errcode) is not int:
        return composed(inquiry.kind, Said(health=PlatformState.NO_MEANING))
    if errcode != 0:
        return composed(inquiry.kind, Said(health=PlatformState.FAILED))
    status = whole(answer.get("body"), "body").get("status")
    return composed(inquiry.kind, Said(health=meant(STATUS, status)))


def connect(options: Options) -> "WeCom":
    """Return the port; nothing is asked yet. Raises DeviceUnavailable."""
    return WeCom(options, secret(options.secret_file, header=True))


class WeCom:
    """The port: every question has its own id, and an answer has to repeat it."""

    def __init__(
        self, options: Options, held: str, fresh: Callable[[], str] = lambda: uuid.uuid4().hex
    ) -> None:
        self._options, self._held, self._fresh = options, held, fresh
        self._line = Line(options.url, options.ca_file)

    def resolve(self, inquiry: Inquiry, timeout_s: float) -> PlatformAnswer:
        """Ask; see `edge.domain.ports.Verifier`."""
        userid = text_of(inquiry.payload).removeprefix(self._options.prefix)
        if not 0 < len(userid.encode()) <= 64 or not userid.isprintable():  # as long as WeCom allows
            return composed(inquiry.kind, Said(health=PlatformState.NOT_FOUND))
        req_id = self._fresh()
        port = HttpVerifier(
            self._line,
            lambda asked: question(self._options, asked, req_id, self._held),
            lambda asked, document: reduced(asked, document, req_id),
        )
        return port.resolve(inquiry, timeout_s)

    def close(self) -> None:
        """Break the line off. Idempotent."""
        self._line.close()
