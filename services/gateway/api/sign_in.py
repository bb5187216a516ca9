"""Owns the addresses for signing in, going on, signing out and passwords."""

from services.gateway.domain.activations import ActivationRefused
from services.gateway.requests_here import origin
from services.gateway.schemas import passwords as password_schemas
from services.gateway.schemas import sessions as schemas
from services.gateway.usecases import passwords, sessions
from services.gateway.usecases import sign_in as signing_in
from services.gateway.usecases.sessions import RefreshTokenInvalid, RefreshTokenReused
from services.gateway.usecases.sign_in import SignInFailed
from shared.http.app import read, run, transactions
from shared.http.auth import caller
from shared.http.openapi_problems import refuses
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

SIGN_IN = Routes("sign_in", __name__, description="登录与会话 / signing in, sessions")


@SIGN_IN.post("/session")
@refuses(SignInFailed)
@SIGN_IN.arguments(accepts(schemas.SignIn))
@SIGN_IN.response(201, shows(schemas.TokenPair))
def sign_in(request: schemas.SignIn) -> schemas.TokenPair:
    """Sign in with username and password"""
    return signing_in.sign_in(transactions(), request, origin())


@SIGN_IN.post("/session/refresh")
@refuses(RefreshTokenInvalid, RefreshTokenReused)
@SIGN_IN.arguments(accepts(schemas.RefreshSession))
@SIGN_IN.response(200, shows(schemas.TokenPair))
def refresh_session(request: schemas.RefreshSession) -> schemas.TokenPair:
    """Get the next pair of tokens; the refresh token holds once"""
    return sessions.refresh_session(transactions(), request.refresh_token)


@SIGN_IN.delete("/session")
@SIGN_IN.response(204)
def sign_out() -> None:
    """End this session; its access token runs out within ten minutes"""
    run(sessions.sign_out, caller())


@SIGN_IN.get("/sessions")
@SIGN_IN.arguments(accepts(schemas.ListSessions), location="query")
@SIGN_IN.response(200, shows(schemas.SessionPage))
def list_sessions(wanted: schemas.ListSessions) -> schemas.SessionPage:
    """Where one is signed in"""
    return read(sessions.list_sessions, wanted, caller())


@SIGN_IN.delete("/sessions")
@SIGN_IN.response(204)
def sign_out_everywhere() -> None:
    """End all of one's sessions, and every token at once"""
    run(sessions.sign_out_everywhere, caller())


@SIGN_IN.put("/me/password")
@SIGN_IN.arguments(accepts(password_schemas.ChangePassword))
@SIGN_IN.response(204)
def change_password(request: password_schemas.ChangePassword) -> None:
    """Set another password; every other session ends"""
    passwords.change_password(transactions(), request, caller(), origin())


@SIGN_IN.post("/password/activation")
@refuses(ActivationRefused)
@SIGN_IN.arguments(accepts(password_schemas.ActivatePassword))
@SIGN_IN.response(204)
def activate_password(request: password_schemas.ActivatePassword) -> None:
    """Set a password with the activation code of the administrator"""
    passwords.activate_password(transactions(), request, origin())
