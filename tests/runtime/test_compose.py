"""docker-compose.yml, as Docker Compose itself reads it, agrees with the local system."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from deploy.compose import document, secretfolder
from deploy.compose.containers import BACKUPS, FILES
from deploy.local.applications import BACKUP_DIR, NAMES, PROVISIONER, SERVICES
from deploy.local.layout import CHECKOUT
from deploy.local.mail import MAILCATCHER
from deploy.local.programs import Program
from deploy.local.settings import Settings
from deploy.steps import steps
from shared.config import pairs
from tests.runtime.systems import system_in

COMPOSE = Path(sys.executable).with_name("docker-compose")
SERVERS = {"postgres", "rabbitmq", "nginx", "prometheus", "grafana"}
BY_HAND = {"secrets", "provision-databases"}
"""Steps that are no run of `linli`."""
BACKUP = "backup"
STEPS = {step.name: step for step in steps(FILES)}
MARKS = {"LINLI_STATE", "LINLI_PROGRAM"}
Services = dict[str, dict[str, Any]]


def read_by_compose(
    *files: str, env_file: str | None = None, profiles: Sequence[str] = ("*",), **told: str
) -> dict[str, Any]:
    """Return what Compose makes of the files; it checks them against its schema first."""
    named = [word for file in files for word in ("-f", str(CHECKOUT / file))]
    # or a `.env` that somebody has here would be read
    named += ["--env-file", str(CHECKOUT / env_file) if env_file else os.devnull]
    named += [word for profile in profiles for word in ("--profile", profile)]
    command = [str(COMPOSE), "--project-directory", str(CHECKOUT), *named]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **told}
    done = subprocess.run(
        [*command, "config", "--format", "json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return read_by_compose("docker-compose.yml")


@pytest.fixture(scope="module")
def services(project: dict[str, Any]) -> Services:
    return dict(project["services"])


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Program]:
    """What `LINLI_ENV=production make up` starts, with the servers of others that it may use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINLI_OIDC_CLIENT_SECRET", "geheim-geheim")
        patch.setenv("LINLI_SMTP_URL", "smtp://linli:geheim-geheim@mail.example.gov.cn")
        patch.setenv("LINLI_SMTP_FROM", "linli@example.gov.cn")
        patch.setenv("LINLI_SMTP_CA", "/etc/linli/tls/mail-ca.pem")
        system = system_in(tmp_path_factory.mktemp("s"), Settings(installation="production"))
        return {program.name: program for program in system.applications.programs()}


def told(environment: dict[str, str]) -> set[str]:
    return {name for name in environment if name.startswith("LINLI_")} - MARKS


def sources(mounted: list[dict[str, Any]], kind: str) -> set[str]:
    return {one["source"] for one in mounted if one.get("type", kind) == kind}


def test_what_is_committed_is_what_the_code_writes() -> None:
    for path, text in document.written().items():
        assert path.read_text("utf-8") == text, f"{path.name}: run make compose"


def test_every_process_step_and_server_is_a_service_and_nothing_else(services: Services) -> None:
    assert set(services) == {*NAMES, *STEPS, *SERVERS, *BY_HAND, BACKUP, MAILCATCHER}


@pytest.mark.parametrize("name", NAMES)
def test_a_process_is_told_what_the_local_system_tells_it(
    services: Services, programs: dict[str, Program], name: str
) -> None:
    here, there = services[name]["environment"], dict(programs[name].environment)
    # a URL without a password, such as that of a demo, needs no secret
    without_secret = {"LINLI_SMTP_URL"} if name.startswith("notifications-") else set()
    # who makes and measures backups alone is told where they lie
    of_others = set() if name == PROVISIONER else {BACKUP_DIR}
    assert told(here) - without_secret == told(there) - of_others


