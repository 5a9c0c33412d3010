"""What is said of a finding, in Chinese and in English, and what to do. Words only, from its figures."""

from edge.domain.instrument_signs import Finding, Sign


def told(finding: Finding) -> tuple[str, str]:
    """Return the sentence in Chinese and the one in English."""
    figures = dict(finding.figures)
    degrees = {name: f"{value / 1000:.2f}" for name, value in figures.items() if name.endswith("_mdegc")}
    shares = {name: f"{value / 1000:.2f}" for name, value in figures.items() if name.endswith("_milli")}
    chinese, english = _WORDS[_kind(finding)]
    values = {**figures, **degrees, **shares, "people": finding.people}
    return chinese.format(**values), english.format(**values)


def _kind(finding: Finding) -> str:
    if finding.sign is Sign.INSENSITIVE:
        return "slope" if "slope_milli" in finding else "spread"
    return str(finding.sign)


_WORDS = {
    "slope": (
        "皮肤温度在 {from_mdegc} 至 {to_mdegc} °C 之间每升高 1 °C，显示值只升高 {slope_milli} °C"
        "（{people} 人次）。固件把读数拉向“正常”，发热者可能被漏过。"
        "请改用表面（物体）温度模式，否则更换型号。",
        "Between {from_mdegc} and {to_mdegc} °C of skin, the value shown rises by only {slope_milli} °C for "
        "each degree ({people} comparisons). The firmware pulls readings towards normal and may hide a "
        "fever. Switch it to surface (object) mode, or replace this model.",
    ),
    "spread": (
        "连续 {people} 人的读数相差只有 {spread_mdegc} °C，而人的皮肤温度至少相差 {expected_mdegc} °C。"
        "仪器把读数拉到一起，发热者可能被漏过。请改用表面（物体）温度模式，否则更换型号。",
        "The values of {people} people in a row differ by only {spread_mdegc} °C, where people's skin "
        "differs by {expected_mdegc} °C at least. The instrument pulls its readings together and "
        "may hide a fever. Switch it to surface (object) mode, or replace this model.",
    ),
    "frozen": (
        "连续 {people} 人的读数都是 {value_mdegc} °C，这不可能是测量值。停用这台体温计，断电重启；"
        "期间请用接触式体温计。",
        "{people} people in a row read exactly {value_mdegc} °C: that is no measurement. Stop using this "
        "thermometer, switch it off and on, and use a contact thermometer meanwhile.",
    ),
    "coarse": (
        "说明书写的分度是 {stated_mdegc} °C，{people} 人的读数实际按 {step_mdegc} °C 跳变。"
        "请检查仪器的设置和驱动；到阈值的距离按这一分度看待。",
        "The data sheet states steps of {stated_mdegc} °C; the values of {people} people come in steps of "
        "{step_mdegc} °C. Check the device's settings and the driver, and read the distance to the "
        "threshold with that step in mind.",
    ),
    "body_as_surface": (
        "设为“表面温度”的读数在 {ambient_mdegc} °C 的空气中居中为 {value_mdegc} °C（{people} 人），"
        "皮肤不会这么热。仪器多半处于体温模式或已加了偏移。"
        "请改到表面（物体）温度模式，或把本点设为体温模式后重新校准。",
        "What is configured as surface temperature reads {value_mdegc} °C in the middle of {people} people, "
        "in air of {ambient_mdegc} °C: no skin is that warm. The device is probably in body mode or "
        "adds an offset. Switch it to surface (object) mode, or configure body mode and calibrate again.",
    ),
    "surface_as_body": (
        "设为“体温”的读数在 {ambient_mdegc} °C 的空气中居中只有 {value_mdegc} °C（{people} 人），"
        "像是皮肤温度。仪器多半处于物体模式；若人们刚从寒冷处进来，请让一人在室内坐十分钟后再测来区分。",
        "What is configured as body temperature reads {value_mdegc} °C in the middle of {people} people, "
        "in air of {ambient_mdegc} °C: that is skin. The device is probably in object mode. If "
        "people come in from the cold, measure somebody who has sat indoors for ten minutes to tell.",
    ),
    "apart": (
        "同一时段里，这台测到的健康人水平与另一台相差 {apart_mdegc} °C（{people} 人），两台不可能都对。"
        "请清洁两台的镜头，检查距离和角度，再用同一批人、同一支接触式体温计给两台各校准一次。"
        '若两台所处的空气不同（一台靠门、晒太阳），请在配置里写 sister = "none"。',
        "At the same times, healthy people read {apart_mdegc} °C differently here than at the other "
        "thermometer ({people} people): not both can be right. Clean both lenses, look at distance and "
        "angle, then calibrate both with the same people and the same contact thermometer. If the two stand "
        'in different air (one by the door, one in the sun), write sister = "none" in the configuration.',
    ),
    "drifting": (
        "与另一台相比，这台的水平比当初移动了 {moved_mdegc} °C（{people} 人）；是这台变了还是另一台变了，"
        "单凭比较看不出。请清洁两台的镜头，检查安装位置、日照和暖风，再给两台各校准一次；校准后重新开始比较。",
        "Against the other thermometer this one has moved by {moved_mdegc} °C since they were first compared "
        "({people} people); the comparison cannot say which of the two has changed. Clean both lenses, look "
        "at how they are mounted, at sun and heaters, then calibrate both; the comparison then begins anew.",
    ),
}
