"""Owns the proof that the case of a finding has one id, whenever and however often it is opened."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.grid.domain.case_identity import case_of_finding
from shared.ids import made_at, new_id


def test_it_is_the_same_every_time_and_for_ever():
    finding = UUID("0199f1c2-7a00-7abc-8def-0123456789ab")
    assert case_of_finding(finding) == case_of_finding(UUID(str(finding)))
    assert str(case_of_finding(finding)) == "0199f1c2-7a00-7417-8181-695752cfd9b5"


@given(st.uuids())
def test_it_is_a_time_ordered_id_by_its_form(finding: UUID):
    case = case_of_finding(finding)
    assert (case.version, case.variant) == (7, "specified in RFC 4122")
    assert case.int >> 80 == finding.int >> 80


def test_it_has_the_time_of_its_finding():
    finding = new_id()
    assert made_at(case_of_finding(finding)) == made_at(finding)


def test_findings_of_one_millisecond_have_different_cases():
    findings = [new_id() for _ in range(1000)]
    assert len({case_of_finding(finding) for finding in findings} | set(findings)) == 2000
