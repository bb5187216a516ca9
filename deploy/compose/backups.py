"""Own `docker compose run --rm backup make|erasures|restore|lost|unheard [SERVICE…]`.

Without a service: all.

make        a backup of each, while it works
erasures    keep the newest erasures beside the backups
restore     bring services back whose processes were stopped; --from a name, by default the newest
lost        what the last restore of a service lost
unheard     what was sent and never came out of a queue, of all services; --since, else of a day
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from deploy.local import missing, restoring
from deploy.local.applications import EXTENSIONS, KINDS, SERVICES
from deploy.local.ground import Ground
from deploy.local.progress import Failure, Progress
from deploy.local.taking import take_backups, take_erasures
from deploy.steps import hand_out_keys
from shared import config
from shared.backup.shelf import LATEST, Shelf

_KEYS = "/tmp/signing_keys.json"  # nosec B108: the container's own tmpfs, and public halves


def main() -> int:
    """Run one command and return its exit code: 1 when something failed, or is lost."""
    given = _arguments()
    try:
        ground = ground_of_containers(Progress(), os.environ)
        return 0 if _run(ground, given) else 1
    except Failure as failure:
        print(failure.report(), file=sys.stderr)
    except (config.BadConfiguration, psycopg.OperationalError) as error:
        print(f"backup: {' '.join(str(error).split())}", file=sys.stderr)
    return 1


def _run(ground: Ground, given: argparse.Namespace) -> bool:
    services = given.services or SERVICES
    match given.command:
        case "make":
            return take_backups(ground, services)
        case "erasures":
            return take_erasures(ground, services)
        case "restore":
            return restoring.restore(ground, services, given.asked)
        case "unheard":
            words = [f"SINCE={given.since}"] if given.since else []
            return missing.unheard(ground, *missing.period_from(words))
        case _:
            return all([restoring.lost(ground, service) for service in services])


def ground_of_containers(progress: Progress, environ: Mapping[str, str]) -> Ground:
    """Return the databases, secrets and backups of the installation in containers.

    Raises: BadConfiguration when a place is not named.
    """
    admin_url = config.required("LINLI_POSTGRES_ADMIN_URL", environ)
    secrets = Path(config.required("LINLI_SECRETS_DIR", environ))

    def hand_out() -> None:
        for step in hand_out_keys(_KEYS):
            ground.run(step.service or "", step.arguments)

    ground = Ground(
        admin_url=admin_url,
        linli="linli",
        environment_of=lambda service: {**environ, **_files_of(service, secrets)},
        extensions_of=lambda service: EXTENSIONS.get(service, ()),
        stop=lambda services: _require_stopped(ground, services),
        start=lambda services: progress.say(f"now: docker compose start {_names(services)}"),
        hand_out_keys=hand_out,
        shelf=Shelf.from_environment(environ),
        say=progress.say,
    )
    return ground


def _require_stopped(ground: Ground, services: Sequence[str]) -> None:
    """Refuse while somebody is connected to a service's database: no container stops another.

    Raises: Failure naming what to stop.
    """
    query = "SELECT DISTINCT datname FROM pg_stat_activity WHERE datname = ANY(%s)"
    databases = [ground.database_of(service) for service in services]
    with psycopg.connect(ground.admin_url, connect_timeout=10) as admin:
        used = sorted(name for (name,) in admin.execute(query, [databases]))
    if used:
        why = f"somebody is connected to {', '.join(used)}"
        raise Failure("restore", why, f"stop them first: docker compose stop {_names(services)}")


def _files_of(service: str, secrets: Path) -> dict[str, str]:
    """Return where a service's database and keys are named."""
    return {
        "LINLI_DATABASE_URL_FILE": str(secrets / f"url_db_{service}"),
        "LINLI_DATA_KEYS_FILE": str(secrets / f"data_keys_{service}"),
        "LINLI_INDEX_KEY_FILE": str(secrets / f"index_key_{service}"),
    }


def _names(services: Sequence[str]) -> str:
    return " ".join(f"{service}-{kind}" for service in services for kind in KINDS)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="backup", description=__doc__)
    parser.add_argument("command", choices=("make", "erasures", "restore", "lost", "unheard"))
    parser.add_argument("services", nargs="*", metavar="SERVICE")
    parser.add_argument("--from", dest="asked", default=LATEST, help="a backup's name")
    parser.add_argument("--since", help="for unheard: a time of China")
    given = parser.parse_args()
    if unknown := set(given.services) - set(SERVICES):
        parser.error(f"no such service: {', '.join(sorted(unknown))}")
    return given


if __name__ == "__main__":
    sys.exit(main())
