"""The plans that chance makes of the catalogue."""

import random

from tests.faults.catalogue import plan
from tests.faults.scene import CATALOGUE


def struck(brokers: int) -> set[str]:
    chance = random.Random(1)
    return {one.name for strike in plan(chance, 2 * len(CATALOGUE), brokers) for one in strike}


def test_every_fault_is_struck_and_those_of_a_cluster_only_where_there_is_one() -> None:
    assert struck(3) == set(CATALOGUE)
    assert struck(3) - struck(1) == {"kill_leader", "cut_off_member"}
