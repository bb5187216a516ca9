"""Owns how areas change on a day: what each kind of change does to which areas."""

from typing import Literal

Kind = Literal["establish", "rename", "merge", "split", "move", "abolish", "revert", "import"]
