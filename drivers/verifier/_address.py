"""Addresses of platforms as a configuration may write them, and the secrets that are never written there."""

import re
from pathlib import Path
from urllib.parse import parse_qsl

from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url

from edge.domain.errors import DeviceUnavailable

_SECRET_BYTES = 4096
_LOCAL = ("127.0.0.1", "::1", "[::1]", "localhost")
_WORDS = re.compile(r"\{(?:code|id_number|secret)\}")
# How names end that stand for what nobody but the platform and the gate may know.
_SECRETIVE = ("token", "key", "secret", "sign", "signature", "password", "passwd", "pwd", "authorization")
# Public halves of a pair, by the custom of many platforms.
_PUBLIC = ("appkey", "accesskey")


def address(url: str) -> Url:
    """Return the parts of an address; ValueError where it is none a platform can have."""
    try:
        parts = parse_url(url)
    except HTTPError as error:
        raise ValueError("url: not an address / 不是网址") from error
    if parts.scheme not in ("http", "https") or not parts.host:
        raise ValueError(
            'url: write an address such as "https://platform.example/verify" / 请写 https:// 开头的完整地址'
        )
    if parts.auth:
        raise ValueError(
            "url: no user or password in the address; use secret_file / 地址里不要写密码，请用 secret_file"
        )
    return parts


def checked(url: str, *, plain: bool, beside: bool = False) -> None:
    """Refuse an address in a configuration that would show codes and secrets to everybody on the way, or a
    secret to everybody who reads the file; `beside` as for `no_secret`."""
    parts = address(bare(url))
    if _WORDS.search(url.partition("://")[2].partition("/")[0].partition("?")[0]):
        raise ValueError("url: the host itself has to be written out / 主机名要写全，不能用 {…} 代替")
    if parts.scheme == "http" and parts.host not in _LOCAL and not plain:
        raise ValueError(
            "url: http shows codes and secrets on the way; use https, or plain = true / "
            "http 不加密，码和密钥会被窃听；请用 https，或写 plain = true"
        )
    for name, value in parse_qsl(url.partition("#")[0].partition("?")[2], keep_blank_values=True):
        no_secret("url", name, value, beside=beside)


def bare(url: str) -> str:
    """Return an address with words in the place of what is filled in."""
    return url.replace("{", "").replace("}", "")


def no_secret(option: str, name: str, value: str, *, beside: bool) -> None:
    """Refuse a secret that stands in a configuration in clear; `beside`: another one is filled in from its
    file, and an application's key is then the half that is no secret."""
    flat = "".join(letter for letter in name.lower() if letter.isalnum())
    if not flat.endswith(_SECRETIVE) or (beside and flat in _PUBLIC):
        return
    if "{secret}" not in value and _WORDS.sub("", value).strip():
        raise ValueError(
            f"{option}: {name}: keep it in secret_file and write {{secret}} here, if the driver takes one / "
            f"{name}：密钥不要写在配置里，请放在 secret_file 里（驱动支持时这里写 {{secret}}）"
        )


def path_of(url: str) -> str:
    """Return what an address asks of its host."""
    parts = address(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def header_name(option: str, name: str) -> None:
    """Refuse a header's name that is none, or that the line itself writes."""
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name) or name.lower() in _OURS:
        raise ValueError(f"{option}: {name!r} cannot be a header's name / {name!r} 不能作请求头名称")


def secret(name: str, *, header: bool = False) -> str:
    """Return the one line a file holds, empty where none is named; `header`: it goes into one, which holds
    ASCII only. Raises DeviceUnavailable."""
    if not name:
        return ""
    path = Path(name)
    try:
        with path.open("rb") as file:
            text = file.read(_SECRET_BYTES + 1).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DeviceUnavailable(f"secret_file {path}: {type(error).__name__}", code="denied") from error
    if not text or len(text) > _SECRET_BYTES or not text.isprintable():
        raise DeviceUnavailable(f"secret_file {path}: not one line of text", code="denied")
    if header and not text.isascii():
        raise DeviceUnavailable(f"secret_file {path}: a header holds ASCII letters only", code="denied")
    return text


_OURS = ("content-length", "transfer-encoding", "connection")
