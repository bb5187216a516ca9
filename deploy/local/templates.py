"""Own the filling of the configuration templates under deploy/: `@name@` becomes a value."""

import re
from pathlib import Path

DEPLOY = Path(__file__).resolve().parent.parent


def render(template: str, **values: object) -> str:
    """Return the template (path relative to deploy/) with every `@name@` filled.

    Raises: KeyError when the template names a value that was not given.
    """
    text = (DEPLOY / template).read_text(encoding="utf-8")
    return re.sub(r"@([a-z_]+)@", lambda match: str(values[match[1]]), text)
