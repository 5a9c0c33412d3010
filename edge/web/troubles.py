"""What went wrong and what to do about it, in both languages: devices, and refusals of the pages.

Only words; `words.py` takes them into its table.
"""

from typing import NamedTuple

from edge.web import duty_errors


class Word(NamedTuple):
    """One code in both languages; `{}` stands for the detail behind the colon."""

    en: str
    zh: str


DEVICES: dict[str, Word] = {
    "thermometer": Word("Thermometer", "测温仪"),
    "scanner": Word("Scanner", "扫码器"),
    "barrier": Word("Barrier", "道闸"),
    "voice": Word("Voice", "语音"),
    "lights": Word("Lights", "信号灯"),
    "verifier": Word("Platform", "查询平台"),
    "notifier": Word("Messages to", "消息接收方"),
}

DEVICE_STATES: dict[str, Word] = {
    "starting": Word("starting", "启动中"),
    "up": Word("working", "正常"),
    "down": Word("not working", "故障"),
}

# What is wrong, by DeviceUnavailable's code.
DEVICE_FAULTS: dict[str, Word] = {
    "absent": Word("is not connected", "未连接"),
    "lost": Word("was disconnected", "已断开"),
    "silent": Word("sends nothing", "没有数据"),
    "garbled": Word("sends what cannot be read", "数据无法识别"),
    "busy": Word("is used by another program", "被其他程序占用"),
    "denied": Word("may not be opened by this program", "没有访问权限"),
    "hung": Word("does not answer", "没有响应"),
    "ended": Word("has come to the end of its recording", "录像已播放完毕"),
}

# What to do about it, in the words of somebody who has no screwdriver at hand.
REMEDIES: dict[str, Word] = {
    "absent": Word("Check that its cable is plugged in.", "请检查连接线是否插好。"),
    "lost": Word("Plug its cable in again; it comes back by itself.", "请重新插好连接线，设备会自动恢复。"),
    "silent": Word("Switch its power off and on.", "请给设备断电后重新通电。"),
    "garbled": Word(
        "Unplug it and plug it in. If it stays, call the manager: the model, the mode or the baud rate in "
        "the set-up is not the device's.",
        "请拔下重插；仍不行请联系物业：设置里的型号、模式或波特率与设备不符。",
    ),
    "busy": Word("Close other programs that use it.", "请关闭占用该设备的其他程序。"),
    "denied": Word("Call the manager: the set-up is not complete.", "请联系物业：安装设置未完成。"),
    "hung": Word(
        "Wait half a minute; if it stays, unplug it and plug it in.", "请等半分钟；仍无响应请拔下重插。"
    ),
    "ended": Word("Choose a recording that repeats, or a real camera.", "请改用循环播放的录像或真实摄像头。"),
}

# The same for a platform, which has no cable at the gate. Whoever stands there passes all the same: by the
# phone that the attendant looks at, by ID number, on paper.
PLATFORM_FAULTS: dict[str, Word] = {
    "absent": Word("cannot be reached", "连不上"),
    "lost": Word("breaks off", "连接中断"),
    "silent": Word("does not answer in time", "没有及时答复"),
    "garbled": Word("answers what cannot be read", "答复无法识别"),
    "busy": Word("cannot answer now", "暂时无法答复"),
    "denied": Word("refuses this gate", "拒绝本门岗的查询"),
    "hung": Word("does not answer", "没有答复"),
    "ended": Word("was closed", "已关闭"),
}
_LOOK = Word(
    "Look at the phone and record what it shows, or take the ID number; it comes back by itself.",
    "请看手机画面并登记所见，或登记证件号码；平台恢复后会自动继续。",
)
_CALL = Word(
    "Look at the phone, or take the ID number. Call the manager: the platform's set-up is not right.",
    "请看手机画面，或登记证件号码。请联系物业：平台的设置不对。",
)
PLATFORM_REMEDIES: dict[str, Word] = {
    code: _CALL if code in ("garbled", "denied") else _LOOK for code in PLATFORM_FAULTS
}