@pytest.mark.parametrize("name", NAMES)
def test_a_process_runs_the_same_command(
    services: Services, programs: dict[str, Program], name: str
) -> None:
    command = list(programs[name].command)
    linli = next(n for n, word in enumerate(command) if word.endswith("/linli"))
    assert services[name]["command"] == command[linli + 1 :]
    assert services[name]["entrypoint"] is None


@pytest.mark.parametrize("name", NAMES)
def test_a_process_has_as_long_to_stop(
    services: Services, programs: dict[str, Program], name: str
) -> None:
    assert services[name]["stop_grace_period"] == f"{programs[name].stop_seconds}s"


@pytest.mark.parametrize("name", NAMES)
def test_the_healthcheck_asks_where_the_process_listens(services: Services, name: str) -> None:
    host, _, port = services[name]["environment"]["LINLI_HTTP_BIND"].partition(":")
    asked = re.findall(
        r"http://127\.0\.0\.1:(\d+)/readyz", services[name]["healthcheck"]["test"][-1]
    )
    assert (host, asked) == ("0.0.0.0", [port])


@pytest.mark.parametrize("name", NAMES)
def test_a_process_can_be_scaled(services: Services, name: str) -> None:
    assert {"container_name", "hostname", "ports"}.isdisjoint(services[name])


@pytest.mark.parametrize("service", SERVICES)
def test_no_process_starts_before_its_tables_and_keys(services: Services, service: str) -> None:
    for kind in ("api", "worker", "relay"):
        waits = services[f"{service}-{kind}"]["depends_on"]
        done = {n for n, how in waits.items() if how["condition"].endswith("_successfully")}
        keys = "signing-keys-init" if service == "gateway" else f"signing-keys-{service}"
        assert {f"migrate-{service}", keys} <= done
        assert ("provision" in done) == (kind != "api")


def test_prometheus_asks_every_process_where_it_listens(services: Services) -> None:
    scraped = yaml.safe_load((CHECKOUT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))
    ours = next(job for job in scraped["scrape_configs"] if job["job_name"] == "linli")
    (found,) = ours["dns_sd_configs"]
    assert sorted(found["names"]) == sorted(NAMES)
    for name in NAMES:
        assert services[name]["environment"]["LINLI_HTTP_BIND"] == f"0.0.0.0:{found['port']}"
        assert set(services[name]["networks"]) & set(services["prometheus"]["networks"])


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_that_of_the_local_system_and_waits_for_what_comes_before(
    services: Services, name: str
) -> None:
    step, service = STEPS[name], services[name]
    assert tuple(service["command"]) == step.arguments
    waits = {n: how["condition"] for n, how in service["depends_on"].items()}
    assert all(waits[before] == "service_completed_successfully" for before in step.after)
    assert service["restart"] == "no"
    assert service.get("profiles", []) == (["demo"] if step.demo else [])


def test_a_step_is_told_what_the_processes_of_its_service_are(services: Services) -> None:
    for name, step in STEPS.items():
        like = f"{step.service}-api" if step.service else "provisioner"
        assert services[name]["environment"] == services[like]["environment"]


def test_everything_long_running_is_watched_and_starts_again(services: Services) -> None:
    for name in (*NAMES, *SERVERS, MAILCATCHER):
        assert services[name]["healthcheck"]["test"], name
        assert services[name]["restart"] == "unless-stopped", name
        assert "stop_grace_period" in services[name], name


def test_every_container_has_the_rights_and_the_room_it_needs_and_no_more(
    services: Services,
) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] is True, name
        assert {"cpus", "memory", "pids"} <= set(service["deploy"]["resources"]["limits"]), name
        assert "memory" in service["deploy"]["resources"]["reservations"], name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name
        assert "privileged" not in service, name
    as_root = {n for n, service in services.items() if service["user"].startswith("0:")}
    more_rights = {name for name, service in services.items() if "cap_add" in service}
    assert as_root == more_rights == {"secrets"}


def test_every_image_is_pinned(services: Services) -> None:
    for service in services.values():
        assert re.search(r":v?\d+[.\d]*[a-z0-9.-]*$", service["image"]), service["image"]


