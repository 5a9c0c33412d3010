"""Why a code has the verdict it has: stable codes, and one sentence for each in both languages."""

from enum import StrEnum


class CodeReason(StrEnum):
    """Stable codes; records and the command line carry them, pages show their sentence."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_RECOGNISED = "not_recognised"
    VERSION = "version"
    ENCODING = "encoding"
    STRUCTURE = "structure"
    HEADER = "header"
    ALGORITHM = "algorithm"
    NO_TRUST_LIST = "no_trust_list"
    ISSUER_NOT_TRUSTED = "issuer_not_trusted"
    TEST_ISSUER = "test_issuer"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    CLAIMS = "claims"
    PASS_TYPE = "pass_type"  # noqa: S105 - a reason, not a password
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    CLOCK_UNTRUSTED = "clock_untrusted"
    BAD_LINE = "bad_line"
    BAD_TIME = "bad_time"


SENTENCES: dict[str, dict[str, str]] = {
    CodeReason.EMPTY: {
        "zh_Hans": "码里没有内容。",
        "en": "The code is empty.",
    },
    CodeReason.TOO_LONG: {
        "zh_Hans": "内容太长，不是二维码里的通行证。",
        "en": "The content is longer than any code can be.",
    },
    CodeReason.NOT_RECOGNISED: {
        "zh_Hans": "本机不认识这种码，无法核验，请人工查看。",
        "en": "This kind of code is not known here and cannot be checked; look at it yourself.",
    },
    CodeReason.VERSION: {
        "zh_Hans": "码的版本比本机新，请升级后再核验。",
        "en": "The code is of a version this gate does not know.",
    },
    CodeReason.ENCODING: {
        "zh_Hans": "码的文字有误，可能被改动或没有读全。",
        "en": "The code's text is damaged or was changed.",
    },
    CodeReason.STRUCTURE: {
        "zh_Hans": "码的内部结构有误。",
        "en": "The code is not built as its format demands.",
    },
    CodeReason.HEADER: {
        "zh_Hans": "码的签名说明缺失或有误。",
        "en": "What the code says about its signature is missing or wrong.",
    },
    CodeReason.ALGORITHM: {
        "zh_Hans": "码用了不允许的签名算法。",
        "en": "The code is signed by a method its format does not allow.",
    },
    CodeReason.NO_TRUST_LIST: {
        "zh_Hans": "本机没有导入这种码的信任名单，无法核验。",
        "en": "No trust list for this kind of code was imported, so it cannot be checked.",
    },
    CodeReason.ISSUER_NOT_TRUSTED: {
        "zh_Hans": "签发机构不在信任名单上。",
        "en": "The issuer is not on the trust list.",
    },
    CodeReason.TEST_ISSUER: {
        "zh_Hans": "这是测试机构签发的样例码，不能使用。",
        "en": "This is a sample from a test issuer and must not be accepted.",
    },
    CodeReason.UNKNOWN_KEY: {
        "zh_Hans": "信任名单上没有签这个码的密钥；名单可能过期。",
        "en": "The key that signed the code is not on the trust list; the list may be old.",
    },
    CodeReason.SIGNATURE: {
        "zh_Hans": "签名不符：码是伪造的或被改动过。",
        "en": "The signature does not fit: the code is forged or was changed.",
    },
    CodeReason.CLAIMS: {
        "zh_Hans": "签名正确，但码的内容缺项或不合规定。",
        "en": "The signature fits, but the contents are missing something or are not allowed.",
    },
    CodeReason.PASS_TYPE: {
        "zh_Hans": "签名正确，但本机不认识这一类通行证。",
        "en": "The signature fits, but this type of pass is not known here.",
    },
    CodeReason.REVOKED: {
        "zh_Hans": "此证已挂失或注销。",
        "en": "This pass was reported lost or withdrawn.",
    },
    CodeReason.EXPIRED: {
        "zh_Hans": "已过有效期。",
        "en": "The code has expired.",
    },
    CodeReason.NOT_YET_VALID: {
        "zh_Hans": "还没有到生效时间。",
        "en": "The code is not valid yet.",
    },
    CodeReason.CLOCK_UNTRUSTED: {
        "zh_Hans": "签名正确，但本机时间不可信，不能判断是否在有效期内。",
        "en": "The signature fits, but this gate does not know the time, so it cannot tell whether the "
        "code is still valid.",
    },
    CodeReason.BAD_LINE: {
        "zh_Hans": "输入的这一行不是规定的格式。",
        "en": "This input line is not what was agreed.",
    },
    CodeReason.BAD_TIME: {
        "zh_Hans": "输入的时间看不懂。",
        "en": "The time given with this line cannot be read.",
    },
}


def sentence(reason: str, language: str) -> str:
    """Return the sentence for a reason in `zh_Hans` or `en` (any other language reads English)."""
    texts = SENTENCES[reason]
    return texts.get(language, texts["en"])
