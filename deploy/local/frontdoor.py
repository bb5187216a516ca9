"""Own the local front door: nginx with a configuration and folders of its own."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.applications import SERVICES, through_launcher
from deploy.local.layout import Layout
from deploy.local.programs import Program, environment_of, find_binary, own_folder, write_for
from deploy.local.progress import Failure
from deploy.local.settings import Tls
from deploy.nginx.configuration import Place, configuration, tls_lines

