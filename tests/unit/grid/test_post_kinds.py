"""What a kind of post makes of its branch and its classes."""

import pytest

from services.grid.domain.post_kinds import (
    ClassesOfKind,
    ClassesOfPolicePost,
    ClassReserved,
    KindMissing,
    KindOfOtherBranch,
    PostKind,
    branch_of,
    classes_of_kind,
    kind_of,
)
from services.grid.domain.posts import ClassesOfTerritorialPost
from shared.errors import Rejected

KINDS: dict[PostKind, str] = {
    "leading_group": "functional",
    "office": "functional",
    "department": "functional",
    "police": "functional",
    "territorial": "territorial",
}


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_territorial_post_answers_by_place(kind: PostKind) -> None:
    assert branch_of(kind) == KINDS[kind]
    for branch in ("territorial", "functional"):
        if branch == KINDS[kind]:
            assert kind_of(kind, branch) == kind
        else:
            with pytest.raises(KindOfOtherBranch):
                kind_of(kind, branch)


def test_the_branch_alone_tells_a_kind_and_nothing_tells_none() -> None:
    assert kind_of(None, "territorial") == "territorial"
    assert kind_of(None, "functional") == "department"
    with pytest.raises(KindMissing):
        kind_of(None, None)


@pytest.mark.parametrize(
    ("kind", "named", "wanted"),
    [
        ("leading_group", [], ("leadership",)),  # X01, X02
        ("leading_group", ["leadership"], ("leadership",)),
        ("leading_group", ["litter"], ClassesOfKind),
        ("office", [], ("coordination",)),  # G11
        ("office", ["leadership"], ClassesOfKind),
        ("department", ["coordination"], ClassReserved),
        ("department", [], ()),
        ("department", ["b", "a", "b"], ("a", "b")),
        ("police", ["theft"], ("theft",)),  # G27
        ("police", ["leadership"], ClassReserved),
        ("police", [], ClassesOfPolicePost),
        ("territorial", [], ()),
        ("territorial", ["litter"], ClassesOfTerritorialPost),
    ],
)
def test_who_leads_and_coordinates_has_a_class_that_no_other_has(
    kind: PostKind, named: list[str], wanted: tuple[str, ...] | type[Rejected]
) -> None:
    if isinstance(wanted, tuple):
        assert classes_of_kind(kind, named) == wanted
        return
    with pytest.raises(wanted) as refused:
        classes_of_kind(kind, named)
    assert refused.value.field == "case_classes"
