"""What the kiosk says while somebody has to be measured once more, in both languages.

Keyed by the codes of `edge.domain.walk`; words only. `{}` is the minutes of the rest.
"""

from edge.web.troubles import Word

CAUSES: dict[str, Word] = {
    "first_over": Word("High: a second measurement decides.", "偏高：以第二次测量为准。"),
    "high": Word("A little high: one more reading.", "略偏高：再测一次。"),
    "unknown_place": Word(
        "Too few people were measured at this place yet: it clears nobody.",
        "这个部位测过的人还太少，不能据此放行。",
    ),
    "too_cold": Word("Not measured: too cold.", "未测到：过低。"),
    "too_hot": Word("Not measured: too hot for a person.", "未测到：高得不像人体温度。"),
    "unsteady": Word("Not measured: the reading did not hold still.", "未测到：读数不稳。"),
    "instrument": Word(
        "Not measured: the thermometer said nothing usable.", "未测到：测温仪没有给出可用读数。"
    ),
    "ambient": Word(
        "Not measured: too cold or too hot around the thermometer.", "未测到：测温仪所处环境过冷或过热。"
    ),
    "uncalibrated": Word("Not measured: this thermometer is not calibrated.", "未测到：本测温仪未校准。"),
}

WHYS: dict[str, Word] = {
    "again": Word(
        "Step back, put right what is in the way, measure again.", "退后一步，处理好下面几项，再测。"
    ),
    "again_rested": Word("Rested long enough: measure now.", "已休息够时间：现在复测。"),
    "again_second": Word(
        "Still a little high after the rest: measure again, up to three readings count together.",
        "休息后仍略高：再测一次（第二次），最多三次合在一起判断。",
    ),
    "again_third": Word(
        "Measure a third time: the three readings after the rest decide together.",
        "再测一次（第三次）：休息后的三次读数合在一起判断。",
    ),
    "rest": Word(
        "{} min indoors, then measure again. The lane is free at once.",
        "室内休息 {} 分钟后复测，通道立即空出。",
    ),
    "rest_queue": Word(
        "Long queue: this person stands out most, so they rest: {} min indoors.",
        "排队较长：此人偏高最明显，请其室内休息 {} 分钟。",
    ),
    "rest_short": Word(
        "The rest was too short: it counts after {} min.", "休息时间不够：满 {} 分钟后复测才算数。"
    ),
    "rest_contact": Word(
        "The contact thermometer found it: {} min apart from the others, then again.",
        "接触式体温计已测出偏高：请到一旁休息 {} 分钟后再测。",
    ),
    "place": Word("Still nothing after the rest: try another place.", "休息后仍测不到：换个部位。"),
    "contact_queue": Word(
        "Long queue: contact thermometer at once, do not wait for a seat.",
        "排队较长：立即用接触式体温计，不必等座位。",
    ),
    "contact_tried": Word("Two tries gave nothing: contact thermometer.", "两次都没测到：改用接触式体温计。"),
    "contact_last": Word("Nothing else helped: contact thermometer.", "其他办法都不行：用接触式体温计。"),
    "contact_unknown_place": Word("Contact thermometer.", "用接触式体温计。"),
    "contact_ambient": Word(
        "Measuring again here does not help: contact thermometer.", "在这里再测也没用：用接触式体温计。"
    ),
    "contact_uncalibrated": Word(
        "Measuring again does not help: contact thermometer. Calibrate this one.",
        "再测也没用：用接触式体温计，并请校准本测温仪。",
    ),
}

HINTS: dict[str, Word] = {
    "hair": Word("hair or hat off the forehead", "撩开刘海、帽檐"),
    "sweat": Word(
        "wipe it dry; whoever needs longer: aside (P)",
        "擦干额头；要等一会儿的先靠边（P）",
    ),
    "distance": Word("the marked distance", "站到标记的距离"),
    "sun": Word("out of the sun, away from heaters", "避开阳光和取暖器"),
    "hot_thing": Word("no cup, phone or hot pack before the sensor", "探头前不要有热杯、手机、暖宝宝"),
    "still": Word("hold still for two seconds", "站定两秒不动"),
    "alone": Word("nobody else before the sensor", "期间别让他人站到探头前"),
}

WAYS: dict[str, Word] = {
    "again": Word("Measure again", "再测一次"),
    "rest": Word("Rest {} min", "休息 {} 分钟"),
    "place": Word("Measure: {}", "改测{}"),
    "contact": Word("Contact °C", "接触式体温计"),
}

# How another place is held before the sensor.
HOLD: dict[str, Word] = {
    "wrist": Word(
        "step back, then hold the bare inside of the wrist before the sensor",
        "先退后，再把手腕内侧露出对准探头",
    ),
    "neck": Word(
        "step back, then turn the side of the neck to the sensor, collar open",
        "先退后，再敞开衣领，把颈侧对准探头",
    ),
    "canthi": Word("step back, glasses off, look straight at the sensor", "先退后，摘下眼镜，正视探头"),
    "temple": Word("step back, then turn the temple to the sensor", "先退后，再把太阳穴对准探头"),
    "face": Word("step back, then look straight at the sensor", "先退后，再正对探头"),
    "forehead": Word("step back, then the forehead before the sensor", "先退后，再把额头对准探头"),
}

# How whoever had to be measured another way was asked to go on; `_rushed` while the queue was long.
OFFERED: dict[str, Word] = {
    "rest": Word("rest indoors", "室内休息后复测"),
    "rest_rushed": Word(
        "rest indoors (long queue: among those who stood out most)", "室内休息后复测（排队长，属最偏高者）"
    ),
    "contact": Word("contact thermometer", "接触式体温计"),
    "contact_rushed": Word("contact thermometer at once (long queue)", "排队长，立即用接触式体温计"),
}
