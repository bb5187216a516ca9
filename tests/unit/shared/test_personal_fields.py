"""What a service declares of its personal data, and how it is found."""

from pathlib import Path

import pytest

import services
from shared.privacy.fields import Declared, PersonalField, SealedColumn, declared_by


def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str, text: str) -> None:
    """Add a service that has nothing but a module `personal`."""
    (tmp_path / service).mkdir()
    (tmp_path / service / "personal.py").write_text(text)
    monkeypatch.setattr(services, "__path__", [*services.__path__, str(tmp_path)])


def test_a_service_without_the_module_declares_nothing():
    assert declared_by("grid") == Declared((), ())


def test_a_service_declares_in_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    declare(
        tmp_path,
        monkeypatch,
        "declaring",
        "from shared.privacy.fields import PersonalField\n"
        "PERSONAL_FIELDS = (PersonalField('people', 'id', 'id', 'name', 'name'),)\n",
    )
    field = PersonalField("people", "id", "id", "name", "name")
    assert declared_by("declaring") == Declared((field,), ())


def test_a_module_that_misses_another_is_no_missing_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    declare(tmp_path, monkeypatch, "breaking", "import no_such_module")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        declared_by("breaking")


def test_a_field_is_sealed_under_the_name_of_its_column_unless_it_says_another():
    assert PersonalField("people", "id", "id", "name", "name").field == "people.name"
    assert PersonalField("people", "id", "id", "name", "name", field="name").field == "name"


@pytest.mark.parametrize("odd", ["", "a b", 'a"', "A", "a;--", "a.b", "名"])
def test_a_name_that_would_need_quoting_is_refused(odd: str):
    for names in ((odd, "b", "c", "d"), ("a", odd, "c", "d"), ("a", "b", odd, "d")):
        with pytest.raises(ValueError):
            PersonalField(*names, "name")
    with pytest.raises(ValueError):
        PersonalField("a", "b", "c", "d", "name", index_column=odd)
    with pytest.raises(ValueError):
        SealedColumn("a", "b", odd, "context")


def test_the_context_of_a_sealed_column_names_the_row():
    assert SealedColumn("a", "b", "c", "a.c {id}").context_of(7) == "a.c 7"
