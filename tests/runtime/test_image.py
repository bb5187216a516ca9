"""deploy/Dockerfile and what it installs, without a Docker engine: linted, read, and tried."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from deploy import requirements
from deploy.compose import secretfolder
from deploy.local.layout import CHECKOUT

DOCKERFILE = CHECKOUT / "deploy" / "Dockerfile"
UV = CHECKOUT / ".run" / "tools" / "bin" / "uv"
IMPORT = """
import importlib, pathlib, sys
for path in sorted(pathlib.Path().glob("[sd]*/**/*.py")):
    parts = path.with_suffix("").parts
    # a migration runs inside alembic; __main__ and launch are programs
    if "versions" not in parts and parts[-1] not in ("env", "__main__", "launch"):
        if (parts[-1] == "worker") == (sys.argv[1] == "workers"):
            importlib.import_module(".".join(parts).removesuffix(".__init__"))
"""
GREEN = "import eventlet; eventlet.monkey_patch()\n"


def instructions() -> list[tuple[str, str]]:
    """Return each instruction of the Dockerfile with its arguments in one line."""
    lines = [line for line in DOCKERFILE.read_text("utf-8").splitlines() if line[:1] != "#"]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    words = (line.partition(" ") for line in joined.splitlines() if line)
    return [(name, arguments) for name, _, arguments in words]


def arguments_of(name: str) -> list[str]:
    return [arguments for instruction, arguments in instructions() if instruction == name]


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def stages() -> dict[str, list[tuple[str, str]]]:
    """Return the instructions of each stage by its name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, arguments in instructions():
        if name == "FROM":
            stage = found.setdefault(arguments.rpartition(" AS ")[2], [])
        stage.append((name, arguments))
    return found


def test_what_the_image_is_made_from_is_pinned() -> None:
    froms = [arguments.split()[0] for arguments in arguments_of("FROM")]
    outside = [image for image in froms if image not in ("scratch", *stages())]
    assert outside == ["python:3.11.13-slim-trixie"] * 2


@pytest.mark.parametrize("stage", ["linli", "backup"])
def test_the_image_runs_as_a_user_of_its_own(stage: str) -> None:
    ours = ("USER", f"{secretfolder.OURS}:{secretfolder.OURS}")
    *_, last = (place for place, (name, _) in enumerate(stages()[stage]) if name == "USER")
    assert stages()[stage][last] == ours
    assert {"RUN", "COPY"}.isdisjoint(name for name, _ in stages()[stage][last:])


def test_the_image_stops_in_order() -> None:
    assert arguments_of("STOPSIGNAL") == ["SIGTERM"]
    assert arguments_of("ENTRYPOINT") == ['["linli"]']


def test_the_image_of_backups_is_ours_with_the_client_of_the_servers_version() -> None:
    compose = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text("utf-8"))
    version = re.match(r"postgis/postgis:(\d+)-", compose["services"]["postgres"]["image"])
    assert version is not None
    (run,) = (arguments for name, arguments in stages()["backup"] if name == "RUN")
    assert f" postgresql-client-{version[1]} " in run
    assert stages()["backup"][0] == ("FROM", "linli AS backup")


def test_what_is_copied_exists_and_is_let_through() -> None:
    let_through = {
        line[1:]
        for line in (CHECKOUT / ".dockerignore").read_text().splitlines()
        if line[:1] == "!"
    }
    copied = {
        source
        for arguments in arguments_of("COPY")
        if "--from" not in arguments
        for source in [word for word in shlex.split(arguments) if word[:2] != "--"][:-1]
    }
    assert all((CHECKOUT / source).exists() for source in copied)
    assert {source.partition("/")[0] for source in copied} == let_through


def test_the_image_bears_the_version_of_the_project() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    label = re.search(r'image\.version="([^"]+)"', " ".join(arguments_of("LABEL")))
    assert label is not None
    assert label[1] == project["version"]
    assert f"linli:{project['version']} " in DOCKERFILE.read_text("utf-8")


def test_the_image_installs_what_the_lock_says_and_nothing_of_the_tests() -> None:
    text = requirements.FILE.read_text("utf-8")
    assert text == requirements.wanted(), "run make lock"
    assert "--hash=sha256:" in text
    names = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    assert {"nameko", "pika", "opentelemetry-exporter-otlp-proto-http"} <= names
    assert names.isdisjoint({"pytest", "mypy", "ruff", "bandit", "uv-build"})


@pytest.fixture(scope="module")
def python_of_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv with what the image has, and nothing else."""
    venv = tmp_path_factory.mktemp("image") / "venv"
    subprocess.run([UV, "venv", "-q", "--python", sys.executable, venv], check=True)
    wheels = ["--no-index", "--find-links", CHECKOUT / ".run" / "wheels"]
    command = [
        UV,
        "pip",
        "install",
        "-q",
        "--offline",
        "--no-cache",
        "--no-deps",
        "--require-hashes",
        *wheels,
    ]
    python = venv / "bin" / "python"
    subprocess.run([*command, "--python", python, "-r", requirements.FILE], check=True)
    return python


def run(python: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(CHECKOUT), "PATH": f"{python.parent}:/usr/bin:/bin"}
    environment["LANG"] = "C.UTF-8"
    return subprocess.run(
        [str(python), *command],
        env=environment,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("world", "which"), [(GREEN, "workers"), ("", "others")])
def test_every_module_of_every_process_can_be_imported_in_the_image(
    python_of_image: Path, world: str, which: str
) -> None:
    done = run(python_of_image, "-c", world + IMPORT, which)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_image_has_the_command_linli(python_of_image: Path) -> None:
    done = run(python_of_image, str(CHECKOUT / "deploy" / "linli"), "--help")
    assert done.returncode == 0, done.stderr
    assert "provision" in done.stdout
