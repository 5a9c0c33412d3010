"""Why a proven health code is not accepted, in words: the details behind `code_not_accepted`."""

from edge.web.troubles import Word

SHORTFALLS: dict[str, Word] = {
    "no_rules": Word("the rules of this gate say nothing about such codes", "本门的规定里没有这种证明"),
    "not_in_force": Word("that rule is not in force now", "这条规定目前不生效"),
    "health_yellow": Word("the health code is yellow", "健康码是黄码"),
    "health_orange": Word("the health code is orange", "健康码是橙码"),
    "health_red": Word("the health code is red", "健康码是红码"),
    "health_grey": Word("the health code is grey", "健康码是灰码"),
    "health_green": Word("a green health code is not enough here", "只有绿码还不够"),
    "health_unknown": Word("the health code shows a colour nobody knows here", "健康码的颜色本门不认识"),
    "itinerary_yellow": Word("the itinerary code is yellow", "行程码是黄码"),
    "itinerary_orange": Word("the itinerary code is orange", "行程码是橙码"),
    "itinerary_red": Word("the itinerary code is red", "行程码是红码"),
    "itinerary_grey": Word("the itinerary code is grey", "行程码是灰码"),
    "itinerary_green": Word("a green itinerary code is not enough here", "只有行程绿码还不够"),
    "itinerary_unknown": Word(
        "the itinerary code shows a colour nobody knows here", "行程码的颜色本门不认识"
    ),
    "test_positive": Word("a positive test result lies in the last days", "近期有阳性检测结果"),
    "two_people": Word(
        "the codes name people with different dates of birth", "几张证明的出生日期不同，不是同一个人"
    ),
    "other_person": Word(
        "the code names somebody else than the card or the answers",
        "码上的姓名或号码与证件、登记的不一致，可能不是同一个人",
    ),
    "needs_answer": Word("the platform is still being asked about a code", "还有一个码正在向平台查询"),
    "needs_health": Word("the health code is still to be shown", "还要出示健康码"),
    "needs_itinerary": Word("the itinerary code is still to be shown", "还要出示行程码"),
    "needs_same_person": Word(
        "nothing says that both codes are one person's: look at the phone",
        "两个码看不出是同一个人的，请看手机核对",
    ),
    "needs_vaccination": Word("a certificate of vaccination is missing", "缺接种证明"),
    "needs_test": Word("a test result is missing", "缺检测结果"),
    "needs_recovery": Word("a certificate of recovery is missing", "缺康复证明"),
    "needs_vaccine_pass": Word("a vaccine pass is missing", "缺疫苗通行证"),
    "needs_eu_rules": Word("an EU certificate is missing", "缺欧盟健康证明"),
    "clock_unset": Word("this gate does not know the time", "本机时间未校准，无法判断"),
    "course_unknown": Word("it does not say how many doses the course has", "证明没有写明全程需要几针"),
    "doses_missing": Word("doses are missing", "接种针数不够"),
    "dose_date": Word("the date of the last dose cannot be read", "最后一针的日期看不懂"),
    "dose_future": Word("the last dose is dated in the future", "最后一针的日期在今天之后"),
    "dose_too_recent": Word("the last dose was too short a time ago", "最后一针接种未满规定天数"),
    "dose_too_old": Word("the last dose was too long ago", "最后一针距今太久"),
    "test_not_negative": Word("the result is not negative", "检测结果不是阴性"),
    "test_kind": Word("this kind of test does not count here", "这种检测方法不算数"),
    "test_time": Word("it does not say when the sample was taken", "没有写明采样时间"),
    "test_future": Word("the sample is dated in the future", "采样时间在现在之后"),
    "test_too_old": Word("the test is too old", "检测已超过规定时间"),
    "recovery_date": Word("the date of the positive test cannot be read", "阳性检测日期看不懂"),
    "recovery_future": Word("the positive test is dated in the future", "阳性检测日期在今天之后"),
    "recovery_too_recent": Word("the positive test was too short a time ago", "距阳性检测未满规定天数"),
    "recovery_too_old": Word("the recovery was too long ago", "康复距今太久"),
    "eu_rules_failed": Word("the country's own rules do not accept it", "按该国规则不予认可"),
    "eu_rules_open": Word("the country's own rules could not be applied", "该国规则无法判断"),
}
