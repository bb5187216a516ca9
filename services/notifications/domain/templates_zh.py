"""Owns what messages say in Chinese: (subject, body) by template, and the words within them."""

TEMPLATES: dict[str, tuple[str, str]] = {
    "case_reported": (
        "【问题上报】{area}：{title}，请核实",
        "{area}收到一件问题反映（{at}）：{title}。\n"
        "请网格员、社区及时到现场核实，属实的予以立案，不属实的说明理由，不予立案。",
    ),
    "case_dispatched": (
        "【{kind}派单】{area}：{title}，请于{deadline}前办结",
        "{area}：{title}。案件编号 {case_number}。\n"
        "属地责任（块）：{territorial_post_name}；职能责任（条）：{functional_post_name}。\n"
        "请于{deadline}前办理到位，并报请现场核查。",
    ),
    "case_resolved": (
        "【请核查】{area}：{title}，已报办理完毕",
        "案件 {case_number}（{area}：{title}）已于{at}报办理完毕。\n"
        "请于{deadline}前安排现场核查：已解决的予以结案，未解决的退回并说明原因。",
    ),
    "case_returned": (
        "【核查退回】{area}：{title}，请于{deadline}前办结",
        "案件 {case_number}（{area}：{title}）经现场核查尚未解决，已于{at}退回。\n"
        "退回原因：{reason}。\n"
        "请抓紧办理，于{deadline}前办结。",
    ),
    "case_reopened": (
        "【重新{kind}】{area}：{title}，请于{deadline}前办结",
        "案件 {case_number}（{area}：{title}）复查未通过，已于{at}重新交办。\n"
        "原因：{reason}。\n"
        "请于{deadline}前办理到位。",
    ),
    "case_closed": (
        "【案件结案】{area}：{title}，已解决",
        "案件 {case_number}（{area}：{title}）经现场核查已解决，于{at}{overdue}结案。\n"
        "感谢您的参与。",
    ),
    "reinspection_opened": (
        "【待复查】{area}：{title}",
        "{area}：{title}，整改已于{at}结案，现需复查。\n"
        "请未参与该问题检查、整改和核查的检查员到现场复查，并登记结果。",
    ),
    "activity_published": (
        "【志愿招募】{title}（{area}，{starts_at}）",
        "{area}招募志愿者：{title}。\n"
        "时间：{starts_at}至{ends_at}；地点：{place}；名额：{places}人。\n"
        "欢迎报名参加。",
    ),
    "activity_cancelled": (
        "【活动取消】{title}（{area}，{starts_at}）",
        "您报名的志愿活动“{title}”（{starts_at}至{ends_at}，{place}）已取消。\n"
        "原因：{reason}。\n"
        "给您带来不便，敬请谅解。",
    ),
    "hours_recorded": (
        "【服务时长】{activity_title}：{minutes}已登记",
        "您参加“{activity_title}”（{started_at}至{ended_at}）的志愿服务时长{minutes}，"
        "已于{at}记入台账。\n感谢您的付出。",
    ),
    "finding_closed": (
        "【问题销号】{area}：{title}，已整改到位",
        "{area}：{title}。该问题已整改到位并通过复查，于{at}{overdue}销号。\n"
        "感谢各方的配合与付出。",
    ),
}

KINDS = {"rectification": "整改", "street_problem": "问题"}
OTHER_KIND = "案件"
OVERDUE = {True: "逾期", False: "按期"}
FOOTER = "此邮件由邻里系统自动发送，请勿直接回复。详情请登录系统查看消息箱。"
