"""Tests of deploy/local/applications.py and system.py: what each process is told."""

from pathlib import Path

import pytest

from deploy.local.applications import SERVICES
from deploy.local.settings import Settings
from shared.messaging import topology
from tests.runtime.systems import system_in

KEYS = ("LINLI_DATA_KEYS_FILE", "LINLI_INDEX_KEY_FILE")


def test_every_service_of_the_topology_is_started() -> None:
    assert SERVICES == topology.SERVICES


def test_each_service_has_keys_of_its_own(tmp_path: Path) -> None:
    applications = system_in(tmp_path).applications
    told = [applications.service_environment(service) for service in SERVICES]
    files = {environment[name] for environment in told for name in KEYS}
    assert len({Path(file).read_text() for file in files}) == 2 * len(SERVICES)


def test_every_process_of_a_service_gets_its_keys(tmp_path: Path) -> None:
    programs = system_in(tmp_path).applications.programs()
    with_keys = {p.name for p in programs if set(KEYS) <= set(p.environment)}
    assert {name.partition("-")[0] for name in with_keys} == set(SERVICES)
    assert len(with_keys) == 3 * len(SERVICES)


def test_processes_start_anew_when_a_key_is_put_into_a_file_and_else_do_not(tmp_path: Path) -> None:
    system = system_in(tmp_path)
    before = system.code_mark()
    assert system_in(tmp_path).code_mark() == before
    keys = system.applications.data_keys("grid")
    keys.write_text("k2:" + "A" * 43 + "=\n" + keys.read_text())
    assert system.code_mark() != before


def test_only_a_demo_may_shift_its_clock(tmp_path: Path) -> None:
    demo = system_in(tmp_path).applications.service_environment("grid")
    assert (demo["LINLI_ENV"], "LINLI_CLOCK_FILE" in demo) == ("demo", True)
    settings = Settings(installation="production")
    real = system_in(tmp_path, settings).applications.service_environment("grid")
    assert (real["LINLI_ENV"], "LINLI_CLOCK_FILE" in real) == ("production", False)


def test_the_gateway_alone_hears_of_the_outside_issuer_and_its_secret_stays_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINLI_OIDC_ISSUER", "https://sso.example.gov.cn")
    monkeypatch.setenv("LINLI_OIDC_CLIENT_SECRET", "geheim-geheim")
    applications = system_in(tmp_path).applications
    gateway = applications.service_environment("gateway")
    assert gateway["LINLI_OIDC_ISSUER"] == "https://sso.example.gov.cn"
    assert "geheim-geheim" not in gateway.values()
    assert Path(gateway["LINLI_OIDC_CLIENT_SECRET_FILE"]).read_text() == "geheim-geheim\n"
    assert "LINLI_OIDC_ISSUER" not in applications.service_environment("grid")
