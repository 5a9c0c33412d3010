"""Any platform that answers JSON over HTTP, described in the configuration.

Protocol: one request for each code: `method`, `url`, `headers`, `body`. In all of them {code} stands for the
code's text, {id_number} for an ID number and {secret} for the line in `secret_file`; in the address and in
headers they are percent-encoded (a header's secret is sent as it is), in a body escaped as JSON. Where
{id_number} stands somewhere the platform is asked by ID number as well: {code} is empty then, and {id_number}
is where a code is asked about. JSON pointers name the parts of the answer, and tables map the platform's
values to our names (green, yellow, orange, red, grey, expired, not_found, failed).
Source: RFC 9110, RFC 8259, RFC 6901; what a platform means by its values, only its own documents say.
Limits: one request, no log-in before it, no signature over it; answers up to 64 KB; no redirects. A value
that no table names is never a colour.
Tried against the real platform: there is none; on our own server.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

from drivers.options import option
from drivers.verifier._address import bare, checked, header_name, no_secret, path_of, secret
from drivers.verifier._line import HttpVerifier, Line, Question, text_of
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
        beside = "{secret}" in self._written
        checked(self.url, plain=self.plain, beside=beside)
        check(self)
        for name, text in _texts(_template(self)):
            no_secret("body", name, text, beside=beside)
        for line in self.headers:
            _header(line)
        if beside != bool(self.secret_file):
            raise ValueError(
                "secret_file: goes together with {secret} in url, headers or body / "
                "secret_file 要和 url、headers 或 body 里的 {secret} 一起用"
            )
        if self.method == "GET" and "{code}" not in self.url:
            raise ValueError(
                "url: a GET asks by its address; write {code} into it / GET 靠地址查询，地址里要有 {code}"
            )

    @property
    def id_numbers(self) -> bool:
        """Whether it can be asked by ID number."""
        return "{id_number}" in (self.url if self.method == "GET" else self._written)

    @property
    def _written(self) -> str:
        return " ".join((self.url, self.body, *self.headers))


def question(options: Options, inquiry: Inquiry, held: str = "") -> Question:
    """Return the request."""
    words = {
        "{code}": text_of(inquiry.payload) if inquiry.id_number is None else "",
        "{id_number}": inquiry.id_number or "",
        "{secret}": held,
    }
    quoted = {word: quote(text, safe="") for word, text in words.items()}
    path = path_of(_filled(options.url, quoted))
    headers = {}
    for line in options.headers:
        name, _, value = line.partition(":")
        # What a code holds can end no header and be no letter that a header cannot hold.
        headers[name.strip().lower()] = _filled(value.strip(), {**quoted, "{secret}": held})
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
    held = secret(options.secret_file, header="{secret}" in " ".join(options.headers))
    return HttpVerifier(
        Line(bare(options.url), options.ca_file),
        lambda inquiry: question(options, inquiry, held),
        lambda inquiry, document: reduced(options, inquiry, document),
    )


def _header(line: str) -> None:
    name, colon, value = (part.strip() for part in line.partition(":"))
    if not colon or not value or not line.isprintable() or not line.isascii():
        raise ValueError(
            'headers: write each as "name: value", in ASCII / 每一项写成 "名称: 值"，只用英文字母、数字和符号'
        )
    header_name("headers", name)
    if any(word in name.lower() for word in _SECRETIVE) and "{secret}" not in value:
        raise ValueError(
            f"headers: {name}: keep it in secret_file and write {{secret}} here / "
            f"{name}：内容放在 secret_file 里，这里写 {{secret}}"
        )


def _texts(document: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield what a document says in texts and numbers, each with the name it stands under."""
    if isinstance(document, dict):
        for key, inner in document.items():
            yield from _texts(inner, key)
    elif isinstance(document, list):
        for inner in document:
            yield from _texts(inner, name)
    elif isinstance(document, str) or type(document) in (int, float):
        yield name, str(document)


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
