"""Owns the short form of `make faults`: one fault of each kind, and a queue that is purged."""

import logging
import random
from pathlib import Path

from deploy.local.nodes import PrivateNodes
from tests.databases import DatabaseServer
from tests.faults import report
from tests.faults.catalogue import CATALOGUE, plan
from tests.faults.run import Told, run, scene_of

SEED = "short"
COMMANDS, PER_SECOND, PATIENCE_SECONDS = 160, 16.0, 1.5
STRUCK = (
    "worker_before_ack",
    "relay_before_mark",
    "undecodable",
    "cut_broker",
    "broker_kill",
    "backends_terminated",
    "kill_api",
)

log = logging.getLogger(__name__)


def test_no_fault_loses_or_doubles_anything(
    nodes: PrivateNodes, database_server: DatabaseServer, tmp_path: Path
) -> None:
    told = Told(SEED)
    strikes = [(CATALOGUE[name],) for name in STRUCK]
    with scene_of(nodes, database_server, tmp_path, SEED, PATIENCE_SECONDS, PER_SECOND) as scene:
        run(scene, strikes, COMMANDS, told, log.info, purging=True)
    assert told.holds, list(report.complaints(told))
    assert told.verdict is not None
    assert told.verdict.parked >= 1, "what can't be decoded is parked"
    assert len(told.strikes) == len(STRUCK)


def test_a_seed_plans_the_same_faults_again_and_each_before_any_comes_twice() -> None:
    planned = [plan(random.Random("7"), 60) for _ in range(2)]
    assert planned[0] == planned[1]
    names = [one.name for strike in planned[0] for one in strike]
    assert len(names) == 60
    assert set(names) == {one.name for one in CATALOGUE.values() if one.brokers == 1}
    assert any(len(strike) == 2 for strike in planned[0])
    assert planned[0] != plan(random.Random("8"), 60)
