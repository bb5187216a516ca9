"""Owns the addresses of population figures."""

from uuid import UUID

from services.grid.schemas import population as schemas
from services.grid.usecases import population, population_in_force
from services.grid.usecases.population import Decision
from shared.http.app import read, run
from shared.http.auth import caller
from shared.http.etags import ETAG, Tagged, tagged
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

POPULATION = Routes("population", __name__, description="人口数据 / population figures")


@POPULATION.get("/population")
@POPULATION.arguments(accepts(schemas.SumPopulation), location="query")
@POPULATION.response(200, shows(schemas.PopulationView))
def list_population(wanted: schemas.SumPopulation) -> schemas.PopulationView:
    """What lives in an area on a day: the sum, the communities without a figure, and each one"""
    return run(population_in_force.list_population, wanted, caller())


@POPULATION.get("/population/figures")
@POPULATION.arguments(accepts(schemas.ListFigures), location="query")
@POPULATION.response(200, shows(schemas.FigurePage))
def list_population_figures(wanted: schemas.ListFigures) -> schemas.FigurePage:
    """Figures of an area and all under it, with what came of them: the newest first"""
    return read(population.list_population_figures, wanted, caller())


@POPULATION.post("/population/figures")
@POPULATION.arguments(accepts(schemas.RecordPopulation))
@POPULATION.response(200, shows(schemas.FigureView), headers=ETAG)
@POPULATION.alt_response(201, schema=shows(schemas.FigureView), description="New", headers=ETAG)
def record_population(request: schemas.RecordPopulation) -> Tagged[schemas.FigureView]:
    """Record a figure, for another person to approve; a correction is a new one of the same day"""
    done = run(population.record_population, caller(), request)
    return tagged(done.view, 201 if done.created else 200)


@POPULATION.post("/population/figures/<uuid:figure_id>/approve")
@POPULATION.response(200, shows(schemas.FigureView), headers=ETAG)
def approve_population(figure_id: UUID) -> Tagged[schemas.FigureView]:
    """Let a figure hold from its day"""
    return tagged(run(population.approve_population, Decision(figure_id, caller())))


@POPULATION.post("/population/figures/<uuid:figure_id>/refuse")
@POPULATION.arguments(accepts(schemas.RefusePopulation))
@POPULATION.response(200, shows(schemas.FigureView), headers=ETAG)
def refuse_population(
    request: schemas.RefusePopulation, figure_id: UUID
) -> Tagged[schemas.FigureView]:
    """Not take a figure over, with a reason"""
    return tagged(run(population.refuse_population, Decision(figure_id, caller()), request))