# What an attendant is told while somebody stands there and that is no device's fault.
NOTICES: dict[str, Word] = {
    "card_unread": Word("The card could not be read.", "证件没有读出来。"),
    "card_layout": Word(
        "This kind of card is not read here.", "本机不读这种证件（如外国人永久居留证、港澳台居民居住证）。"
    ),
    "card_unasked": Word(
        "The card was read, but this procedure asks for nothing that it says.",
        "证件已读，但本流程不登记证件上的内容。",
    ),
    "card_second": Word("This is another person's card; it was not taken.", "这是另一个人的证件，没有采用。"),
    "code_parked": Word(
        "Somebody who waits on the bench showed a code; it was not taken.", "候检席上的人出示了码，没有采用。"
    ),
    "code_red_late": Word(
        "A platform has answered: somebody who was admitted has a code that rules them out. Minutes ago: {}.",
        "平台刚刚答复：一名已放行人员的码不符合要求。距放行（分钟）：{}。",
    ),
    "screening_shifted": Word(
        "Most people of late read far from what healthy people showed here before.",
        "最近多数人的读数与以往健康人群相差很大。",
    ),
    "level_shifted": Word(
        "The thermometer's level has shifted: tell the manager.", "测温仪的人群水平已移动：请告诉物业。"
    ),
    "aim_over": Word(
        "Say again what is measured: nothing is until then.", "请重新指明测哪个部位，之前不计读数。"
    ),
    "step_back": Word("Step back first.", "请先退后一步。"),
    "nobody_awaited": Word(
        "Something was measured or shown while nobody of the vehicle was awaited; it was not taken.",
        "车辆没有在等下一位乘员，刚才的测温或出示没有采用。",
    ),
    "code_aboard": Word(
        "This code is of somebody of this vehicle who is done; it was not taken.",
        "这个码属于本车已登记的人，没有采用。",
    ),
    "mask_unsure": Word("The camera is not sure about the mask.", "摄像头看不清是否戴好口罩。"),
    "passage_full": Word(
        "This passage holds no more; what was shown last was not taken.",
        "本次通行的记录已满，最后出示的没有采用。",
    ),
}

NOTICE_REMEDIES: dict[str, Word] = {
    "card_unread": Word(
        "Lay it flat on the reader, alone, and leave it there; if that fails again, type it in.",
        "请取下其他卡片，把证件单独平放在阅读器上，不要移动；仍读不出请手工录入。",
    ),
    "card_layout": Word("Type name and number in.", "请手工录入姓名和证件号码。"),
    "card_unasked": Word(
        "Nothing of it was kept; give it back and go on.", "没有保存任何内容，请交还证件并继续。"
    ),
    "card_second": Word(
        "Finish this passage or move the person aside first.", "请先完成本次通行，或将本人转到候检席。"
    ),
    "code_parked": Word(
        "Finish this passage first, then call the person from the list or have the code shown again.",
        "请先完成本次通行，再从候检席叫回，或让其重新出示。",
    ),
    "code_red_late": Word(
        "Call the manager; the newest late answer on the passages page says who it is.",
        "请立即通知物业，按通行记录中最新的平台答复查找此人。",
    ),
    "screening_shifted": Word(
        "Check the thermometer: clean lens, distance, sun, heater. Call the manager, who confirms the new "
        "level if it is right.",
        "请检查测温仪：镜头是否干净、距离、阳光、暖风。请通知物业，确认无误后由物业确认新的水平。",
    ),
    "level_shifted": Word("Go on measuring as usual.", "照常测温即可。"),
    "aim_over": Word(
        "Press M for the usual place, or the button of the other one.",
        "按 M 测平常部位，或点另一部位的按钮。",
    ),
    "nobody_awaited": Word("Tap Next first, or correct the number.", "请先点“下一位”，或更正人数。"),
    "code_aboard": Word("Ask for this person's own code.", "请这位乘员出示本人的码。"),
    "step_back": Word("Then whoever steps up is measured at the usual place.", "再上前的人按平常部位测量。"),
    "mask_unsure": Word("Look yourself and tap what you see.", "请自己看一眼，再点所看到的。"),
    "passage_full": Word("Decide it by hand, then begin anew.", "请人工判定，然后重新开始。"),
}

