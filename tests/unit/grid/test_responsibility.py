"""Who owns a case, by place and by subject."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.grid.domain.responsibility import (
    Branch,
    Matrix,
    NoOwnerFound,
    Post,
    PostElsewhere,
    PostInactive,
    PostNotKnown,
    PostOfOtherBranch,
    owner_at,
    require_fitting,
    require_found,
)
from shared.errors import Rejected

COMMUNITY, STREET, DISTRICT, CITY = "320508019020", "320508019", "320508", "3205"


def post(
    code: str,
    area: str = DISTRICT,
    *classes: str,
    branch: Branch = "functional",
    active: bool = True,
) -> Post:
    return Post(uuid4(), code, code, branch, area, classes, UUID(int=1), UUID(int=2), active)


def kuai(code: str, area: str = COMMUNITY, *, active: bool = True) -> Post:
    return post(code, area, branch="territorial", active=active)


def functional(*posts: Post, case_class: str = "litter", area: str = COMMUNITY) -> str | None:
    found = Matrix(posts).post_of("functional", area, case_class)
    return found and found.code


def test_the_territorial_owner_is_the_post_nearest_to_the_place() -> None:  # G08
    posts = [kuai(area, area) for area in (CITY, DISTRICT, STREET, COMMUNITY, "320508019021")]
    for here in (COMMUNITY, STREET, DISTRICT, CITY):
        found = Matrix(posts).post_of("territorial", here, "litter")
        assert found is not None and found.code == here
    cell = Matrix(posts).post_of("territorial", COMMUNITY + "001", "litter")
    assert cell is not None and cell.code == COMMUNITY


def test_a_post_beside_or_below_owns_nothing_here() -> None:
    assert functional(post("beside", "320508020"), post("below", COMMUNITY), area=STREET) is None


def test_the_functional_owner_is_nearest_then_names_the_class_then_is_first_by_code() -> (
    None
):  # G09
    everything, named = post("a-all"), post("z-litter", DISTRICT, "litter", "stalls")
    assert functional(everything, named) == "z-litter"
    assert functional(everything, named, case_class="graffiti") == "a-all"
    assert functional(everything, named, post("street", STREET)) == "street"
    assert functional(post("b"), everything) == "a-all"
    assert functional(named, case_class="graffiti") is None


def test_a_nearer_post_for_other_classes_leaves_the_case_to_one_further_up() -> None:
    assert functional(post("street", STREET, "stalls"), post("district")) == "district"


def test_a_post_that_is_not_active_owns_nothing() -> None:
    assert functional(post("street", STREET, active=False), post("district")) == "district"


def test_a_case_has_both_owners_or_none() -> None:  # G07
    by_place, by_subject = kuai("kuai"), post("tiao")
    owners = Matrix([by_place, by_subject]).owners_of(COMMUNITY, "litter")
    assert owners is not None
    assert (owners.territorial, owners.functional) == (
        owner_at(by_place, "territorial"),
        owner_at(by_subject, "functional"),
    )
    assert owners.territorial.persons == (UUID(int=1), UUID(int=2))
    assert Matrix([by_place]).owners_of(COMMUNITY, "litter") is None
    assert Matrix([by_subject]).owners_of(COMMUNITY, "litter") is None


AREAS = st.sampled_from([CITY, DISTRICT, STREET, COMMUNITY, "320508020", "320509"])
POSTS = st.lists(
    st.builds(
        lambda code, area, classes, active: post(code, area, *classes, active=active),
        st.text("abc", min_size=1, max_size=3),
        AREAS,
        st.lists(st.sampled_from(["litter", "stalls"]), unique=True),
        st.booleans(),
    ),
    unique_by=lambda one: one.code,
)


@given(posts=POSTS)
def test_the_matrix_finds_what_a_look_at_every_post_finds(posts: list[Post]) -> None:
    fitting = [
        one for one in posts if one.active and one.covers(COMMUNITY) and one.answers_for("litter")
    ]
    ranked = sorted(fitting, key=lambda one: (-len(one.area_code), not one.case_classes, one.code))
    assert functional(*posts) == (ranked[0].code if ranked else None)


@pytest.mark.parametrize(
    ("named", "refusal"),
    [
        (None, PostNotKnown),
        (post("one", active=False), PostInactive),
        (kuai("one"), PostOfOtherBranch),
        (post("one", "320509"), PostElsewhere),
        (post("one", COMMUNITY, "stalls"), None),
    ],
)
def test_a_post_that_somebody_names_must_be_able_to_own_the_case(
    named: Post | None, refusal: type[Rejected] | None
) -> None:
    if refusal is None:
        assert require_fitting(named, "one", "functional", COMMUNITY) == named
        return
    with pytest.raises(refusal) as refused:
        require_fitting(named, "one", "functional", COMMUNITY)
    assert refused.value.field == "functional"
    assert "{" not in refused.value.text("zh") + refused.value.text("en")


def test_a_gap_in_the_matrix_is_named_by_its_branch() -> None:
    with pytest.raises(NoOwnerFound) as refused:
        require_found(None, "territorial")
    assert refused.value.field == "territorial"
    assert "块" in refused.value.text("zh")
