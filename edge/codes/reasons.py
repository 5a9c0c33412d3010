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
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    KEY_PURPOSE = "key_purpose"
    TRUST_LIST_OLD = "trust_list_old"
    UNSIGNED = "unsigned"
    TOO_LARGE = "too_large"
    CHUNKS_MISSING = "chunks_missing"
    CHUNKS_MIXED = "chunks_mixed"
    CERTIFICATE_CHAIN = "certificate_chain"
    CONTEXT_UNKNOWN = "context_unknown"
    ASK_PLATFORM = "ask_platform"
    NO_PLATFORM = "no_platform"
    PLATFORM_SILENT = "platform_silent"
    PLATFORM_DOWN = "platform_down"
    PLATFORM_FAILED = "platform_failed"
    PLATFORM_NOT_FOUND = "platform_not_found"
    PLATFORM_NO_MEANING = "platform_no_meaning"
    PLATFORM_GARBLED = "platform_garbled"
    CODE_STALE = "code_stale"
    SEEN_ELSEWHERE = "seen_elsewhere"
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
    CodeReason.CERTIFICATE_EXPIRED: {
        "zh_Hans": "码本身未到期，但签发它的证书已过有效期。",
        "en": "The code has not run out, but the certificate it is signed with has.",
    },
    CodeReason.CERTIFICATE_NOT_YET_VALID: {
        "zh_Hans": "签发它的证书还没有到生效时间。",
        "en": "The certificate it is signed with is not valid yet.",
    },
    CodeReason.KEY_PURPOSE: {
        "zh_Hans": "签它的密钥无权签发这一类证明。",
        "en": "The key that signed it may not sign certificates of this kind.",
    },
    CodeReason.TRUST_LIST_OLD: {
        "zh_Hans": "签名正确，但本机的信任名单太旧，不能作准；请导入新的名单。",
        "en": "The signature fits, but the trust list here is too old to count; import a newer one.",
    },
    CodeReason.UNSIGNED: {
        "zh_Hans": "这种码没有签名，谁都可以做，只能参考。",
        "en": "Codes of this kind carry no signature: anybody can make one.",
    },
    CodeReason.TOO_LARGE: {
        "zh_Hans": "码展开后的内容大得不合理，没有再读下去。",
        "en": "The code unfolds to more than any real one holds and was not read further.",
    },
    CodeReason.CHUNKS_MISSING: {
        "zh_Hans": "这是分成几张的码，还差其余几张，请接着出示。",
        "en": "This code is split over several pictures; show the others too.",
    },
    CodeReason.CHUNKS_MIXED: {
        "zh_Hans": "几张码不是同一套，请只出示一个人的，从第一张开始。",
        "en": "These pictures do not belong together; show those of one person, from the first.",
    },
    CodeReason.CERTIFICATE_CHAIN: {
        "zh_Hans": "签名相符，但签发证书不是由受信任的国家根证书签出的。",
        "en": "The signature fits, but no trusted country vouches for the certificate that made it.",
    },
    CodeReason.CONTEXT_UNKNOWN: {
        "zh_Hans": "码用到本机没有的词汇定义，无法核验。",
        "en": "The code uses definitions this gate does not have, so it cannot be checked.",
    },
    CodeReason.ASK_PLATFORM: {
        "zh_Hans": "这种码要向平台查询，凭码本身看不出结果。",
        "en": "Only its platform can say what this code means; the code itself does not.",
    },
    CodeReason.NO_PLATFORM: {
        "zh_Hans": "本机没有配置这种码的查询平台，请人工查看。",
        "en": "No platform is configured here that could say what this code means; look at the phone.",
    },
    CodeReason.PLATFORM_SILENT: {
        "zh_Hans": "平台没有在规定时间内答复；请看手机画面并记录，或登记证件。",
        "en": "The platform did not answer in time; look at the phone and record it, or take the ID.",
    },
    CodeReason.PLATFORM_DOWN: {
        "zh_Hans": "平台连不上；请看手机画面并记录，或登记证件。",
        "en": "The platform cannot be reached; look at the phone and record it, or take the ID.",
    },
    CodeReason.PLATFORM_FAILED: {
        "zh_Hans": "平台答复“核验失败”，不能算绿码。",
        "en": "The platform answered that it could not check this code; it is not green.",
    },
    CodeReason.PLATFORM_NOT_FOUND: {
        "zh_Hans": "平台上查不到这个码，请本人刷新后再出示。",
        "en": "The platform does not know this code; ask the person to refresh it and show it again.",
    },
    CodeReason.PLATFORM_NO_MEANING: {
        "zh_Hans": "平台答复的数值没有约定含义，不能算绿码；请通知管理员核对配置。",
        "en": "The platform answered with a value that has no agreed meaning; it is not green. The manager "
        "must check the configuration.",
    },
    CodeReason.PLATFORM_GARBLED: {
        "zh_Hans": "平台的答复不符合它的接口格式，不能采信。",
        "en": "The platform's answer is not what its interface promises and is not believed.",
    },
    CodeReason.CODE_STALE: {
        "zh_Hans": "这个码早已生成，可能是截图；请本人当面刷新。",
        "en": "This code was made long ago and may be a screenshot; ask the person to refresh it here.",
    },
    CodeReason.SEEN_ELSEWHERE: {
        "zh_Hans": "同一个码刚在别的通道用过，可能是截图；请核对本人。",
        "en": "The same code was just used at another lane: a screenshot? Compare the person.",
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
