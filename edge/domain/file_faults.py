"""What is wrong in the files a site writes (procedures, acceptance), as lines in both languages.

Pure: from the kinds of fault the reader names to words people can act on.
"""

from collections.abc import Mapping
from typing import Any

# The reader's kinds of fault in words; braces are filled from the fault's own context.
_SAYS: Mapping[str, str] = {
    "missing": "is missing; add it / 缺少，请补上",
    "extra_forbidden": "there is no such key here / 这里没有这个键",
    "string_type": "must be text in quotes / 应为引号里的文字",
    "string_pattern_mismatch": "must be a word of a-z, 0-9 and _ / 只能用小写英文字母、数字、下划线",
    "string_too_short": "must not be empty / 不能为空",
    "string_too_long": "must be at most {max_length} signs / 最多 {max_length} 字",
    "int_type": "must be a whole number without quotes / 应为整数，不加引号",
    "bool_type": "must be true or false, without quotes / 应为 true 或 false，不加引号",
    "bool_parsing": "must be true or false, without quotes / 应为 true 或 false，不加引号",
    "greater_than_equal": "must be at least {ge} / 不能小于 {ge}",
    "less_than_equal": "must be at most {le} / 不能大于 {le}",
    "enum": "must be one of {expected} / 只能是 {expected} 之一",
    "literal_error": "must be one of {expected} / 只能是 {expected} 之一",
    "tuple_type": 'must be a list in brackets, such as ["green"] / 应为方括号里的列表，例如 ["green"]',
    "too_short": "must hold more / 列表里的内容不够",
    "too_long": "holds too much / 列表里的内容太多",
    "date_type": "must be a day without quotes, such as 2022-05-01 / 应为日期，不加引号，例如 2022-05-01",
    "date_from_datetime_inexact": "must be a day, without a time / 应为日期，不带时间",
    "dict_type": "must be a table / 应为一个表",
    "model_type": "must be a table / 应为一个表",
}
_TEXT_FAULT = "must not be blank / 不能是空白"
_GENERAL = "cannot be used / 这个值不能用"
# The kind of fault that brings its own words in both languages.
SAID = "said"


def line(where: str, fault: Mapping[str, Any]) -> str:
    """Return one fault of a file as a line: the file, the place in it, and what to do."""
    place = ".".join(str(part) for part in fault["loc"]) or "file"
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == SAID:
        return f"{where}: {place}: {fault['msg']}"
    if kind == "string_pattern_mismatch" and context.get("pattern") == r"\S":
        return f"{where}: {place}: {_TEXT_FAULT}"
    return f"{where}: {place}: {_SAYS.get(kind, _GENERAL).format(**context)}"


def not_toml(where: str, error: Exception) -> str:
    """Return the line of a file that is no TOML at all."""
    return f"{where}: not TOML: {error} / 不是 TOML 格式"
