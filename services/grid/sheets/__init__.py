"""Owns which subjects of `grid` come in and go out as spreadsheets: one module for each."""

from services.grid.sheets.areas import AREAS
from services.grid.sheets.buildings import BUILDINGS
from services.grid.sheets.compounds import COMPOUNDS
from services.grid.sheets.groups import GROUPS
from services.grid.sheets.holders import HOLDERS
from services.grid.sheets.population import POPULATION
from services.grid.sheets.posts import POSTS

_SUBJECTS = (AREAS, BUILDINGS, COMPOUNDS, GROUPS, HOLDERS, POPULATION, POSTS)
EXPORTED = {subject.name: subject for subject in _SUBJECTS}
IMPORTED = {
    name: (subject, subject.taken_in)
    for name, subject in EXPORTED.items()
    if subject.taken_in is not None
}
