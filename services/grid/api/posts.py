"""Owns the addresses of posts: who answers for what, and where."""

from services.grid.domain.holding import OnePersonOnDay, PeriodBackwards
from services.grid.schemas import posts as schemas
from services.grid.usecases import appointing, posts
from services.grid.usecases.posts import PostChange
from shared.http.app import run
from shared.http.auth import caller
from shared.http.etags import (
    ETAG,
    IfMatch,
    IfMatchHeader,
    IfMatchRequired,
    Tagged,
    expected_version,
    tagged,
)
from shared.http.openapi_problems import refuses
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

POSTS = Routes("posts", __name__, description="责任岗位 / posts that answer for cases")


def _asked(code: str, seen: IfMatchHeader) -> PostChange:
    said = seen["if_match"] is not None
    return PostChange(code, caller(), expected_version(seen), conditional=said)


@POSTS.get("/posts")
@POSTS.arguments(accepts(schemas.ListPosts), location="query")
@POSTS.response(200, shows(schemas.PostPage))
def list_posts(wanted: schemas.ListPosts) -> schemas.PostPage:
    """Posts of an area and all under it, by code"""
    return run(posts.list_posts, wanted)


@POSTS.get("/posts/<code>")
@POSTS.arguments(accepts(schemas.OnDay), location="query")
@POSTS.response(200, shows(schemas.PostView), headers=ETAG)
def get_post(day: schemas.OnDay, code: str) -> Tagged[schemas.PostView]:
    """A post, who holds its offices on a day (today), and all its dated holdings"""
    return tagged(run(posts.get_post, code, day.on))


@POSTS.put("/posts/<code>")
@POSTS.arguments(accepts(schemas.PutPost))
@POSTS.arguments(IfMatch, location="headers")
@POSTS.response(200, shows(schemas.PostView), headers=ETAG)
@POSTS.alt_response(201, schema=shows(schemas.PostView), description="New", headers=ETAG)
def put_post(request: schemas.PutPost, seen: IfMatchHeader, code: str) -> Tagged[schemas.PostView]:
    """Set up a post, or change it; to change one that exists, send If-Match"""
    put = run(posts.put_post, _asked(code, seen), request)
    return tagged(put.view, 201 if put.created else 200)


@POSTS.post("/posts/<code>/holders")
@POSTS.arguments(accepts(schemas.AppointHolder))
@POSTS.arguments(IfMatchRequired, location="headers")
@POSTS.response(200, shows(schemas.PostView), headers=ETAG)
@refuses(PeriodBackwards, OnePersonOnDay)
def appoint_holder(
    request: schemas.AppointHolder, seen: IfMatchHeader, code: str
) -> Tagged[schemas.PostView]:
    """Let a person hold an office from a day on, or act for an absence, or nobody"""
    return tagged(run(appointing.appoint_holder, _asked(code, seen), request))
