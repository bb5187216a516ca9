"""Owns the systems that journeys share, or have to themselves."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from deploy.local.nodes import PrivateNodes
from shared.database import Transactions
from tests.databases import DatabaseServer
from tests.whole_system import WholeSystem, drop_databases, new_database


@pytest.fixture(scope="package")
def shared_system(
    nodes: PrivateNodes,
    database_server: DatabaseServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WholeSystem]:
    """One system for the journeys: its processes take longer to start than most stories."""
    whole = WholeSystem(
        nodes, partial(new_database, database_server), tmp_path_factory.mktemp("all")
    )
    try:
        yield whole
    finally:
        whole.end()
        drop_databases(whole, database_server)


@pytest.fixture
def system(shared_system: WholeSystem) -> WholeSystem:
    """The system that the journeys share, whole and quiet; what others did in it stays."""
    shared_system.wait_ready()
    shared_system.wait_quiet()
    return shared_system


@pytest.fixture
def own_system(
    nodes: PrivateNodes, database_of: Callable[[str], Transactions], tmp_path: Path
) -> Iterator[WholeSystem]:
    """A system of this test's own, for what leaves nothing as it was."""
    whole = WholeSystem(nodes, database_of, tmp_path)
    try:
        whole.wait_ready()
        yield whole
    finally:
        whole.end()
