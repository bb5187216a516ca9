"""Own the start of a program under supervisord: first end what its killed predecessor left.

A killed master process of nginx or gunicorn leaves workers that hold its port.
"""

import os
import sys
from pathlib import Path

from deploy.local.leftovers import kill_all
from deploy.local.programs import STATE_VARIABLE

if __name__ == "__main__":
    kill_all(Path(os.environ[STATE_VARIABLE]), program=os.environ["LINLI_PROGRAM"])
    os.execv(sys.argv[1], sys.argv[1:])
