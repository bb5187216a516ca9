"""Which passwords are good enough, and what checking one costs."""

import time

import pytest

from services.gateway.domain.passwords import (
    PasswordTooLong,
    PasswordTooShort,
    PasswordTooWeak,
    PasswordUnprintable,
    normalised,
    require_form,
    require_strength,
)
from services.gateway.password_hashes import (
    LANES,
    MEMORY_KIB,
    NOBODYS,
    PASSES,
    PasswordHashes,
)

HASHES = PasswordHashes(2)
GOOD = "梅花香自苦寒来宝剑锋从磨砺出"


def refusal_of(password: str, username: str = "wang.xiuying") -> str:
    plain = normalised(password)
    try:
        require_form("new", plain)
        require_strength("new", HASHES.strength(plain, username))
    except (PasswordTooShort, PasswordTooLong, PasswordUnprintable, PasswordTooWeak) as refusal:
        assert refusal.field == "new"
        return type(refusal).__name__
    return "none"


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("x7#kQ9!mZ2p", "PasswordTooShort"),
        ("x7#kQ9!mZ2pL", "none"),
        ("x7#kQ9!mZ2pL" * 10 + "12345678", "none"),
        ("x7#kQ9!mZ2pL" * 10 + "123456789", "PasswordTooLong"),
        ("correct horse battery staple", "none"),
        (GOOD, "none"),
        ("x7#kQ9!mZ2p\tL", "PasswordUnprintable"),
        ("password1234", "PasswordTooWeak"),
        ("qwertyuiop123456", "PasswordTooWeak"),
        ("aaaaaaaaaaaaaaaaaaaa", "PasswordTooWeak"),
        ("wang.xiuying1", "PasswordTooWeak"),
        ("1q2w3e4r5t6y", "PasswordTooWeak"),
        # with more readings than zxcvbn is given to try
        ("p@$$w0rd!|+1", "PasswordTooWeak"),
        ("4@8({[<369!1|/0$5+7%2", "none"),
    ],
)
def test_a_password_is_judged_by_length_and_how_hard_it_is_to_guess(
    password: str, refusal: str
) -> None:
    assert refusal_of(password) == refusal


def test_the_username_is_the_first_thing_a_guesser_tries() -> None:
    assert refusal_of("zhaoguodong320508", username="zhaoguodong320508") == "PasswordTooWeak"
    assert refusal_of("zhaoguodong320508", username="other") == "none"


def cost_of(password: str) -> float:
    """Return the least that weighing a password took of three times."""
    spent = []
    for _ in range(3):
        begun = time.process_time()
        HASHES.strength(password, "wang.xiuying")
        spent.append(time.process_time() - begun)
    return min(spent)


@pytest.mark.parametrize(
    "signs", ["4@8({[<369!1|/0$5+7%2", "1|!7+$5", "4@({[<", "1!7", "({[<{(", "69!1|7+5$"]
)
def test_signs_that_stand_for_letters_make_no_password_dear_to_weigh(signs: str) -> None:
    hostile = (signs * 12)[:64]
    assert cost_of(hostile) < 10 * cost_of("correct horse battery staple and one more"[:64])


def test_the_same_letter_from_two_keyboards_is_one_password() -> None:
    assert normalised("caf\u0065\u0301") == normalised("caf\u00e9")


def test_a_password_matches_its_own_hash_alone() -> None:
    stored = HASHES.hash(GOOD)
    assert HASHES.matches(stored, GOOD)
    assert not HASHES.matches(stored, GOOD + "。")
    assert not HASHES.matches(None, GOOD)
    assert not HASHES.matches("not a hash", GOOD)


def test_a_hash_costs_what_owasp_asks_for() -> None:
    parameters = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"
    assert HASHES.hash(GOOD).startswith(parameters)
    assert (MEMORY_KIB, PASSES, LANES) == (19 * 1024, 2, 1)


def test_who_has_no_hash_is_compared_with_one_of_the_same_cost() -> None:
    assert not HASHES.is_outdated(NOBODYS)


def test_a_hash_of_other_parameters_is_outdated() -> None:
    from argon2 import PasswordHasher

    cheap = PasswordHasher(1, 8 * 1024, 1).hash(GOOD)
    assert HASHES.matches(cheap, GOOD)
    assert HASHES.is_outdated(cheap)
