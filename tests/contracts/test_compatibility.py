"""A published version of an event never changes but by optional fields: every way to break it."""

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from marshmallow import ValidationError

from deploy.contracts.__main__ import CHECKOUT, PUBLISHED, SAMPLES
from deploy.contracts.compatibility import breaks
from deploy.contracts.published import plan, published_form, samples_of
from shared.contracts import schema_of
from shared.messaging.topology import EVENTS, EventType
from tests.contracts.test_contracts import assert_still_understood

Schema = dict[str, Any]

OLD_MESSAGES = "messages said before would be refused"
OLD_HEARERS = "hearers not yet updated would refuse what is said"
BOTH = f"{OLD_MESSAGES}, or {OLD_HEARERS}"


def test_no_published_event_was_changed_incompatibly():
    refused = plan(EVENTS, PUBLISHED, SAMPLES).refused
    assert refused == (), "give the event a new version:\n" + "\n".join(refused)


def test_every_event_is_published():
    assert {file.stem for file in PUBLISHED.glob("*.json")} == {event.name for event in EVENTS}


# every kind of change

BEFORE: Schema = {
    "title": "x.v1",
    "x-exchange": "grid.events",
    "type": "object",
    "description": "Something was done.",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "rank": {"type": "integer", "minimum": 1, "maximum": 5},
        "code": {"type": "string", "pattern": "^[0-9]{12}$", "maxLength": 12},
        "note": {"type": ["string", "null"], "default": None},
        "free": {"type": "string"},
        "parts": {
            "type": "array",
            "minItems": 1,
            "maxItems": 500,
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
                "required": ["name"],
                "additionalProperties": True,
            },
        },
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
    "required": ["id", "kind", "rank", "code", "free", "parts"],
    "additionalProperties": True,
}


def put(path: str, value: Any) -> Callable[[Schema], None]:
    """Set the keyword at a path, `rank/maximum` below the properties, `/title` at the top."""

    def change(schema: Schema) -> None:
        *way, last = path.strip("/").split("/")
        place = schema if path.startswith("/") else schema["properties"]
        for step in way:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value

    return change


def require(name: str) -> Callable[[Schema], None]:
    return lambda schema: schema["required"].append(name)


def free(name: str) -> Callable[[Schema], None]:
    return lambda schema: schema["required"].remove(name)


def removed(name: str) -> Callable[[Schema], None]:
    def change(schema: Schema) -> None:
        del schema["properties"][name]
        schema["required"] = [one for one in schema["required"] if one != name]

    return change


def added(name: str, *, required: bool) -> Callable[[Schema], None]:
    def change(schema: Schema) -> None:
        schema["properties"][name] = {"type": "string"}
        schema["required"] += [name] if required else []

    return change


COMPATIBLE = {
    "nothing": lambda schema: None,
    "an optional field more": added("colour", required=False),
    "an optional field more in a nested object": put(
        "parts/items/properties/colour", {"type": "string"}
    ),
    "another description": put("/description", "Something else was done."),
    "another description of a field": put("rank/description", "From low to high."),
    "another title": put("/title", "y.v1"),
    "another order of fields": lambda schema: schema.update(
        properties=dict(reversed(schema["properties"].items())),
        required=schema["required"][::-1],
    ),
}

NARROWER = {
    "an optional field becomes required": (require("note"), "note"),
    "a new field is required": (added("colour", required=True), "colour"),
    "a nested field becomes required": (
        put("parts/items/required", ["name", "size"]),
        "parts[].size",
    ),
    "a choice less": (put("kind/enum", ["a"]), "kind"),
    "choices where any text was": (put("free/enum", ["a"]), "free"),
    "null no longer allowed": (put("note/type", "string"), "note"),
    "a higher minimum": (put("rank/minimum", 2), "rank"),
    "a lower maximum": (put("rank/maximum", 4), "rank"),
    "a first minimum": (put("counts/minProperties", 1), "counts"),
    "a first pattern": (put("free/pattern", "^a"), "free"),
    "a first format": (put("free/format", "uuid"), "free"),
    "a shorter text": (put("code/maxLength", 11), "code"),
    "a shorter list": (put("parts/maxItems", 499), "parts"),
}

