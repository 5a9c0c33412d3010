"""Any platform that answers JSON over HTTP, described in the configuration.

Protocol: one request for each code: `method`, `url`, `headers`, `body`. In all of them {code} stands for the
code's text, {id_number} for an ID number and {secret} for the line in `secret_file`; in the address they are
percent-encoded, in a body escaped as JSON. JSON pointers name the parts of the answer, and tables map the
platform's values to our names (green, yellow, orange, red, grey, expired, not_found, failed).
Source: RFC 9110, RFC 8259, RFC 6901; what a platform means by its values, only its own documents say.
Limits: one request, no log-in before it, no signature over it; answers up to 64 KB; no redirects. A value
that no table names is never a colour.
Tried against the real platform: there is none; on our own server.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

from drivers.options import option
from drivers.verifier._line import HttpVerifier, Line, Question, checked, path_of, secret, text_of
from drivers.verifier._stated import Answer, check, reduced
from edge.domain.ports import Inquiry

_SECRETIVE = ("authorization", "cookie", "key", "token", "secret", "password", "sign")


@dataclass(frozen=True, kw_only=True, slots=True)
class Options(Answer):
    """How to ask; how to read the answer stands in `Answer`."""

    url: str = option(doc="address to ask; may hold {code}")
    method: Literal["POST", "GET"] = option("POST", "how")
    headers: tuple[str, ...] = option((), 'further headers, each "name: value"; secrets only as {secret}')
    body: str = option('{"code": "{code}"}', "JSON text that is sent by POST")
    form: bool = option(False, "send the body's fields as a form instead of JSON")
    secret_file: str = option("", "file with the secret alone; empty: none")
    ca_file: str = option("", "certificates to trust instead of the system's; empty: none")
    plain: bool = option(False, "allow http beyond this machine")

    def __post_init__(self) -> None:
        checked(self.url.replace("{", "").replace("}", ""), plain=self.plain)
        check(self)
        _template(self)
        for line in self.headers:
            name, colon, value = line.partition(":")
            if not colon or not name.strip().isascii() or not value.strip() or not line.isprintable():
                raise ValueError('headers: write each as "name: value" / 每一项写成 "名称: 值"')
            if any(word in name.lower() for word in _SECRETIVE) and "{secret}" not in value:
                raise ValueError(
                    f"headers: {name}: keep it in secret_file and write {{secret}} here / "
                    f"{name}：内容放在 secret_file 里，这里写 {{secret}}"
                )
        written = " ".join((self.url, self.body, *self.headers))
        if ("{secret}" in written) != bool(self.secret_file):
            raise ValueError(
                "secret_file: goes together with {secret} in url, headers or body / "
                "secret_file 要和 url、headers 或 body 里的 {secret} 一起用"
            )
        if self.method == "GET" and "{code}" not in self.url:
            raise ValueError(
                "url: a GET asks by its address; write {code} into it / GET 靠地址查询，地址里要有 {code}"
            )


def question(options: Options, inquiry: Inquiry, held: str = "") -> Question:
    """Return the request."""
    words = {
        "{code}": text_of(inquiry.payload),
        "{id_number}": inquiry.id_number or "",
        "{secret}": held,
    }
    path = path_of(_filled(options.url, {word: quote(text, safe="") for word, text in words.items()}))
    headers = {}
    for line in options.headers:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = _filled(value.strip(), words)
    if options.method == "GET":
        return Question("GET", path, headers=headers)
    document = _deep(_template(options), words)
    if options.form:
        fields = {key: value for key, value in document.items() if isinstance(value, str)}
        headers = {"content-type": "application/x-www-form-urlencoded", **headers}
        return Question("POST", path, urlencode(fields).encode("ascii"), headers)
    headers = {"content-type": "application/json", **headers}
    return Question("POST", path, json.dumps(document, ensure_ascii=False).encode(), headers)


def connect(options: Options) -> HttpVerifier:
    """Return the port; nothing is asked yet. Raises DeviceUnavailable."""
    held = secret(options.secret_file)
    return HttpVerifier(
        Line(options.url.replace("{", "").replace("}", ""), options.ca_file),
        lambda inquiry: question(options, inquiry, held),
        lambda inquiry, document: reduced(options, inquiry, document),
    )


def _template(options: Options) -> dict[str, Any]:
    try:
        document = json.loads(options.body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ValueError(
            'body: write a JSON object, such as {"code": "{code}"} / 请写 JSON 对象，例如 {"code": "{code}"}'
        )
    return document


def _deep(value: Any, words: dict[str, str]) -> Any:
    """Fill in words where texts stand: what a code holds can never become part of the body's structure."""
    if isinstance(value, dict):
        return {key: _deep(inner, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [_deep(inner, words) for inner in value]
    return _filled(value, words) if isinstance(value, str) else value


def _filled(text: str, words: dict[str, str]) -> str:
    # One pass from the left: a code that holds "{secret}" is a code and nothing more.
    parts, rest = [], text
    while rest:
        spots = [(rest.find(word), word) for word in words if word in rest]
        if not spots:
            break
        index, word = min(spots)
        parts += [rest[:index], words[word]]
        rest = rest[index + len(word) :]
    return "".join([*parts, rest])
