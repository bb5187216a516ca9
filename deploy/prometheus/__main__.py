"""Own `make monitoring`: writes prometheus.yml of the containers and Grafana's dashboards."""

from pathlib import Path

from deploy.grafana.boards import boards
from deploy.grafana.panels import text_of
from deploy.prometheus.scraping import expected_processes, of_containers

DEPLOY = Path(__file__).resolve().parent.parent


def written() -> dict[Path, str]:
    """Return every file that is written, with its text."""
    folder = DEPLOY / "grafana" / "dashboards"
    dashboards = {folder / f"{name}.json": text_of(board) for name, board in boards().items()}
    prometheus = DEPLOY / "prometheus"
    return {
        prometheus / "prometheus.yml": of_containers(),
        prometheus / "rules" / "expected.yml": expected_processes(),
    } | dashboards


if __name__ == "__main__":
    for path, text in written().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(DEPLOY.parent)}")
