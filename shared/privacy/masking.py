"""Owns masks: what a view shows of personal data, enough to recognise and too little to use."""

import re
import unicodedata

from shared.privacy.fields import PersonalKind

# two characters and a blank each, so that two characters of a name are found in no other way
_COMPOUND_SURNAMES = (
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 "
    "皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 "
    "子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 "
    "段干 百里 呼延 东郭 南门 羊舌 微生 公户 公玉 梁丘 左丘 东门 西门 第五 纳兰 完颜 "
    "叶赫 歐陽 司馬 東方 諸葛 尉遲 赫連 鍾離 長孫 鮮于 "
)
_CODE = r"(\+86|0086|86)?-?"
_MOBILE = re.compile(_CODE + r"(1[0-9]{10})")
_LANDLINE = re.compile(
    _CODE + r"(010|02[0-9]|0[3-9][0-9]{2})-?([0-9]{7,8})(?:(?:-|转|ext|x|#)[0-9]{1,6})?"
)


def masked(kind: PersonalKind, text: str) -> str:
    """Return what a view shows of a text of this kind; of an address or free text nothing."""
    match kind:
        case "name":
            return mask_name(text)
        case "phone":
            return mask_phone(text)
        case "email":
            return mask_email(text)
        case "id_number":
            return mask_id_number(text)
        case "address" | "text":
            return "***" if text else ""


def mask_phone(phone: str) -> str:
    """Return 138****8000, 0512-******34, or the last two digits of another number.

    A country code of China stays as +86; extensions are left out.
    """
    written = re.sub(r"[\s().·]", "", _plain(phone)).lower()
    if landline := _LANDLINE.fullmatch(written):
        code, area, number = landline.groups()
        return f"{_china(code)}{area}-{'*' * (len(number) - 2)}{number[-2:]}"
    digits = written.replace("-", "")
    if mobile := _MOBILE.fullmatch(digits):
        code, number = mobile.groups()
        return f"{_china(code)}{number[:3]}****{number[-4:]}"
    shown = 2 if len(digits) >= 7 else 0
    return "*" * (len(digits) - shown) + digits[len(digits) - shown :]


def mask_email(address: str) -> str:
    """Return z***@example.cn; of a local part of one character nothing."""
    local, at, domain = _plain(address).rpartition("@")
    if not at:
        local, domain = domain, ""
    if not local:
        return f"***{at}{domain}" if at else ""
    first = local[0] if len(local) > 1 else ""
    return f"{first}***{at}{domain}"


def mask_id_number(number: str) -> str:
    """Return the first four and last four of 18 or 15 digits; of other papers both ends."""
    plain = re.sub(r"[\s-]", "", _plain(number)).upper()
    shown = 4 if re.fullmatch(r"[0-9]{17}[0-9X]|[0-9]{15}", plain) else len(plain) // 5
    if not shown:
        return "*" * len(plain)
    return plain[:shown] + "*" * (len(plain) - 2 * shown) + plain[-shown:]


def mask_name(name: str) -> str:
    """Return 张*, 欧阳**, 阿***·***** or J*** S****; of a name of one character nothing.

    The first character stays, of a Chinese compound surname both.
    """
    plain = unicodedata.normalize("NFC", name).strip()
    if plain and plain[0].lower() != plain[0].upper():
        return " ".join(_stars_after(word, 1) for word in plain.split())
    first, *others = re.split(r"[·•・‧]", "".join(plain.split()))
    surname = 2 if len(first) > 2 and first[:2] in _COMPOUND_SURNAMES else 1
    return "·".join([_stars_after(first, surname), *(_stars_after(part, 0) for part in others)])


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _china(code: str | None) -> str:
    return "+86 " if code else ""


def _stars_after(word: str, shown: int) -> str:
    shown = shown if len(word) > shown else 0
    return word[:shown] + "*" * (len(word) - shown)
