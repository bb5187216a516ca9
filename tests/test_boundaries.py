"""Owns the proof that the walls stand: sizes, names, rooms, and who may do what.

Who may import whom is import-linter's (pyproject.toml); what it can't see is here.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.messaging.topology import SERVICES, queues

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    path for top in ("shared", "services", "deploy") for path in ROOT.glob(f"{top}/**/*.py")
)
RUNNING = [path for path in MODULES if not path.is_relative_to(ROOT / "deploy")]
DOMAIN = [path for path in MODULES if path.match("services/*/domain/*.py")]
DOORS = [
    path
    for path in MODULES
    if any(path.match(f"services/*/{door}.py") for door in ("api", "api/*", "worker"))
]
ROOMS = (
    "README.md",
    "api.py",
    "worker.py",
    "models.py",
    "schemas.py",
    "domain",
    "migrations",
    "usecases",
)
KINDS = {"utils", "util", "helpers", "helper", "base", "common", "types", "constants", "misc"}
OWNERS_OF_TIME = {"shared/clock.py", "shared/log.py"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=name_of)


def functions_of(path: Path) -> list[Function]:
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, Function)]


def is_property(function: Function) -> bool:
    return any(ast.unparse(d) in ("property", "cached_property") for d in function.decorator_list)


def public_definitions(body: list[ast.stmt]) -> Iterator[Function | ast.ClassDef]:
    """Yield what a reader may use from outside; a property's name may say all there is."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            if isinstance(node, Function) and is_property(node):
                continue
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body)


def imports_of(path: Path) -> Iterator[str]:
    """Yield the full name of every module or thing imported, `shared.clock.SHANGHAI` say."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)


@each(MODULES)
def test_a_module_has_at_most_400_lines(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@each(MODULES)
def test_a_function_has_at_most_50_lines(path: Path):
    long = [f.name for f in functions_of(path) if (f.end_lineno or 0) - f.lineno >= 50]
    assert long == []


@each(MODULES)
def test_a_module_is_named_after_its_subject(path: Path):
    assert KINDS.isdisjoint(path.relative_to(ROOT).with_suffix("").parts)


@each([path for path in MODULES if path.stat().st_size])
def test_modules_and_what_is_public_in_them_say_what_they_are_for(path: Path):
    tree = tree_of(path)
    assert ast.get_docstring(tree)
    assert [d.name for d in public_definitions(tree.body) if not ast.get_docstring(d)] == []


def test_only_relay_and_consumer_outlive_every_exception():
    caught = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or {"Exception", "BaseException"} & set(re.findall(r"\w+", ast.unparse(node.type)))
        )
    }
    assert caught == {"shared/messaging/relay.py", "shared/messaging/connection.py"}


@each([path for path in RUNNING if name_of(path) not in OWNERS_OF_TIME])
def test_time_comes_from_the_clock(path: Path):
    read = {
        ast.unparse(node.func)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    forbidden = (
        r"(.*\.)?(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|localtime|gmtime))"
    )
    assert [name for name in read if re.fullmatch(forbidden, name)] == []
    assert not {"time.time", "time.time_ns"} & set(imports_of(path))


@each(DOMAIN)
def test_rules_are_plain_python_and_take_the_time_as_an_argument(path: Path):
    service = path.relative_to(ROOT).parts[1]
    own = (f"services.{service}.domain.", "shared.errors.", "shared.contracts.")
    # rules of two services that are one
    own += ("shared.deadlines.",)
    # who one is and may do is in words of the rules as well
    own += ("shared.auth.claims.", "shared.auth.roles.")
    # what no text in plain may hold is the same rule in every service
    own += ("shared.privacy.personal_numbers.",)
    foreign = [
        name
        for name in imports_of(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not name.startswith(own)
        and name != "shared.clock.SHANGHAI"
    ]
    assert foreign == []
    called = {ast.unparse(n.func) for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call)}
    assert [name for name in called if name.split(".")[-1] in ("now", "real_now", "open")] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_rooms(service: str):
    folder = ROOT / "services" / service
    found = {path.name for path in folder.iterdir()}
    split = {f"{room}.py" for room in ROOMS if (folder / f"{room}.py").exists()}
    missing = [
        r for r in ROOMS if r not in found and f"{r}.py" not in split and r[:-3] not in found
    ]
    assert missing == []


def test_every_folder_of_services_is_in_the_topology():
    assert {path.parent.name for path in ROOT.glob("services/*/worker.py")} == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_worker_consumes_exactly_the_queues_of_its_service(service: str):
    worker = ROOT / "services" / service / "worker.py"
    consumed = {
        function.name: ast.literal_eval(decorator.args[0])
        for function in functions_of(worker)
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "consume"
    }
    declared = [queue.name for queue in queues() if queue.name.startswith(f"{service}.")]
    assert sorted(consumed.values()) == sorted(declared)
    assert consumed == {name: f"{service}.{name}" for name in consumed}


@each(DOORS)
def test_routes_and_handlers_only_hand_over(path: Path):
    for function in functions_of(path):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
        assert lines <= 8, function.name
        decisions = [n for n in ast.walk(function) if isinstance(n, ast.If | ast.For | ast.While)]
        assert decisions == [], function.name


@each(DOORS)
def test_a_route_or_handler_is_one_transaction(path: Path):
    for function in functions_of(path):
        if function.name.startswith("_") or not function.decorator_list:
            continue
        calls = [ast.unparse(n.func) for n in ast.walk(function) if isinstance(n, ast.Call)]
        # a password is compared between two transactions, and so is an issuer asked
        doors = ("run", "read", "self.db.once", "self.db.once_all", "transactions")
        assert len([name for name in calls if name in doors]) == 1, function.name


def repository_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize(
    "pieces",
    [
        # hosts that packages and images come from: a machine's own settings name them
        ("pypi", r"\."),
        ("python", "hosted"),
        ("npm", r"js\.(?:org|com)"),
        ("registry", r"\.[a-z-]+\.[a-z]{2,}"),
        ("arti", "factory"),
        ("index", "-url"),
        ("/simp", "le/"),
        ("docker", r"\.io"),
        ("deb\\.", "debian"),
        # secrets
        ("BEGIN [A-Z ]*PRIVATE", " KEY"),
        ("AKIA", "[0-9A-Z]{16}"),
    ],
    ids="".join,
)
def test_no_file_names_a_package_registry_or_holds_a_secret(pieces: tuple[str, ...]):
    pattern = re.compile("".join(pieces).encode())
    assert [name_of(path) for path in repository_files() if pattern.search(path.read_bytes())] == []
