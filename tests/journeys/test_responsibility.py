"""姑苏区 says who answers for what: cells, posts, the matrix, and two communities that merge."""

from deploy.demo.register_story import STREET, STREETS, Responsibility
from tests.observe import eventually
from tests.whole_system import WholeSystem

LEARNED = "SELECT count(*) FROM areas WHERE code = '320508019021' AND until IS NOT NULL"


def test_a_district_draws_fills_is_refused_mends_activates_and_merges(  # G01 G02 G06 G08 G09 G12
    system: WholeSystem,
) -> None:
    story = Responsibility(system.player())
    story.play()
    assert sorted(story.gaps) == sorted(set(STREETS) - {STREET})
    again = Responsibility(system.player())
    again.play()
    assert again.gaps == []
    system.wait_quiet()
    for service in ("inspections", "volunteers"):
        eventually(lambda one=service: system.scalar(one, LEARNED) == 0, 30)
