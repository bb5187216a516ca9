"""deploy/example.env explains every variable that the code reads, and no other."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "deploy" / "example.env"
CODE = [p for top in ("shared", "services", "deploy") for p in (ROOT / top).rglob("*.py")]
COMPOSE = [ROOT / "docker-compose.yml", ROOT / "deploy" / "compose" / "tls.yml"]
SET_BY_THE_RUNTIME = {"LINLI_STATE", "LINLI_PROGRAM"}
"""Marks that `make up` puts on its own processes to find them again."""
NOT_OURS = {"P", "PASSWORD", "PSYCOPG_WAIT_FUNC", "FORCE", "LANG", "LC_ALL", "LC_MESSAGES"}
"""Names within one call, what eventlet's world is told by ourselves, `make reset FORCE=1`, and what
every shell has."""
OF_A_REQUEST = {"REQUEST_METHOD", "HTTP_TRACEPARENT", "wsgi.input"}
READERS = {"required", "optional", "number", "_brokers", "_days", "_read", "getenv"}


def named_in(paths: Iterable[Path]) -> set[str]:
    variable = re.compile(r"\b(?:LINLI|OTEL)_[A-Z_]+\b")
    names = {name for path in paths for name in variable.findall(path.read_text("utf-8"))}
    return {name.removesuffix("_FILE") for name in names if name != "LINLI_CLOCK_FILE"} | {
        name for name in names if name == "LINLI_CLOCK_FILE"
    }


def reads(node: ast.expr) -> bool:
    """Tell whether `node(...)` or `node[...]` reads a variable."""
    match node:
        case ast.Attribute(value=owner, attr="get"):
            return reads(owner)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in READERS or name == "environ"
    return False


def read_in(path: Path) -> Iterator[str]:
    """Yield the name of every variable that a module reads by its name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
                if reads(function):
                    yield name
            case ast.Subscript(value=owner, slice=ast.Constant(value=str(name))):
                if reads(owner):
                    yield name


def explained() -> list[str]:
    """Return the variables that the example sets, in its order."""
    return re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text("utf-8"), re.MULTILINE)


def test_every_variable_is_explained_and_none_is_invented() -> None:
    assert named_in(CODE + COMPOSE) - SET_BY_THE_RUNTIME == named_in([EXAMPLE])


def test_every_variable_that_is_read_is_set_in_the_example() -> None:
    read = {name for path in CODE for name in read_in(path)} - NOT_OURS - OF_A_REQUEST
    known = {name.removesuffix("_FILE") for name in explained()} | set(explained())
    assert {"LINLI_ENV", "LINLI_INBOX_DAYS", "LINLI_CLOCK_FILE", "LINLI_HTTP_PORT"} <= read
    assert read - SET_BY_THE_RUNTIME <= known


def test_no_variable_is_set_twice() -> None:
    assert len(explained()) == len(set(explained()))


def test_each_is_explained_in_chinese_first_and_in_english() -> None:
    paragraphs = re.findall(r"(?:^#.*\n)+(?=[A-Z])", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    assert len(paragraphs) > 20
    for paragraph in paragraphs:
        lines = [line for line in paragraph.splitlines() if not line.startswith("# ----")]
        chinese = [bool(re.search(r"[\u4e00-\u9fff]", line)) for line in lines]
        assert (chinese[0], chinese[-1]) == (True, False), paragraph
        assert chinese == sorted(chinese, reverse=True), paragraph
