"""The network of a cluster: hosts that only this machine reaches, and that leave nothing behind."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.leftovers import processes_of
from deploy.local.ports import accepts, free_ports
from deploy.local.programs import environment_of
from tests.faults.cluster import claim
from tests.faults.network import Network, NoNamespaces
from tests.observe import eventually


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network | None]:
    """A network of two hosts, None on a machine that allows no namespaces."""
    try:
        made = Network(tmp_path, 2)
    except NoNamespaces as error:
        sys.stderr.write(f"no network namespaces here: {error}\n")
        yield None
        return
    made.build()
    yield made
    made.close()


def test_a_host_that_is_cut_off_is_silent_until_it_is_joined_again(
    network: Network | None,
) -> None:
    if network is None:
        return
    (port,) = free_ports(1)
    address = network.addresses[1]
    words = (sys.executable, "-m", "http.server", "--bind", address, str(port))
    with subprocess.Popen((*network.leads_to(1), *words), stderr=subprocess.DEVNULL) as server:
        eventually(lambda: accepts(port, address))
        network.cut(1)
        assert not accepts(port, address)
        network.join(1)
        eventually(lambda: accepts(port, address))
        server.kill()


def test_a_network_is_gone_with_the_processes_of_its_run(network: Network | None) -> None:
    if network is None:
        return
    assert f" {network.addresses[0].rpartition('.')[0]}.1/24 " in addresses()
    network.close()
    eventually(lambda: network.addresses[0].rpartition(".")[0] not in addresses())


def test_what_a_killed_run_left_is_removed_and_a_living_one_is_left_alone(tmp_path: Path) -> None:
    dead, living, ours = (tmp_path / f"test-{name}" for name in ("dead", "living", "ours"))
    for state in (dead, living, ours):
        state.mkdir()
    with (
        claim(living),
        subprocess.Popen(("sleep", "1000"), env=environment_of(dead, dead)) as left,
        subprocess.Popen(("sleep", "1000"), env=environment_of(living, living)) as kept,
    ):
        claim(dead).close()
        with claim(ours):
            assert left.wait(10) == -9
            assert not dead.exists()
            assert kept.pid in processes_of(living)
        kept.kill()


def addresses() -> str:
    return subprocess.run(
        ("ip", "-4", "address"), capture_output=True, text=True, check=True
    ).stdout