def test_the_front_door_alone_is_published(services: Services) -> None:
    assert [name for name, service in services.items() if service.get("ports")] == ["nginx"]
    published = {(one["host_ip"], one["published"]) for one in services["nginx"]["ports"]}
    assert published == {("127.0.0.1", "8080"), ("127.0.0.1", "3000")}


def test_only_who_must_reaches_the_outside(project: dict[str, Any], services: Services) -> None:
    internal = {name for name, network in project["networks"].items() if network.get("internal")}
    out = {n for n, s in services.items() if set(s.get("networks", {})) - internal}
    assert out == {"nginx", *(set(document.REACHES_OUT) & set(NAMES))}
    assert services["secrets"]["network_mode"] == "none"
    reached = {name for name in services if "data" in services[name].get("networks", {})}
    assert not reached & {"nginx", "prometheus", "grafana"}
    apis = [services[f"{service}-api"]["networks"] for service in SERVICES]
    assert not [networks for networks in apis if "messages" in networks]


def test_nothing_secret_stands_in_an_environment(services: Services, tmp_path: Path) -> None:
    secretfolder.make(tmp_path)
    made = {file.read_text().strip() for file in tmp_path.iterdir()} - {""}
    for name, service in services.items():
        values = (service.get("environment") or {}).values()
        assert not [
            value for value in values if value in made or re.search(r"://[^/]*:[^/]*@", value)
        ]
        paths = {value for value in values if value.startswith("/run/secrets/")}
        mounted = {f"/run/secrets/{one['source']}" for one in service.get("secrets", [])}
        assert paths <= mounted, name


def test_a_service_sees_no_secret_of_another(services: Services) -> None:
    for name in NAMES:
        service = name.rpartition("-")[0]
        foreign = {other for other in SERVICES if other != service}
        seen = {one["source"] for one in services[name]["secrets"]}
        assert not [one for one in seen if one.rpartition("_")[2] in foreign]


def test_every_secret_file_volume_and_network_that_is_named_exists_and_is_used(
    project: dict[str, Any], services: Services, tmp_path: Path
) -> None:
    made = set(secretfolder.make(tmp_path))
    used = {one["source"] for s in services.values() for one in s.get("secrets", [])}
    assert set(project["secrets"]) == used == made
    configs = {one["source"] for s in services.values() for one in s.get("configs", [])}
    assert set(project["configs"]) == configs
    for config in project["configs"].values():
        assert Path(config["file"]).is_file()
    mounted = [one for s in services.values() for one in s.get("volumes", [])]
    assert set(project["volumes"]) == sources(mounted, "volume")
    bound = {Path(path) for path in sources(mounted, "bind")}
    assert bound == {
        CHECKOUT / secretfolder.FOLDER,
        CHECKOUT / ".run/compose-backups",
        CHECKOUT / "deploy/prometheus",
        CHECKOUT / "deploy/grafana/provisioning",
        CHECKOUT / "deploy/grafana/dashboards",
    }
    networks = {network for s in services.values() for network in s.get("networks", {})}
    assert set(project["networks"]) - {"default"} == networks


def test_with_tls_the_door_has_its_certificate_and_the_plain_port_is_shut() -> None:
    files = ("docker-compose.yml", "deploy/compose/tls.yml")
    nginx = read_by_compose(*files)["services"]["nginx"]
    ports = {(one["host_ip"], one["published"], one["target"]) for one in nginx["ports"]}
    assert ports == {("0.0.0.0", "443", 8443), ("127.0.0.1", "3000", 8082)}
    assert {one["source"] for one in nginx["secrets"]} == {"tls_certificate", "tls_key"}
    assert [one["source"] for one in nginx["configs"]] == ["front_door_tls"]


