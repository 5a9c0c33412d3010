"""Every stable code that a page shows, as a sentence in both languages.

One table, English first. Texts of the pages themselves are in the translation catalogue; a code that
is missing here is shown as it is, never hidden (a test keeps the table complete).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from edge.codes.reasons import SENTENCES
from edge.domain.vehicle import GROUNDS
from edge.web import (
    access_words,
    aiming,
    cases_words,
    duty_words,
    procedures_words,
    register_words,
    report_words,
    roster_words,
    troubles,
    walking,
)
from edge.web.shortfalls import SHORTFALLS
from edge.web.troubles import Word

LANGUAGES = ("zh_Hans", "en")
_NOTHING: Mapping[str, str] = MappingProxyType({})
_CALIBRATED = re.compile(r"[+-][0-9]+@[0-9]+")


WORDS: dict[str, dict[str, Word]] = {
    "outcome": {
        "admit": Word("Admitted", "放行"),
        "turn_back": Word("Turned back", "劝返"),
        "refer": Word("Referred for a check", "移交"),
        "abandoned": Word("Not finished", "未完成"),
    },
    # What the visitor reads from five metres: as short as the language allows.
    "big": {
        "idle": Word("STEP UP", "请上前"),
        "open": Word("CHECKING", "检查中"),
        "hold": Word("PLEASE WAIT", "请稍候"),
        "aboard": Word("STAY INSIDE", "请在车内等候"),
        "admit": Word("PASS", "请通行"),
        "turn_back": Word("GO BACK", "请返回"),
        "refer": Word("STEP ASIDE", "请到旁边"),
        "abandoned": Word("NOT FINISHED", "未完成"),
    },
    "small": {
        "idle": Word("Stop at the line and look at the sensor", "请在线前站好，正对测温仪"),
        "open": Word("Measuring and registering", "测温、扫码、登记中"),
        "hold": Word("The attendant decides", "请等待门岗处理"),
        "aboard": Word("Everybody in the vehicle is checked one by one", "车上人员逐一检查，全部完成后放行"),
        "admit": Word("All checks complete", "检查完成"),
        "admit_by_hand": Word("Admitted by the attendant", "由门岗放行"),
        "turn_back": Word("You cannot pass now", "现在不能通行（劝返）"),
        "refer": Word("Staff will check you again", "请由工作人员复核（移交）"),
        "abandoned": Word("Please start again", "请重新开始"),
    },
    # What a visitor can do about a step that is missing, by the kind of step.
    "todo": {
        "temperature": Word("Look at the sensor", "请正对测温仪"),
        "code": Word("Show your code", "请出示通行码"),
        "question": Word("Answer the attendant", "请回答门岗询问"),
        "form": Word("Register with the attendant", "请向门岗登记"),
        "tick": Word("The attendant sees to it", "请等门岗办理"),
        "venue": Word("Scan the venue code and show the result", "请扫场所码并出示结果"),
    },
    "trust": {
        "fresh": Word("in force", "有效"),
        "ageing": Word("soon too old", "即将过期"),
        "old": Word("too old: codes are not verified", "已过期，码按未核验处理"),
        "undated": Word("without a date", "没有日期"),
    },
    "stage": {
        "open": Word("In the lane", "检查中"),
        "hold": Word("Waiting for the attendant", "待门岗处理"),
        "parked": Word("On the bench", "候检席"),
        "ended": Word("Ended", "已结束"),
        "idle": Word("Free", "空闲"),
        "aboard": Word("A vehicle is being checked", "车辆检查中"),
    },
    "reason": {
        "complete": Word("All steps are complete.", "各项检查均已完成。"),
        "temperature_again": Word("Measure again.", "请再测一次体温。"),
        "temperature_over_threshold": Word(
            "Temperature over the threshold, confirmed by a second measurement.",
            "体温超过阈值，经第二次测量确认。",
        ),
        "temperature_too_low": Word(
            "The reading is too low: this counts as not measured.", "读数过低，按未测温处理。"
        ),
        "temperature_unreliable": Word("The temperature could not be measured reliably.", "测温结果不可靠。"),
        "code_invalid": Word("The code is not genuine or damaged.", "该码无效（签名不符或已损坏）。"),
        "code_expired": Word("The code has expired.", "该码已过期。"),
        "code_not_yet_valid": Word("The code is not valid yet.", "该码尚未生效。"),
        "code_revoked": Word("The code has been withdrawn.", "该码已注销。"),
        "code_unknown_issuer": Word("Nobody this gate trusts issued the code.", "签发机构不在信任名单上。"),
        "code_unsupported": Word("This kind of code cannot be checked here.", "本机不能核验这种码。"),
        "code_unverified": Word("The code could not be verified.", "该码未经核验。"),
        "code_not_accepted": Word("This code is not accepted at this gate: {}.", "本门不接受这种码：{}。"),
        "code_asking": Word("The platform is being asked.", "正在向平台查询。"),
        "code_chunks": Word("This code has several pictures: show the next.", "这个码分几张：请出示下一张。"),
        "second_identity": Word("A second person's code was shown.", "出现了另一个人的码。"),
        "answer_hold": Word("An answer needs a decision: {}", "有一项回答需要处理：{}"),
        "answer_turn_back": Word("An answer says turn back: {}", "按规定应劝返：{}"),
        "answer_refer": Word("An answer says refer: {}", "按规定应移交：{}"),
        **access_words.REASONS,
        "must_missing": Word("A step was left out: {}", "有步骤未完成：{}"),
        "no_step": Word(
            "No step of the procedure is for this case: the attendant decides.",
            "流程里没有适用的步骤，请门岗处理。",
        ),
        "unfinished": Word("Went away without a step: {}", "没做完就离开：{}"),
        "attendant": Word("The attendant decided.", "由门岗决定。"),
        "occupant_refer": Word(
            "Somebody in the vehicle was referred: decide who goes on.", "车上有人移交：请决定其余人员。"
        ),
        "occupant_turn_back": Word(
            "Somebody in the vehicle was turned back: decide who goes on.", "车上有人劝返：请决定其余人员。"
        ),
        "occupant_against": Word(
            "A platform answered late: somebody in the vehicle has a code that rules them out.",
            "平台刚刚答复：车上有人的码不符合要求。",
        ),
        "nobody_finished": Word("Nobody finished this passage.", "无人完成本次通行。"),
        "restarted": Word("The gate restarted in the middle.", "检查中设备重新启动。"),
    },
    "temperature": {
        "missing": Word("Not measured", "未测温"),
        "normal": Word("Normal", "正常"),
        "again": Word("Measure again", "请再测一次"),
        "over": Word("Over the threshold", "超过阈值"),
        "too_low": Word("Too low: not measured", "过低，视为未测"),
        "unreliable": Word("Unreliable: not measured", "不可靠，视为未测"),
    },
    "code": {
        "valid": Word("Valid", "有效"),
        "invalid": Word("Invalid", "无效"),
        "expired": Word("Expired", "已过期"),
        "not_yet_valid": Word("Not valid yet", "尚未生效"),
        "revoked": Word("Withdrawn", "已注销"),
        "unknown_issuer": Word("Issuer not trusted", "签发机构不受信任"),
        "unsupported": Word("Cannot be checked here", "本机不能核验"),
        "unverified": Word("Unverified", "未核验"),
    },
    "quality": {
        "ok": Word("good", "正常"),
        "out_of_range": Word("outside the instrument's range", "超出量程"),
        "too_low": Word("too low", "过低"),
        "too_high": Word("too high", "过高"),
        "stale": Word("stale", "过时"),
        "unsteady": Word("not held still", "读数不稳"),
    },
    "method": {
        "infrared": Word("infrared", "红外"),
        "contact": Word("contact thermometer", "接触式体温计"),
    },
    "site": {
        "forehead": Word("forehead", "额头"),
        "canthi": Word("inner eye corner", "内眼角"),
        "face": Word("face", "面部"),
        "temple": Word("temple", "太阳穴"),
        "wrist": Word("wrist", "手腕"),
        "neck": Word("neck", "颈部"),
        "axilla": Word("armpit", "腋下"),
    },
    # Which line counts, and which one a value was over.
    "decides": {
        "legal": Word("the legal line", "法定线"),
        "level": Word("the level of healthy people", "健康人群水平"),
        "either": Word("either of the two", "两者任一"),
    },
    "line": {
        "legal": Word("over the legal line", "超过法定线"),
        "level": Word("well above healthy people here now", "明显高于此时此地的健康人群"),
        "both": Word("over the legal line and well above healthy people", "超过法定线，也明显高于健康人群"),
    },
    # How a body value was come by; the code names the version.
    "conversion": {
        "vendor/1": Word("body value of the device", "采用设备给出的体温"),
        "site/1": Word(
            "skin surface plus this thermometer's calibration: {} m°C", "体表温度加本测温仪校准值：{} m°C"
        ),
        "offset/1": Word("skin surface plus this site's calibration: {} m°C", "体表温度加本点校准值：{} m°C"),
        "contact/1": Word("as the thermometer shows it", "体温计读数"),
        "none": Word("no body value: {}", "未换算体温：{}"),
    },
    "evidence": {
        "measurement": Word("Temperature", "测温"),
        "code": Word("Code", "扫码"),
        "answer": Word("Answer", "询问登记"),
        "known": Word("Registers", "名册"),
    },
    "carrier": {
        "gatepost_pass": Word("Gatepost pass", "通行证"),
        "gatepost_venue": Word("Venue code", "场所码"),
        "nzcp": Word("NZ My Vaccine Pass", "新西兰疫苗通行证"),
        "hc1": Word("EU certificate (HC1)", "欧盟证书（HC1）"),
        "hc1-rules": Word("EU rules", "欧盟规则"),
        "shc": Word("SMART Health Card", "SMART 健康卡"),
        "vds_nc": Word("ICAO certificate (VDS-NC)", "国际民航组织数字签名证书（VDS-NC）"),
        "divoc": Word("Certificate of India and others (DIVOC)", "印度等国接种证书（DIVOC）"),
        "uk_venue": Word("Venue code, UK", "场所码（英国）"),
        "cwa_venue": Word("Venue code, Corona-Warn-App", "场所码（德国）"),
        "nz_venue": Word("Venue code, NZ", "场所码（新西兰）"),
        "china_health": Word("Health code", "健康码"),
        "china_itinerary": Word("Itinerary code", "行程码"),
        "china_venue": Word("Venue code, China", "场所码（中国）"),
        "unknown": Word("Unknown", "未知"),
    },
    "unconverted": {
        "ambient": Word("the surroundings are too hot or too cold", "环境过热或过冷"),
        "uncalibrated": Word("this site is not calibrated", "本点未校准"),
        "array": Word("an array finds a face and decides nothing", "阵列只用于找脸，不作判定"),
        "place": Word("no conversion is known for this place", "这个部位没有换算关系"),
    },
    # Whether a thermometer's calibration still counts.
    "calibration": {
        "holds": Word("holds", "有效"),
        "due": Word("ends soon", "即将到期"),
        "expired": Word("has ended", "已过期"),
        "elsewhere": Word(
            "not valid here: another thermometer or another socket; calibrate again",
            "在此无效：测温仪或插口已更换，请重新校准",
        ),
    },
    # What a barrier or a voice was told to do.
    "effect": {
        "pulse": Word("opened", "开闸"),
        "admit": Word("said: pass", "播报“请通行”"),
        "turn_back": Word("said: go back", "播报“请返回”"),
        "refer": Word("said: step aside", "播报“请到旁边”"),
        "wait": Word("said: please wait", "播报“请稍候”"),
        "again": Word("said: measure again", "播报“请再测一次”"),
        "rest": Word("said: rest, with the number", "播报“请休息”和号码"),
        "next": Word("said: next, please", "播报“下一位”"),
    },
    "row": {
        "passage.held": Word("held", "暂停，待处理"),
        "passage.parked": Word("to the bench", "转候检席"),
        "passage.decided": Word("decided", "判定"),
        "passage.effects": Word("barrier and voice", "道闸与语音"),
        "code.answered": Word("answer of a platform, after the end", "平台在通行结束后的答复"),
        "personal.opened": Word("personal fields opened", "查看个人信息"),
        "correction.recorded": Word("corrected in reports", "报表更正"),
        "paper.entered": Word("line of a paper page", "纸质登记补录"),
        "report.daily": Word("daily report", "日报、零报告"),
        **report_words.ROWS,
        **cases_words.ROWS,
        **register_words.ROWS,
        **procedures_words.ROWS,
        **access_words.ROWS,
    },
    **register_words.GROUPS,
    "due": access_words.DUE,
    "differs": access_words.FIELDS,
    "standing": access_words.STANDINGS,
    "kin": access_words.KIN,
    "ruling": access_words.RULINGS,
    "access_why": access_words.WHYS,
    "access_correction": access_words.CORRECTIONS,
    "case_stage": cases_words.STAGES,
    "case_step": cases_words.STEPS,
    "case_follow_up": cases_words.FOLLOW_UPS,
    "case_result": cases_words.RESULTS,
    "case_reopening": cases_words.REOPENINGS,
    "responsible": duty_words.RESPONSIBLE,
    "duty_override": duty_words.OVERRIDES,
    "duty_untrained": duty_words.UNTRAINED,
    "duty_verdict": duty_words.VERDICTS,
    "incident_kind": duty_words.KINDS,
    "incident_result": duty_words.RESULTS,
    "reached": duty_words.REACHED,
    # An account that is nobody's: the demo's.
    "account": {"simulated": Word("(a program)", "（程序模拟）")},
    "because": {code: Word(text["en"], text["zh_Hans"]) for code, text in SENTENCES.items()},
    "must": {
        "identity": Word("identity asked", "身份必问"),
        "information": Word("information recorded", "信息必录"),
        "temperature": Word("temperature measured", "体温必测"),
        "mask": Word("mask worn", "口罩必戴"),
    },
    "direction": {"in": Word("In", "进"), "out": Word("Out", "出")},
    "why": {
        **{one.value: Word(one.title["en"], one.title["zh_Hans"]) for one in GROUNDS},
        "rest": Word("resting, to be measured again", "休息后复测"),
        "platform": Word("waiting for a platform", "等待平台结果"),
        "handed": Word("handed to a colleague", "已交同事处理"),
        "other": Word("another reason", "其他"),
        "left": Word("the person left", "人已离开"),
        "suspected": Word("suspected", "疑似人员"),
        "unfinished": Word("did not go on", "没有继续办理"),
        "calibration": Word("measured to calibrate the thermometer", "校准测温仪时的测量"),
    },
    "field": {
        "standing": Word("Register", "名册"),
        "hit": Word("On a list", "名单"),
        "due": Word("Due", "到期"),
        "colour": Word("Health code", "健康码"),
        "itinerary": Word("Itinerary code", "行程码"),
        "vaccination_doses": Word("Doses received", "已接种针数"),
        "vaccination_needed": Word("Doses of the course", "全程针数"),
        "vaccination_date": Word("Last dose", "末次接种日期"),
        "vaccination_product": Word("Vaccine", "疫苗"),
        "test_result": Word("Test result", "检测结果"),
        "test_kind": Word("Kind of test", "检测方法"),
        "test_taken": Word("Sample taken", "采样时间"),
        "recovery_date": Word("First positive test", "首次阳性日期"),
        "recovery_from": Word("Recovered from", "康复证明起"),
        "recovery_until": Word("Recovered until", "康复证明止"),
        "eu_rules": Word("EU rules", "欧盟规则"),
        "eu_rule": Word("Rule that is not met", "未满足的规则"),
        "eu_rule_zh_hans": Word("The rule in Chinese", "规则的中文说明"),
        "eu_rule_en": Word("The rule in English", "规则的英文说明"),
        "country": Word("Country", "国家或地区"),
        "answer_age_s": Word("Age of the answer, seconds", "答复已过秒数"),
        "pieces": Word("Pictures shown", "已出示张数"),
        "place": Word("Place", "场所"),
        "venue_id": Word("Venue number", "场所编号"),
        "certificate_id": Word("Certificate number", "证书编号"),
        "code_digest": Word("Digest of the code", "码的摘要"),
        "name": Word("Name", "姓名"),
        "phone": Word("Phone", "电话"),
        "id_number": Word("ID number", "证件号"),
        "birth_date": Word("Date of birth", "出生日期"),
        "room": Word("Room", "房号"),
        "holder": Word("Holder of the pass", "持有人"),
        "category": Word("Category", "类别"),
        "building": Word("Building", "楼栋"),
        "address": Word("Address", "地址"),
        "plate": Word("Plate", "车牌"),
        "pass_id": Word("Number of the pass", "通行证编号"),
        "groups": Word("Groups", "人员分组"),
        "photo": Word("Digest of the photograph", "照片摘要"),
        "type": Word("Type", "证明类型"),
        "sex": Word("Sex", "性别"),
        "payload": Word("Payload", "码内容"),
        "value": Word("Answer", "回答"),
        "temperature_contact": Word("Contact thermometer", "接触式体温"),
        "claims": Word("Codes of different people", "不同人的码"),
        "chosen": Word("Reason given", "所填理由"),
    },
    "banner": {
        "simulated": Word("Simulated devices: this gate measures nobody.", "模拟设备：本机未对任何人测温。"),
        "attendant": Word("A program plays the attendant.", "门岗由程序模拟。"),
    },
    "role": {
        "attendant": Word("Attendant", "门岗"),
        "manager": Word("Manager", "物业"),
        "observer": Word("Observer", "观察员"),
    },
    "clock": {
        "unset": Word("clock not set", "时钟未设定"),
        "restored": Word("clock restored, may be late", "时钟为恢复值，可能偏慢"),
        "manual": Word("clock set by hand", "时钟为人工设定"),
        "synced": Word("clock synchronised", "时钟已同步"),
    },
    "half": {
        "morning": Word("Morning", "上午"),
        "afternoon": Word("Afternoon", "下午"),
    },
    # Two measurements a day: who told of one that was not taken here, and what follows from one.
    "told_by": {
        "self": Word("by the person", "本人报告"),
        "family": Word("by the family", "家人代报"),
        "employer": Word("by the employer", "单位报告"),
        "community": Word("by the community worker", "社区人员报告"),
    },
    "twice_daily": {
        "all": Word("Everybody", "全部"),
        "missing": Word("Who is missing", "缺测的"),
        "over": Word("To be reported", "须报告的"),
        "report": Word("report to community and employer", "报社区和单位"),
    },
    # Why a manager opens personal fields: a list, because free text would itself be personal.
    "opening": {
        "tracing": Word("Contact tracing", "流调溯源"),
        "trace": Word("Trace that was asked for", "按流调申请查询"),
        "referral": Word("Follow-up of a referral", "移交后续跟踪"),
        "complaint": Word("Complaint or objection", "投诉或异议"),
        "correction": Word("Correction of an entry", "更正登记"),
        "inspection": Word("Inspection", "督导检查"),
        "request": Word("Request of the person concerned", "本人查询"),
    },
    "device": troubles.DEVICES,
    "device_state": troubles.DEVICE_STATES,
    "fault": troubles.DEVICE_FAULTS,
    "remedy": troubles.REMEDIES,
    "verifier_fault": troubles.PLATFORM_FAULTS,
    "verifier_remedy": troubles.PLATFORM_REMEDIES,
    "notice": troubles.NOTICES,
    "notice_remedy": troubles.NOTICE_REMEDIES,
    "error": {**troubles.ERRORS, **procedures_words.ERRORS, **roster_words.PHOTOGRAPHS},
    "advice": aiming.ADVICE,
    "decoder": aiming.STAGES,
    "shortfall": SHORTFALLS,
    **procedures_words.GROUPS,
    "offered": walking.OFFERED,
    "walk_cause": walking.CAUSES,
    "walk_why": walking.WHYS,
    "walk_hint": walking.HINTS,
    "walk_way": walking.WAYS,
    "walk_hold": walking.HOLD,
    **roster_words.GROUPS,
    **{group: dict(words) for group, words in report_words.GROUPS.items()},
}


def say(group: str, code: str, language: str, details: Mapping[str, str] = _NOTHING) -> str:
    """Return the words for a code in `zh_Hans` or `en`; a code without words stands for itself.

    A code may carry a detail behind a colon; `details` maps such details to words.
    """
    head, _, detail = code.partition(":")
    word = WORDS[group].get(head)
    if word is None:
        return code
    text = word.zh if language == "zh_Hans" else word.en
    if "{}" not in text:
        return text
    if not detail:  # older rows name no detail: the sentence ends before its colon
        return text.partition("{}")[0].rstrip("：: ") + ("。" if language == "zh_Hans" else ".")
    # What a procedure calls its own question is not what a register calls its field.
    named = None if head == "register_mismatch" else details.get(detail)
    return text.format(named or _detail(detail, language))


def source(text: str, language: str) -> str:
    """Return where a piece of evidence came from in words: an attendant by name, a device, `contact`."""
    kind, _, name = text.partition(":")
    if name:
        return f"{say('role', kind, language)} {say('account', name, language)}"
    device = kind.rstrip("0123456789")
    return f"{say('device', device, language)} {kind[len(device) :]}".rstrip()


def both(group: str, code: str) -> dict[str, str]:
    """Return the words for a code in every language, as answers to programs carry them."""
    return {language: say(group, code, language) for language in LANGUAGES}


def _detail(detail: str, language: str) -> str:
    for group in ("must", "field", "unconverted", "shortfall", "site", "due", "differs", "watch_list"):
        if detail in WORDS[group]:
            return say(group, detail, language)
    # A calibration is named by its offset and its moment; people want the offset.
    return detail.partition("@")[0] if _CALIBRATED.fullmatch(detail) else detail
