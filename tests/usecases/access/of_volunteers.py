"""Owns the specimens of `volunteers`."""

from tests.usecases.access.specimens import Specimen, World


def prepare(world: World) -> None:
    """Nothing to prepare."""


SPECIMENS: dict[str, Specimen] = {}
