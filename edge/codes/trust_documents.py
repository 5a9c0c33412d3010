"""The JSON text of a context: what linked data names by its address, kept beside the trust lists."""

import hashlib
import json

from edge.domain.errors import ConfigError


def parse_document(text: str, source: str) -> tuple[str, str]:
    """Return a context's address and its text; ConfigError for another file."""
    try:
        entry = json.loads(text)
        address, document = entry["address"], entry["document"]
    except (ValueError, KeyError, TypeError, RecursionError):
        address, document = None, None
    if not isinstance(address, str) or not isinstance(document, dict):
        raise ConfigError(f"{source}: no context; make it with `gatepost trust context`")
    return address, json.dumps(document, ensure_ascii=False)


def dump_document(address: str, text: str, source: str) -> tuple[str, str]:
    """Return the name of a context's file and the text `parse_document` reads; ConfigError where the
    text is no context."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: not JSON: {error}") from error
    if not isinstance(document, dict) or "@context" not in document:
        raise ConfigError(f"{source}: a context is a JSON object with a member @context")
    name = f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.json"
    return name, json.dumps({"address": address, "document": document}, ensure_ascii=False)