WIDER = {
    "a required field becomes optional": (free("rank"), "rank"),
    "a nested field becomes optional": (put("parts/items/required", []), "parts[].name"),
    "a required field is removed": (removed("rank"), "rank"),
    "a choice more": (put("kind/enum", ["a", "b", "c"]), "kind"),
    "any text where choices were": (put("kind/enum", None), "kind"),
    "null allowed": (put("rank/type", ["integer", "null"]), "rank"),
    "a lower minimum": (put("rank/minimum", 0), "rank"),
    "a higher maximum": (put("rank/maximum", 6), "rank"),
    "no maximum": (put("rank/maximum", None), "rank"),
    "no pattern": (put("code/pattern", None), "code"),
    "no format": (put("id/format", None), "id"),
    "a longer list": (put("parts/maxItems", 501), "parts"),
    "an empty list": (put("parts/minItems", 0), "parts"),
}

BOTH_WAYS = {
    "another type": (put("rank/type", "string"), "rank"),
    "another type in a nested object": (
        put("parts/items/properties/name/type", "integer"),
        "parts[].name",
    ),
    "another type of values": (put("counts/additionalProperties/type", "string"), "counts{}"),
    "another pattern": (put("code/pattern", "^[0-9]{9}$"), "code"),
    "other choices": (put("kind/enum", ["a", "c"]), "kind"),
    "another exchange": (put("/x-exchange", "inspections.events"), "payload"),
    "unknown fields refused": (put("/additionalProperties", False), "payload"),
    "a list where an object was": (put("parts/items", True), "parts"),
}


@pytest.mark.parametrize("change", COMPATIBLE.values(), ids=COMPATIBLE)
def test_what_both_sides_can_live_with_is_allowed(change: Callable[[Schema], None]):
    assert found(change) == []


@pytest.mark.parametrize(
    ("change", "field", "why"),
    [
        pytest.param(change, field, why, id=name)
        for table, why in ((NARROWER, OLD_MESSAGES), (WIDER, OLD_HEARERS), (BOTH_WAYS, BOTH))
        for name, (change, field) in table.items()
    ],
)
def test_what_one_side_would_refuse_is_named_with_its_field_and_reason(
    change: Callable[[Schema], None], field: str, why: str
):
    assert [(one.field, one.why) for one in found(change)] == [(field, why)]


def test_another_default_or_a_removed_optional_field_changes_what_is_meant():
    assert [str(one) for one in found(put("note/default", "none"))] == [
        "note: default was None, is 'none'; messages said before would mean something else"
    ]
    assert [str(one) for one in found(removed("note"))] == [
        "note: a field was removed; what others say or read there is lost"
    ]


def test_a_renamed_field_is_one_removed_and_one_added():
    def rename(schema: Schema) -> None:
        removed("rank")(schema)
        added("level", required=True)(schema)

    assert [one.field for one in found(rename)] == ["rank", "level"]


def test_a_rule_that_nobody_foresaw_may_not_change():
    assert [one.field for one in found(put("parts/uniqueItems", True))] == ["parts"]


def found(change: Callable[[Schema], None]) -> list[Any]:
    after = copy.deepcopy(BEFORE)
    change(after)
    return breaks(BEFORE, after)


# the files: an event that lives in this test alone


@dataclass(frozen=True, kw_only=True)
class TreePlantedV1:
    """A tree was planted."""

    tree_id: UUID
    place: str


@dataclass(frozen=True, kw_only=True)
class TreePlantedWithKindV1:
    """A tree was planted; later its kind is told too."""

    tree_id: UUID
    place: str
    kind: str | None = None


@dataclass(frozen=True, kw_only=True)
class TreePlantedWithARequiredKindV1:
    """A tree was planted, and its kind must be told."""

    tree_id: UUID
    place: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class TreePlantedNowhereV1:
    """A tree was planted, and its place was forgotten."""

    tree_id: UUID


def tree(contract: type) -> EventType:
    return EventType("grid", "tree_planted.v1", contract, "tree_id", ())


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return published files and samples after the event's first publication."""
    published, samples = tmp_path / "published", tmp_path / "samples"
    published.mkdir()
    samples.mkdir()
    text = plan([tree(TreePlantedV1)], published, samples).texts["tree_planted.v1"]
    (published / "tree_planted.v1.json").write_text(text, encoding="utf-8")
    old = {"tree_id": "01931e00-5b20-7d11-8f3a-9c415b207d11", "place": "路口"}
    (samples / "tree_planted.v1.before-kind.json").write_text(json.dumps(old), encoding="utf-8")
    (samples / "tree_planted.v1.json").write_text(json.dumps(old | {"kind": "桂花"}), "utf-8")
    return published, samples


