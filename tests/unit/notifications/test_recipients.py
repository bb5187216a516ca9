"""Tests of domain/recipients.py: addresses, and whose they are."""

from uuid import uuid4

import pytest

from services.notifications.domain.recipients import (
    EmailMalformed,
    NotOwnRecipient,
    PhoneMalformed,
    normalised_email,
    normalised_phone,
    require_own,
)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("xu.yaqin@Sanyuan1.Example.CN", "xu.yaqin@sanyuan1.example.cn"),
        ("  chen@example.cn\n", "chen@example.cn"),
        ("ｃｈｅｎ@example.cn", "chen@example.cn"),
        ("a+b=c@x-y.example.com", "a+b=c@x-y.example.com"),
        ("a" * 64 + "@example.cn", "a" * 64 + "@example.cn"),
    ],
)
def test_an_address_is_kept_as_every_mail_server_takes_it(given: str, kept: str):
    assert normalised_email(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "chen",
        "chen@",
        "@example.cn",
        "chen@example",
        "chen@@example.cn",
        "chen @example.cn",
        "chen@example.cn, hu@example.cn",
        "chen@example.cn\r\nBcc: hu@example.cn",
        '"a b"@example.cn',
        "陈@example.cn",
        "chen@例子.cn",
        ".chen@example.cn",
        "chen@-example.cn",
        "a" * 65 + "@example.cn",
        "chen@" + "a." * 130 + "cn",
        "chen@[127.0.0.1]",
    ],
)
def test_what_is_no_plain_address_is_refused(given: str):
    with pytest.raises(EmailMalformed):
        normalised_email(given)


@pytest.mark.parametrize("given", ["13862100001", "+86 138-6210-0001", "0512-65223344", "12345"])
def test_a_telephone_number_is_kept(given: str):
    assert normalised_phone(f" {given} ") == given


@pytest.mark.parametrize(
    "given", ["", "1234", "138abc", "1" * 30, "13862100001\n13862100002", "-12345"]
)
def test_what_is_no_telephone_number_is_refused(given: str):
    with pytest.raises(PhoneMalformed):
        normalised_phone(given)


def test_only_oneself_an_administrator_and_a_client_with_the_scope_may():
    person, other = uuid4(), uuid4()
    require_own(person, person, frozenset())
    require_own(person, other, frozenset(("administrator",)))
    require_own(person, other, frozenset(), is_client=True)
    with pytest.raises(NotOwnRecipient):
        require_own(person, other, frozenset(("operator", "district_office", "committee")))
