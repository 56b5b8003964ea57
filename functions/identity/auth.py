"""/v1/auth: register, verify, log in, stay logged in, log out."""

from flatrender.identity.errors import (
    AccountBanned,
    AccountInactive,
    CodesThrottled,
    EmailTaken,
    InvalidCredentials,
    InvalidRefreshToken,
    LoginThrottled,
    RegistrationClosed,
    SessionNotFound,
    TooManyAttempts,
    VerificationExpired,
    WeakPassword,
    WrongCode,
)
from flatrender.identity.schemas import (
    AuthTokens,
    CodeRequest,
    CodeSent,
    EmailVerification,
    EmailVerified,
    Login,
    Refresh,
    Registered,
    Registration,
    Sessions,
)
from flatrender.identity.service import authentication, registration
from flatrender.identity.service import sessions as logins
from flatrender.kernel.ids import Id
from flatrender.tenants.errors import TenantNotFound, TenantSuspended
from flatrender.web.api import PUBLIC, api, entrypoint, errors
from flatrender.web.caching import uncached
from flatrender.web.caller import SignedIn
from flatrender.web.client import FromClient

app = api("Auth")


@app.post(
    "/v1/auth/register",
    status_code=201,
    openapi_extra=PUBLIC,
    dependencies=[uncached()],
    responses=errors(TenantNotFound, TenantSuspended, RegistrationClosed, EmailTaken, WeakPassword),
)
def register(body: Registration) -> Registered:
    return registration.register(body)


@app.post(
    "/v1/auth/verify/email",
    openapi_extra=PUBLIC,
    responses=errors(WrongCode, VerificationExpired, TooManyAttempts),
)
def verify_email(body: EmailVerification) -> EmailVerified:
    return registration.verify_email(body)


@app.post(
    "/v1/auth/verify/email/resend",
    status_code=202,
    openapi_extra=PUBLIC,
    dependencies=[uncached()],
    responses=errors(TenantNotFound, TenantSuspended, CodesThrottled),
)
def resend_code(body: CodeRequest, client: FromClient) -> CodeSent:
    return registration.resend_code(body, client)


@app.post(
    "/v1/auth/login",
    openapi_extra=PUBLIC,
    dependencies=[uncached()],
    responses=errors(
        TenantNotFound, TenantSuspended, InvalidCredentials, AccountBanned, AccountInactive, LoginThrottled
    ),
)
def login(body: Login, client: FromClient) -> AuthTokens:
    return authentication.login(body, client)


@app.post(
    "/v1/auth/refresh",
    openapi_extra=PUBLIC,
    dependencies=[uncached()],
    responses=errors(InvalidRefreshToken, TenantSuspended, AccountBanned, AccountInactive),
)
def refresh(body: Refresh) -> AuthTokens:
    return authentication.refresh(body)


@app.post("/v1/auth/logout", status_code=204)
def logout(caller: SignedIn) -> None:
    logins.logout(caller)


@app.get("/v1/auth/sessions")
def sessions(caller: SignedIn) -> Sessions:
    return logins.sessions(caller)


@app.delete("/v1/auth/sessions/{session_id}", status_code=204, responses=errors(SessionNotFound))
def end_session(session_id: Id, caller: SignedIn) -> None:
    logins.end_session(caller, session_id)


handler = entrypoint(app)