def test_a_new_optional_field_goes_into_the_published_file(folders: tuple[Path, Path]):
    event = tree(TreePlantedWithKindV1)
    planned = plan([event], *folders)
    assert planned.refused == ()
    assert json.loads(planned.texts[event.name]) == published_form(event)
    assert "kind" in published_form(event)["properties"]


def test_a_sample_of_the_older_shape_loads_with_the_class_of_today(folders: tuple[Path, Path]):
    newest, older = samples_of("tree_planted.v1", folders[1])
    schema = schema_of(TreePlantedWithKindV1)
    assert schema.loads(newest.read_text(encoding="utf-8")).kind == "桂花"
    assert schema.loads(older.read_text(encoding="utf-8")).kind is None
    assert_still_understood(TreePlantedWithKindV1, older)
    with pytest.raises(ValidationError):
        assert_still_understood(TreePlantedWithARequiredKindV1, older)


def test_a_sample_of_the_newer_shape_loads_with_the_class_of_yesterday(folders: tuple[Path, Path]):
    newest, _ = samples_of("tree_planted.v1", folders[1])
    assert schema_of(TreePlantedV1).loads(newest.read_text(encoding="utf-8")).place == "路口"


def test_a_break_names_event_and_field(folders: tuple[Path, Path]):
    planned = plan([tree(TreePlantedNowhereV1)], *folders)
    assert planned.refused == (
        f"tree_planted.v1: place: a required field was removed; {OLD_HEARERS}",
    )


def test_an_event_that_moves_to_another_producer_is_another_event(folders: tuple[Path, Path]):
    moved = EventType("inspections", "tree_planted.v1", TreePlantedV1, "tree_id", ())
    (refusal,) = plan([moved], *folders).refused
    assert "x-exchange was 'grid.events', is 'inspections.events'" in refusal


def test_an_event_with_samples_may_not_disappear(folders: tuple[Path, Path]):
    planned = plan([], *folders)
    assert planned.refused == (
        "tree_planted.v1: the whole event was removed, and samples of it exist",
    )
    assert planned.retired == ()


def test_an_event_is_retired_once_its_samples_are_gone(folders: tuple[Path, Path]):
    published, samples = folders
    for file in samples.iterdir():
        file.unlink()
    planned = plan([], published, samples)
    assert (planned.refused, planned.retired) == ((), ("tree_planted.v1",))


def test_make_contracts_refuses_and_writes_nothing_when_a_published_version_would_break(
    tmp_path: Path,
):
    """On a copy whose published file promises a field that the class doesn't have."""
    copy_of_checkout(tmp_path)
    file = tmp_path / "docs" / "contracts" / "case_filed.v1.json"
    promised = json.loads(file.read_text(encoding="utf-8"))
    promised["properties"]["colour"] = {"type": "string"}
    promised["required"].append("colour")
    file.write_text(json.dumps(promised), encoding="utf-8")
    document = tmp_path / "docs" / "asyncapi.yaml"
    document.write_text("as it was", encoding="utf-8")
    done = make_contracts(tmp_path)
    assert done.returncode == 1
    assert f"case_filed.v1: colour: a required field was removed; {OLD_HEARERS}" in done.stderr
    assert document.read_text(encoding="utf-8") == "as it was"
    assert json.loads(file.read_text(encoding="utf-8")) == promised


def test_make_contracts_says_what_it_wrote(tmp_path: Path):
    copy_of_checkout(tmp_path)
    (tmp_path / "docs" / "contracts" / "case_filed.v1.json").unlink()
    (tmp_path / "docs" / "asyncapi.yaml").write_text("old", encoding="utf-8")
    done = make_contracts(tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "docs/contracts/case_filed.v1.json: new" in lines
    assert "docs/contracts/case_closed.v1.json: unchanged" in lines
    assert "docs/asyncapi.yaml: changed" in lines
    for name in ("asyncapi.yaml", "contracts/case_filed.v1.json"):
        assert (tmp_path / "docs" / name).read_bytes() == (CHECKOUT / "docs" / name).read_bytes()


def copy_of_checkout(folder: Path) -> None:
    for part in ("deploy/contracts", "docs", "shared", "tests/contracts/samples"):
        shutil.copytree(CHECKOUT / part, folder / part)
    shutil.copy(CHECKOUT / "deploy" / "__init__.py", folder / "deploy")


def make_contracts(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-P", "-m", "deploy.contracts"],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )
