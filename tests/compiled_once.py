"""Pages that are built anew for every test, with what never differs between them compiled once a process:
the templates' code, and the functions that put addresses together. Building one took 0.25 s of processor
time, four fifths of it this."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

_Builder = Callable[..., tuple[str, str]]


class _Templates(BytecodeCache):
    """Code of templates by where they stand, as long as their text is the same."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, Any]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._kept.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.checksum, bucket.code


class _Builders:
    """What `Rule` makes out of its parts. It reaches the rule itself only through its first argument, so
    rules of the same parts may share it; those with defaults write their values into it and do not."""

    def __init__(self, make: Callable[[Rule, bool], _Builder]) -> None:
        self._make = make
        self._kept: dict[tuple[Any, ...], _Builder] = {}

    def __get__(self, rule: Rule, _: type[Rule]) -> Callable[[bool], _Builder]:
        return partial(self._built, rule)

    def _built(self, rule: Rule, append_unknown: bool = True) -> _Builder:
        if rule.defaults:
            return self._make(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in self._kept:
            self._kept[key] = self._make(rule, append_unknown)
        return self._kept[key]


def compile_once() -> None:
    """Let every application of this process share them."""
    if "bytecode_cache" in Flask.jinja_options:
        return
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Templates()}
    Rule._compile_builder = _Builders(Rule._compile_builder)  # type: ignore[method-assign, assignment]