def test_with_tls_the_certificate_that_is_shown_is_watched(services: Services) -> None:
    with_tls = read_by_compose("docker-compose.yml", "deploy/compose/tls.yml")["services"]
    watching, nginx = with_tls[PROVISIONER], with_tls["nginx"]
    host, _, port = watching["environment"]["LINLI_WATCHED_TLS"].partition(":")
    assert (host, int(port)) in {("nginx", one["target"]) for one in nginx["ports"]}
    assert set(watching["networks"]) & set(nginx["networks"])
    assert services[PROVISIONER]["environment"]["LINLI_WATCHED_TLS"] == ""
    assert set(services[PROVISIONER]["networks"]) < set(watching["networks"])


def test_the_provisioner_measures_the_disks_of_volumes_and_backups(services: Services) -> None:
    watching = services[PROVISIONER]
    folders = pairs("LINLI_WATCHED_FOLDERS", watching["environment"])
    mounted = {one["target"]: one for one in watching["volumes"]}
    assert set(folders.values()) == set(mounted) == {"/var/lib/linli", BACKUPS}
    assert all(one["read_only"] for one in mounted.values())


def test_backups_are_written_and_measured_in_one_folder_of_the_machine() -> None:
    services = read_by_compose("docker-compose.yml", LINLI_BACKUP_DIR="/srv/backups")["services"]
    bound = {name: sources(one.get("volumes", []), "bind") for name, one in services.items()}
    users = {name for name, folders in bound.items() if "/srv/backups" in folders}
    assert users == {PROVISIONER, BACKUP, "secrets"}
    for name in (PROVISIONER, BACKUP):
        assert services[name]["environment"][BACKUP_DIR] == BACKUPS
    assert services[BACKUP]["profiles"] == ["tools"]
    assert services[BACKUP]["build"]["target"] == "backup"


def test_in_a_demo_e_mail_goes_to_the_server_that_keeps_it(tmp_path: Path) -> None:
    demo = read_by_compose("docker-compose.yml", env_file="deploy/compose/demo.env")["services"]
    catching, worker = demo[MAILCATCHER], demo["notifications-worker"]
    url = urlsplit(worker["environment"]["LINLI_SMTP_URL"])
    assert (url.hostname, url.query) == (MAILCATCHER, "starttls=never")
    assert f"0.0.0.0:{url.port}" in catching["command"]
    assert set(catching["networks"]) < set(worker["networks"])
    here = system_in(tmp_path).applications.service_environment("notifications")
    for name in ("LINLI_SMTP_FROM", "LINLI_ENV"):
        assert worker["environment"][name] == here[name]


def test_the_demos_variables_begin_its_profile_and_no_other() -> None:
    demo = read_by_compose("docker-compose.yml", env_file="deploy/compose/demo.env", profiles=())
    assert {MAILCATCHER, "demo-accounts"} <= set(demo["services"])
    assert {BACKUP, "secrets"}.isdisjoint(demo["services"])
    production = read_by_compose("docker-compose.yml", profiles=())
    assert {MAILCATCHER, "demo-accounts"}.isdisjoint(production["services"])


def test_in_production_e_mail_waits_until_the_operator_names_a_server(services: Services) -> None:
    told_of_it = services["notifications-worker"]["environment"]
    assert (told_of_it["LINLI_SMTP_URL"], told_of_it["LINLI_SMTP_FROM"]) == ("", "")
    assert told_of_it["LINLI_SMTP_URL_FILE"] == "/run/secrets/smtp_url"


def test_what_an_operator_chooses_reaches_every_process() -> None:
    chosen = {"LINLI_ENV": "demo", "LINLI_LOG_LEVEL": "debug", "LINLI_IMAGE": "linli:2.0.0"}
    services = read_by_compose("docker-compose.yml", **chosen)["services"]
    for name in (*NAMES, *STEPS):
        assert services[name]["environment"]["LINLI_ENV"] == "demo"
        assert services[name]["environment"]["LINLI_LOG_LEVEL"] == "debug"
        assert services[name]["image"] == "linli:2.0.0"
