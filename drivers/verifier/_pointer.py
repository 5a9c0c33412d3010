"""JSON pointers (RFC 6901) into a platform's answer. Pure."""

from collections.abc import Mapping
from typing import Any

_DEEP = 16


def pointer(key: str, text: str) -> None:
    """Refuse what is no pointer; ValueError names the option `key`."""
    if text and (not text.startswith("/") or text.count("/") > _DEEP):
        raise ValueError(
            f'{key}: write a JSON pointer such as "/data/colour" / 请写 JSON 指针，例如 "/data/colour"'
        )


def at(document: Any, text: str) -> Any:
    """Return what stands at a pointer, None where nothing does."""
    if not text:
        return document
    found = document
    for part in text.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, list) and name.isascii() and name.isdecimal() and len(name) < 5:
            found = found[int(name)] if int(name) < len(found) else None
        else:
            return None
    return found
