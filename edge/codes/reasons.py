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
        "zh_Hans": "码里没有内容，请换一个码。",
        "en": "The code is empty; ask for another one.",
    },
    CodeReason.TOO_LONG: {
        "zh_Hans": "内容太长，不是通行用的码，请人工查看。",
        "en": "The content is longer than any code can be; look at it yourself.",
    },
    CodeReason.NOT_RECOGNISED: {
        "zh_Hans": "本机不认识这种码，请人工查看。",
        "en": "This kind of code is not known here and cannot be checked; look at it yourself.",
    },
    CodeReason.VERSION: {
        "zh_Hans": "码的版本比本机新，无法核验；请通知管理员升级。",
        "en": "The code is of a newer version than this gate knows; tell the manager.",
    },
    CodeReason.ENCODING: {
        "zh_Hans": "码没有读全，或被改动过；请再扫一次。",
        "en": "The code's text is damaged or was changed; read it once more.",
    },
    CodeReason.STRUCTURE: {
        "zh_Hans": "码的内容残缺或不合格式；再扫一次，还不行按无码处理。",
        "en": "The code is not built as its format demands; read it once more, then treat it as no code.",
    },
    CodeReason.HEADER: {
        "zh_Hans": "码上的签名说明缺失或有误，按无码处理。",
        "en": "What the code says about its signature is missing or wrong; treat it as no code.",
    },
    CodeReason.ALGORITHM: {
        "zh_Hans": "码的签名方法不合规定，按无码处理。",
        "en": "The code is signed by a method that is not allowed; treat it as no code.",
    },
    CodeReason.NO_TRUST_LIST: {
        "zh_Hans": "本机没有这种码的信任名单，无法核验；请通知管理员导入。",
        "en": "No trust list for this kind of code was imported, so it cannot be checked; tell the manager.",
    },
    CodeReason.ISSUER_NOT_TRUSTED: {
        "zh_Hans": "签发机构不在信任名单上，不能算有效。",
        "en": "The issuer is not on the trust list, so the code does not count.",
    },
    CodeReason.TEST_ISSUER: {
        "zh_Hans": "这是测试用的样例码，不能使用。",
        "en": "This is a sample from a test issuer and must not be accepted.",
    },
    CodeReason.UNKNOWN_KEY: {
        "zh_Hans": "签这个码的密钥不在信任名单上，名单可能太旧；请通知管理员更新。",
        "en": "The key that signed the code is not on the trust list; the list may be old: tell the manager.",
    },
    CodeReason.SIGNATURE: {
        "zh_Hans": "签名不符，码是伪造的或被改动过，不能使用。",
        "en": "The signature does not fit: the code is forged or was changed.",
    },
    CodeReason.CLAIMS: {
        "zh_Hans": "签名相符，但内容缺项或不合规定，不能算有效。",
        "en": "The signature fits, but the contents are missing something or are not allowed.",
    },
    CodeReason.PASS_TYPE: {
        "zh_Hans": "签名相符，但本机不认识这类证明，请人工查看。",
        "en": "The signature fits, but this type of pass is not known here; look at it yourself.",
    },
    CodeReason.REVOKED: {
        "zh_Hans": "此证已挂失或注销，不能使用；请通知管理员。",
        "en": "This pass was reported lost or withdrawn; tell the manager.",
    },
    CodeReason.EXPIRED: {
        "zh_Hans": "码已过有效期，请换新码。",
        "en": "The code has expired; ask for a new one.",
    },
    CodeReason.NOT_YET_VALID: {
        "zh_Hans": "码还没有生效，请看清生效日期。",
        "en": "The code is not valid yet; look at its date.",
    },
    CodeReason.CLOCK_UNTRUSTED: {
        "zh_Hans": "签名相符，但本机时间不准，无法判断是否过期；请通知管理员校时。",
        "en": "The signature fits, but this gate does not know the time, so it cannot tell whether the "
        "code is still valid; tell the manager.",
    },
    CodeReason.CERTIFICATE_EXPIRED: {
        "zh_Hans": "码没有过期，但签它的证书过期了，请换新码。",
        "en": "The code has not run out, but the certificate it is signed with has; ask for a new one.",
    },
    CodeReason.CERTIFICATE_NOT_YET_VALID: {
        "zh_Hans": "签这个码的证书还没有生效，不能算有效。",
        "en": "The certificate it is signed with is not valid yet.",
    },
    CodeReason.KEY_PURPOSE: {
        "zh_Hans": "签这个码的密钥无权签这类证明，按伪造处理。",
        "en": "The key that signed it may not sign certificates of this kind; treat it as forged.",
    },
    CodeReason.TRUST_LIST_OLD: {
        "zh_Hans": "签名相符，但本机的信任名单太旧，不能算有效；请通知管理员更新。",
        "en": "The signature fits, but the trust list here is too old to count; the manager must "
        "import a newer one.",
    },
    CodeReason.UNSIGNED: {
        "zh_Hans": "这种码没有签名，谁都能做，只能参考。",
        "en": "Codes of this kind carry no signature: anybody can make one.",
    },
    CodeReason.TOO_LARGE: {
        "zh_Hans": "码展开后大得不合理，按伪造处理。",
        "en": "The code unfolds to more than any real one holds; treat it as forged.",
    },
    CodeReason.CHUNKS_MISSING: {
        "zh_Hans": "这个码分成几张，请接着出示其余几张。",
        "en": "This code is split over several pictures; show the others too.",
    },
    CodeReason.CHUNKS_MIXED: {
        "zh_Hans": "几张码不是一套；请一个人从第一张重新出示。",
        "en": "These pictures do not belong together; show those of one person, from the first.",
    },
    CodeReason.CERTIFICATE_CHAIN: {
        "zh_Hans": "签名相符，但没有受信任的国家为签名的证书担保，不能算有效。",
        "en": "The signature fits, but no trusted country vouches for the certificate that made it.",
    },
    CodeReason.CONTEXT_UNKNOWN: {
        "zh_Hans": "本机缺少核验这种码的组件或词汇定义；请通知管理员。",
        "en": "This gate lacks the definitions or the extra that this code needs; tell the manager.",
    },
    CodeReason.ASK_PLATFORM: {
        "zh_Hans": "这种码要向平台查询，请稍候。",
        "en": "Only its platform can say what this code means; wait for its answer.",
    },
    CodeReason.NO_PLATFORM: {
        "zh_Hans": "本机没有接入这种码的平台，请看手机画面。",
        "en": "No platform is configured here that could say what this code means; look at the phone.",
    },
    CodeReason.PLATFORM_SILENT: {
        "zh_Hans": "平台没有按时答复；请看手机画面并记录，或登记证件。",
        "en": "The platform did not answer in time; look at the phone and record it, or take the ID.",
    },
    CodeReason.PLATFORM_DOWN: {
        "zh_Hans": "平台连不上；请看手机画面并记录，或登记证件。",
        "en": "The platform cannot be reached; look at the phone and record it, or take the ID.",
    },
    CodeReason.PLATFORM_FAILED: {
        "zh_Hans": "平台答复“核验失败”，不算绿码；请刷新后再出示。",
        "en": "The platform could not check this code; it is not green. Have it refreshed and shown again.",
    },
    CodeReason.PLATFORM_NOT_FOUND: {
        "zh_Hans": "平台查不到这个码，请刷新后再出示。",
        "en": "The platform does not know this code; have it refreshed and shown again.",
    },
    CodeReason.PLATFORM_NO_MEANING: {
        "zh_Hans": "平台答复的数值没有约定含义，不算绿码；请通知管理员核对配置。",
        "en": "The platform answered with a value that has no agreed meaning; it is not green. The "
        "manager must check the configuration.",
    },
    CodeReason.PLATFORM_GARBLED: {
        "zh_Hans": "平台答复的格式不对，不能采信；请通知管理员。",
        "en": "The platform's answer is not what its interface promises and is not believed; tell the "
        "manager.",
    },
    CodeReason.CODE_STALE: {
        "zh_Hans": "这个码早已生成，可能是截图；请当面刷新。",
        "en": "This code was made long ago and may be a screenshot; have it refreshed here.",
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