# Stable codes of refused requests; also what `{"error": ...}` carries.
ERRORS: dict[str, Word] = {
    "manager_needed": Word("Only a manager may admit this person.", "此人只能由物业放行。"),
    "other_version": Word("The rules changed meanwhile; look again.", "规则刚被别人改过，请重新查看。"),
    "unknown_level": Word("There is no such closure level.", "没有这个封闭级别。"),
    "unknown_rules": Word("There are no such rules.", "没有这个规则文件。"),
    "unit_needed": Word(
        "Name the unit that confirms the release, and who signs for it.", "请写明确认解除的单位和签字人。"
    ),
    "faulty_entry": Word(
        "Something in the form cannot be right; see each field.", "表单有误，请看各栏说明。"
    ),
    "visit_closed": Word("This link is used up or no longer valid.", "该链接已用完或已失效。"),
    "visit_busy": Word("Too many at once: wait a minute.", "操作太频繁，请一分钟后再试。"),
    "import_running": Word("Another import is running.", "另一项导入正在进行。"),
    "import_piece": Word(
        "A piece of the file is missing: choose it again.", "文件缺了一段，请重新选择文件。"
    ),
    "import_too_large": Word("The file is too large (32 MB).", "文件太大（上限 32 MB）。"),
    "import_not_ready": Word("Preview the file first.", "请先预览文件。"),
    "unauthorized": Word("Please log in.", "请先登录。"),
    "forbidden": Word("Your role may not do this.", "您的角色无权进行此操作。"),
    "not_found": Word("There is nothing here.", "没有这个页面。"),
    "not_reported": Word("This day has no report yet.", "这一天还没有报送。"),
    "nothing_changed": Word("The report would say the same.", "与已报的数字相同，不用更正。"),
    "stale": Word("Somebody corrected it meanwhile: look again.", "其他人刚刚更正过，请重新查看。"),
    "too_old": Word("A page of so long ago belongs to no report.", "登记时间太早，不属于任何报表。"),
    "bad_template": Word(
        "The street's table cannot be read or filled: compare [reports] template.",
        "街道表格无法读取或填写：请核对 [reports] template。",
    ),
    "method_not_allowed": Word("This address does not take that method.", "该地址不支持此方法。"),
    "bad_request": Word("The request could not be understood.", "无法理解该请求。"),
    "bad_json": Word("The body is not the JSON that is documented.", "请求内容不是规定的 JSON。"),
    "bad_query": Word("A query parameter is not as documented.", "查询参数不符合规定。"),
    "not_json": Word("Send application/json.", "请以 application/json 发送。"),
    "too_large": Word("The request is too large.", "请求内容过大。"),
    "csrf": Word("This page is too old; load it again.", "页面已过期，请刷新后重试。"),
    "too_many": Word("Too many tries; please wait.", "尝试次数过多，请稍候。"),
    "too_many_streams": Word("Too many open live pages; ask again later.", "实时页面过多，请稍后再试。"),
    "wrong_login": Word("Account or secret is wrong.", "账号或密码不正确。"),
    "bad_account": Word(
        "An account name has lower case letters and digits only.", "账号只能用小写字母和数字。"
    ),
    "day_over": Word(
        "That day is over. Choose today or a later one; to close the account now, say who takes over.",
        "这一天已经过去。请选今天或以后的日期；要立即停用，请选接替的账号。",
    ),
    "unknown_account": Word("There is no such account.", "没有这个账号。"),
    "account_exists": Word("The account exists already.", "账号已存在。"),
    "unknown_role": Word("There is no such role.", "没有这个角色。"),
    "weak_secret": Word(
        "A PIN has at least 4 digits, a password at least 8 characters.", "PIN 至少 4 位数字，密码至少 8 位。"
    ),
    "unknown_lane": Word("There is no such lane.", "没有这个通道。"),
    "unknown_passage": Word("There is no such passage.", "没有这次通行记录。"),
    "passage_not_open": Word("That passage is no longer open.", "这次通行已经结束。"),
    "lane_busy": Word("Somebody is in the lane.", "通道内已有人在检查。"),
    "bad_plate": Word("A plate has 2 to 12 letters and digits.", "车牌为 2 至 12 位字母、数字或汉字。"),
    "bad_occupants": Word(
        "1 to 60 people, and no fewer than are recorded already.", "人数为 1 至 60，且不少于已登记人数。"
    ),
    "vehicle_in_lane": Word(
        "A vehicle stands in the lane: finish it or put it aside first.", "通道内有车辆：请先完成或转到旁边。"
    ),
    "vehicle_parked": Word("Take the vehicle back first.", "请先把车辆叫回通道。"),
    "seats_full": Word(
        "Everybody told of is recorded; correct the number first.", "所报人数已登记满，请先更正人数。"
    ),
    "occupants_open": Word(
        "Somebody of this vehicle has not been decided yet.", "车上还有人没有处理完，不能放行。"
    ),
    "unknown_question": Word("The procedure does not ask this.", "流程中没有这个问题。"),
    "bad_id_number": Word(
        "This is no ID number: 18 places, and the last one must fit. For a passport type letters and digits.",
        "证件号码不对：身份证应为 18 位且末位校验相符；护照等请按字母和数字输入。",
    ),
    "bad_value": Word("This value cannot be used.", "这个值不能使用。"),
    "no_venue_code": Word(
        "No venue code is configured ([codes] venue_code).", "没有设置场所码（[codes] venue_code）。"
    ),
    "outcome_not_offered": Word("This procedure does not end so.", "本流程没有这种处理结果。"),
    "code_needed": Word(
        "No code, no passage: a valid code, or the way without a phone (ID number, by somebody else).",
        "无码不通行：请出示有效的码，或按无手机办理（证件号码、代办）。",
    ),
    "second_measurement_required": Word("A second measurement is required first.", "须先进行第二次测温。"),
    "reason_needed": Word("Please give a reason.", "请填写理由。"),
    "too_much": Word("This passage holds no more answers; decide it.", "本次通行的回答已满，请作出处理。"),
    "not_parked": Word("Nobody with this ticket is waiting.", "候检席没有这个号。"),
    "place_unknown": Word(
        "That place is not measured at this gate (also = [...] in the configuration).",
        "本门岗没有设置测这个部位（见配置 also）。",
    ),
    "unknown_device": Word("There is no such thermometer in this lane.", "本通道没有这支测温仪。"),
    "too_few_pairs": Word("Ten pairs of readings are needed.", "需要十对读数。"),
    "too_many_pairs": Word("At most a hundred pairs are taken.", "最多一百对读数。"),
    "reference_implausible": Word(
        "Calibrate with healthy people only: the clinical thermometer shows 35.0 to 37.6 °C.",
        "请只用健康的人校准：体温计读数应在 35.0 至 37.6 °C 之间。",
    ),
    "offset_implausible": Word(
        "The two instruments are too far apart: check the distance, the place on the forehead, the mode.",
        "两支温度计相差过大：请检查距离、额头位置和模块的模式。",
    ),
    "pairs_disagree": Word(
        "The pairs disagree: the same distance and place each time, and let people who come in rest first.",
        "各对读数不一致：每次距离和位置要相同，刚从室外进来的人先休息。",
    ),
    "clock_unset": Word(
        "Set or confirm the clock first (gatepost clock): what is entered here has a date.",
        "请先设定或确认时钟（gatepost clock）：登记的内容要有可信的日期。",
    ),
    "array": Word(
        "An array finds faces and decides nothing: calibrate the spot sensor beside it.",
        "热像阵列只用于找人，不作判断：请校准旁边的点测仪。",
    ),
    "not_calibrated": Word("This thermometer has no calibration.", "这支测温仪没有校准记录。"),
    "not_shifted": Word(
        "The level of this thermometer has not shifted; there is nothing to confirm.",
        "这支测温仪的人群水平没有变化，无需确认。",
    ),
    "not_settled": Word(
        "No shift of this thermometer's level was confirmed.", "这支测温仪没有确认过人群水平变化。"
    ),
    "unknown_case": Word("There is no such case.", "没有这个编号的移交个案。"),
    "unknown_unit": Word("The settings name no such unit.", "设置里没有这个单位。"),
    "case_stage": Word(
        "The case is at another step by now: look at it again.",
        "该个案的状态已变化，此步骤不适用：请刷新后再看。",
    ),
    "unknown_entry": Word("There is no such entry.", "没有这个编号的登记。"),
    "entry_ended": Word("That entry had ended before.", "这条登记已经结束。"),
    "entry_forgotten": Word(
        "Its personal fields are destroyed: enter it anew.", "这条登记的个人信息已销毁，请重新登记。"
    ),
    "entry_changed": Word(
        "Somebody changed it meanwhile: look again, then change it.", "其他人刚改过：请刷新后再改。"
    ),
    "unknown_import": Word("There is no such import.", "没有这次导入。"),
    "command_reused": Word(
        "This was sent before with something else in it: load the page again and look what was written.",
        "这条指令已用于另一项操作，本次未作登记：请刷新页面，查看已登记的内容后再操作。",
    ),
    "case_forgotten": Word(
        "Its personal fields have been destroyed (retention): it cannot be opened again.",
        "个人信息已按保留期限销毁，不能重新打开。",
    ),
    **{code: Word(*texts) for code, texts in duty_errors.ERRORS.items()},
    "bad_window": Word(
        "Morning and afternoon each have to begin, end, and follow each other.",
        "上午、下午的时段都要有始有终，并且先后不能颠倒。",
    ),
    "no_person": Word(
        "Say whose temperature it is: a name, or the number of the pass.", "请填写姓名或通行证编号。"
    ),
    "temperature_implausible": Word(
        "This cannot be a person's temperature. Write degrees Celsius, such as 36.5.",
        "这不可能是人的体温。请填写摄氏度，例如 36.5。",
    ),
    "bad_moment": Word("Say on which day and at what time it was measured.", "请填写测量的日期和时间。"),
    "taken_in_future": Word("This moment has not come yet.", "测量时间还没有到。"),
    "taken_too_long_ago": Word(
        "This was more than three days ago; it is not taken any more.", "测量已超过三天，不再登记。"
    ),
    "unknown_report": Word("There is no such entry.", "没有这条体温登记。"),
    "already_corrected": Word(
        "This entry was corrected already; correct the newer one.", "这条登记已经更正过，请更正最新的一条。"
    ),
    "unknown_register": Word("There is no such register.", "没有这本登记册。"),
    "unknown_field": Word("The register has no such field.", "登记册里没有这一栏。"),
    "field_needed": Word("Please fill this in.", "请填写这一栏。"),
    "from_passages": Word(
        "The lines of this register are passages: nothing is entered by hand.",
        "这本登记册的内容来自通行记录，不能手工添加。",
    ),
    "not_defined": Word(
        "Nobody has said yet what this register holds: a manager writes it on the page of its definition.",
        "还没有设定这本登记册记什么：请物业在“登记册栏目”页填写。",
    ),
    "unknown_task": Word("This register has no such task.", "这本登记册没有这个事项。"),
    "too_slow": Word("The gate is too busy; try again.", "系统繁忙，请重试。"),
    "journal": Word("The gate cannot write. Register by hand on paper.", "设备无法写入记录，请手工登记。"),
    "internal": Word("An error happened; it was written to the log.", "系统出错，已记入日志。"),
}
