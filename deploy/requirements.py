"""Own deploy/requirements.txt: what the image installs, by hash; uv.lock but for the tests' own."""

import subprocess

from deploy.local.layout import CHECKOUT

FILE = CHECKOUT / "deploy" / "requirements.txt"
_UV = CHECKOUT / ".run" / "tools" / "bin" / "uv"
_HEAD = "# Written by `make lock` from uv.lock: what deploy/Dockerfile installs.\n"
_OPTIONS = ("--frozen", "--no-dev", "--all-extras", "--no-emit-project", "--no-header")


def wanted() -> str:
    """Return the text of the file, as uv.lock has it now."""
    command = [str(_UV), "export", "-q", *_OPTIONS, "--no-annotate"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return _HEAD + done.stdout


if __name__ == "__main__":
    FILE.write_text(wanted(), encoding="utf-8")
    print(f"wrote {FILE.relative_to(CHECKOUT)}")
