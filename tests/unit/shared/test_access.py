"""What a caller may do: by the roles or scopes of the token, in the areas where they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, String
from sqlalchemy.dialects import postgresql

from shared.auth.access import ForPersonsOnly, RoleNotAllowed, ScopeMissing, allow, caller_of
from shared.auth.callers import AreaNotGranted, Caller, least, within
from shared.auth.claims import Claims, Grant
from shared.ids import new_id

CODES = st.lists(st.text("0123456789", min_size=1, max_size=4), max_size=6)
WRITE = allow("inspector", "district_office", scope="inspections.inspections:write")


def person(*grants: Grant) -> Claims:
    return Claims(subject=new_id(), kind="person", version=1, audience=("x",), grants=grants)


def client(*scopes: str, areas: tuple[str, ...] = ("3205",)) -> Claims:
    return Claims(
        subject=new_id(), kind="client", version=1, audience=("x",), scopes=scopes, areas=areas
    )


def test_an_action_reaches_the_areas_of_the_roles_that_may_do_it_and_no_others() -> None:
    claims = person(
        Grant("inspector", ("320508019", "320508019020")),
        Grant("district_office", ("320507",)),
        Grant("resident", ("320509",)),
    )
    caller = caller_of(claims, WRITE)
    assert caller.areas == ("320507", "320508019")
    assert caller.roles == {"inspector", "district_office"}
    assert caller.id == claims.subject


def test_a_role_that_the_rule_does_not_name_is_refused() -> None:
    with pytest.raises(RoleNotAllowed):
        caller_of(person(Grant("administrator", ("32",))), WRITE)
    with pytest.raises(RoleNotAllowed):
        caller_of(person(), WRITE)


def test_a_client_needs_the_scope_and_has_no_role() -> None:
    caller = caller_of(client("inspections.inspections:write"), WRITE)
    assert (caller.kind, caller.areas, caller.roles) == ("client", ("3205",), frozenset())
    with pytest.raises(ScopeMissing, match=r"inspections\.inspections:write"):
        caller_of(client("inspections.inspections:read"), WRITE)
    with pytest.raises(ForPersonsOnly):
        caller_of(client("inspections.inspections:write"), allow("operator"))


def test_grants_in_a_clients_token_count_for_nothing() -> None:
    claims = Claims(
        subject=new_id(),
        kind="client",
        version=1,
        audience=("x",),
        grants=(Grant("inspector", ("32",)),),
    )
    with pytest.raises(ScopeMissing):
        caller_of(claims, WRITE)


def test_who_has_no_area_acts_nowhere() -> None:
    nobody = Caller(new_id(), "person", ())
    assert not nobody.may_act_in("320508019020")
    with pytest.raises(AreaNotGranted) as refused:
        nobody.require_area("area_code", "320508019020")
    assert (refused.value.field, refused.value.status) == ("area_code", 403)


@given(CODES, st.text("0123456789", min_size=1, max_size=6))
def test_the_least_areas_cover_just_what_all_of_them_cover(areas: list[str], code: str) -> None:
    assert code.startswith(least(areas)) == code.startswith(tuple(areas))
    assert len(least(areas)) <= len(set(areas))


def test_the_filter_is_a_range_per_area_and_false_for_none() -> None:
    def sql(*areas: str) -> str:
        shown = within(Column("code", String), areas).compile(
            dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
        )
        return str(shown)

    assert sql() == "false"
    assert sql("3205") == "code >= '3205' AND code < '3205:'"
    assert "OR" in sql("3205", "3301")
