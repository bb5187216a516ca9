"""What a keyring accepts as keys, what it seals and opens, and how blind indexes compare."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from shared.config import BadConfiguration
from shared.privacy import keyring as keys
from shared.privacy.keyring import Keyring, KeyUnknown, normalised
from shared.privacy.sealing import SealBroken


def b64(byte: int, length: int = 32) -> str:
    return base64.b64encode(bytes([byte]) * length).decode("ascii")


def ring(*lines: str, index: str = b64(255)) -> Keyring:
    return Keyring.from_environment({"LINLI_DATA_KEYS": "\n".join(lines), "LINLI_INDEX_KEY": index})


OLD, NEW = f"k1:{b64(1)}", f"k2:{b64(2)}"
RING = ring(OLD)


@given(st.binary(max_size=300), st.text(st.characters(codec="utf-8"), max_size=40))
def test_what_was_sealed_in_a_context_opens_in_it(plain: bytes, context: str):
    assert RING.decrypt(RING.encrypt(plain, context), context) == plain


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_sealed_value_with_any_byte_altered_is_refused(place: int, change: int):
    sealed = bytearray(RING.encrypt(b"138 0013 8000", "a"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SealBroken):
        RING.decrypt(bytes(sealed), "a")


def test_a_sealed_value_that_was_cut_is_refused_at_every_length():
    sealed = RING.encrypt(b"secret", "a")
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            RING.decrypt(sealed[:length], "a")


def test_a_sealed_value_opens_in_no_other_context():
    sealed = RING.encrypt(b"secret", "signing_keys.pem 1")
    for other in ("signing_keys.pem 2", "", "signing_keys.pem 1 "):
        with pytest.raises(SealBroken):
            RING.decrypt(sealed, other)


def test_the_same_text_is_never_sealed_the_same_way():
    assert len({RING.encrypt(b"secret", "a") for _ in range(100)}) == 100


def test_a_sealed_value_begins_with_version_and_id_of_its_key():
    sealed = RING.encrypt(b"secret", "a")
    assert sealed[:4] == b"\x01\x02k1"
    assert len(sealed) == 4 + 12 + 6 + 16
    assert RING.key_id_of(sealed) == "k1"


def test_the_first_key_seals_and_all_of_them_open():
    both = ring(NEW, OLD)
    assert (both.newest, both.ids) == ("k2", ("k2", "k1"))
    assert both.decrypt(RING.encrypt(b"old", "a"), "a") == b"old"
    assert both.key_id_of(both.encrypt(b"new", "a")) == "k2"


def test_a_key_that_is_not_on_the_ring_is_named():
    with pytest.raises(KeyUnknown, match="k2"):
        RING.decrypt(ring(NEW).encrypt(b"secret", "a"), "a")


def test_another_key_under_the_same_id_opens_nothing():
    with pytest.raises(SealBroken):
        RING.decrypt(ring(f"k1:{b64(9)}").encrypt(b"secret", "a"), "a")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("k1", "line 1: must be key-id:base64"),
        (f"{OLD}\nk2:not base64!", "line 2: the key is not base64"),
        ("k1:ÄÖÜ", "line 1: the key is not base64"),
        (f"k1:{b64(1, 31)}", "line 1: the key has 31 bytes, not 32"),
        (f"k1:{b64(1, 33)}", "line 1: the key has 33 bytes, not 32"),
        ("k1:", "line 1: the key has 0 bytes, not 32"),
        (f"{OLD}\nk1:{b64(2)}", "the key id k1 occurs twice"),
        (f":{b64(1)}", "line 1: the key id must be"),
        (f"{'k' * 41}:{b64(1)}", "line 1: the key id must be"),
        (f"k 1:{b64(1)}", "line 1: the key id must be"),
        (f"键:{b64(1)}", "line 1: the key id must be"),
        (" \n ", "holds no key"),
    ],
)
def test_what_is_no_ring_is_refused_with_its_line_and_without_its_key(lines: str, told: str):
    with pytest.raises(BadConfiguration) as refusal:
        ring(*lines.splitlines())
    assert "LINLI_DATA_KEYS" in str(refusal.value) and told in str(refusal.value)
    assert b64(1)[:8] not in str(refusal.value) and "ÄÖÜ" not in str(refusal.value)


@pytest.mark.parametrize("missing", ["LINLI_DATA_KEYS", "LINLI_INDEX_KEY"])
def test_a_missing_key_is_named(missing: str):
    environ = {"LINLI_DATA_KEYS": OLD, "LINLI_INDEX_KEY": b64(3)}
    del environ[missing]
    with pytest.raises(BadConfiguration, match=missing):
        Keyring.from_environment(environ)


def test_an_index_key_that_is_no_key_or_a_data_key_is_refused():
    for index, told in (("?", "not base64"), (b64(3, 16), "16 bytes"), (b64(1), "must differ")):
        with pytest.raises(BadConfiguration, match=f"LINLI_INDEX_KEY.*{told}"):
            ring(OLD, index=index)


def test_keys_come_from_files_too(tmp_path: Path):
    data, index = tmp_path / "data", tmp_path / "index"
    data.write_text(f"{NEW}\n\n{OLD}\n")
    index.write_text(b64(255) + "\n")
    found = Keyring.from_environment(
        {"LINLI_DATA_KEYS_FILE": str(data), "LINLI_INDEX_KEY_FILE": str(index)}
    )
    assert found.ids == ("k2", "k1")
    assert found.blind_index("name", "张三") == RING.blind_index("name", "张三")


def test_a_ring_shows_no_key():
    assert (repr(RING), str(RING)) == ("Keyring(k1)", "Keyring(k1)")


def test_a_session_has_the_ring_of_its_process_or_says_that_there_is_none():
    assert keys.of(Session(info={"keyring": RING})) is RING
    for info in ({}, {"keyring": None}):
        with pytest.raises(BadConfiguration, match="LINLI_DATA_KEYS"):
            keys.of(Session(info=info))


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("phone", "13800138000", "138 0013-8000"),
        ("phone", "13800138000", "１３８００１３８０００"),
        ("phone", "13800138000", "+86 138 0013 8000"),
        ("phone", "13800138000", "008613800138000"),
        ("phone", "13800138000", "١٣٨٠٠١٣٨٠٠٠"),
        ("phone", "051262881234", "(0512) 6288-1234"),
        ("email", "Zhang@Example.CN", "zhang@example.cn "),
        ("email", "zhang＠example.cn", "zhang@example.cn"),
        ("name", "ﬁona STRASSE", "Fiona straße"),
        ("id_number", "32050819900101123x", "３２０５０８１９９００１０１１２３X"),
    ],
)
def test_blind_indexes_are_equal_for_texts_that_people_call_equal(kind: str, one: str, other: str):
    assert RING.blind_index(kind, one) == RING.blind_index(kind, other)


def test_blind_indexes_differ_by_text_kind_and_key():
    same = {
        RING.blind_index("name", "张三"),
        RING.blind_index("name", "张三丰"),
        RING.blind_index("text", "张三"),
        ring(OLD, index=b64(254)).blind_index("name", "张三"),
        RING.blind_index("phone", "13800138000"),
        RING.blind_index("phone", "8613800138"),
        RING.blind_index("phone", "013800138000"),
    }
    assert len(same) == 7
    assert {len(one) for one in same} == {32}


def test_blind_indexes_stay_the_same_when_data_keys_change():
    assert ring(NEW, OLD).blind_index("name", "张三") == RING.blind_index("name", "张三")


@given(st.sampled_from(["name", "phone", "email"]), st.text(max_size=30))
def test_the_form_in_which_texts_are_compared_is_its_own(kind: str, text: str):
    assert normalised(kind, normalised(kind, text)) == normalised(kind, text)
