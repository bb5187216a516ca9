"""Owns the HTTP door of `grid`, by subject: which address runs which use case."""

from services.grid.api.area_changes import AREA_CHANGES
from services.grid.api.areas import AREAS
from services.grid.api.boundaries import BOUNDARIES
from services.grid.api.cases import CASES
from services.grid.api.compounds import COMPOUNDS
from services.grid.api.groups import GROUPS
from services.grid.api.matrices import MATRICES
from services.grid.api.population import POPULATION
from services.grid.api.posts import POSTS
from services.grid.api.reports import REPORTS
from services.grid.api.sheets import SHEETS

BLUEPRINTS = [
    AREAS,
    AREA_CHANGES,
    BOUNDARIES,
    COMPOUNDS,
    GROUPS,
    POPULATION,
    SHEETS,
    POSTS,
    MATRICES,
    CASES,
    REPORTS,
]
