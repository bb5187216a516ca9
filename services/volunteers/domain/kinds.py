"""Owns which kinds of activity there are, in the words of the plans."""

from typing import Literal, get_args

ActivityKind = Literal[
    "environment_cleanup",
    "order_keeping",
    "giving_warmth",
    "giving_love",
    "helping_study",
    "helping_disabled",
    "poverty_relief",
    "blood_donation",
    "environment_protection",
    "home_beautification",
    "lei_feng_day",
    "science_outreach",
    "law_outreach",
    "health_outreach",
    "caring_empty_nesters",
    "caring_left_behind_children",
    "caring_migrant_workers",
    "caring_disabled",
]

KINDS: dict[ActivityKind, tuple[str, str]] = {
    # plan row V31
    "environment_cleanup": ("整治环境卫生", "environment clean-up"),
    "order_keeping": ("维护社会稳定", "order keeping"),
    # plan row V32
    "giving_warmth": ("送温暖", "bringing warmth"),
    "giving_love": ("献爱心", "giving love"),
    "helping_study": ("助学", "help with schooling"),
    "helping_disabled": ("助残", "help for the disabled"),
    "poverty_relief": ("扶贫济困", "poverty relief"),
    "blood_donation": ("无偿献血", "blood donation"),
    "environment_protection": ("保护环境", "environment protection"),
    "home_beautification": ("美化家园", "making the neighbourhood beautiful"),
    # plan rows V13 and V14
    "lei_feng_day": ("学雷锋日活动", "Lei Feng day"),
    "science_outreach": ("科技知识宣传", "science outreach"),
    "law_outreach": ("法律知识宣传", "law outreach"),
    "health_outreach": ("卫生知识宣传", "health outreach"),
    # plan row V15
    "caring_empty_nesters": ("关爱空巢老人", "care for empty-nest elderly"),
    "caring_left_behind_children": ("关爱留守儿童", "care for left-behind children"),
    "caring_migrant_workers": ("关爱农民工", "care for migrant workers"),
    "caring_disabled": ("关爱残疾人", "care for disabled people"),
}
"""Each kind in Chinese and English."""

EVERY_KIND: tuple[ActivityKind, ...] = get_args(ActivityKind)
