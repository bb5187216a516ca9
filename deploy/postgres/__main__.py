"""Own `python -m deploy.postgres`: every service's database and login, made where missing."""

import sys
from pathlib import Path

import psycopg

from deploy.local.applications import EXTENSIONS, SERVICES
from deploy.postgres.provision import ServiceDatabase, provision
from shared import config


def main() -> int:
    """Make what is missing; on a mistake or an unreachable server say so in one line."""
    try:
        admin_url = config.required("LINLI_POSTGRES_ADMIN_URL")
        folder = Path(config.required("LINLI_SECRETS_DIR"))
        for service in SERVICES:
            password = config.required("P", {"P_FILE": str(folder / f"db_{service}")})
            database = ServiceDatabase(service, password, EXTENSIONS.get(service, ()))
            changed = provision(admin_url, database)
            print(f"database {database.name}: {'made' if changed else 'there'}")
    except (config.BadConfiguration, psycopg.Error) as error:
        print(f"deploy.postgres: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
