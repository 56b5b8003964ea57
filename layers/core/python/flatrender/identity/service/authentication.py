"""Logging in, and staying so."""

import hmac
from dataclasses import replace

from flatrender.identity import passwords, repository, session_repository
from flatrender.identity.errors import (
    AccountBanned,
    AccountInactive,
    InvalidCredentials,
    InvalidRefreshToken,
    LoginThrottled,
    SessionNotFound,
)
from flatrender.identity.model import ACTIVE, BANNED, SessionItem, UserItem
from flatrender.identity.repository import EmailState
from flatrender.identity.schemas import AuthTokens, Login, Refresh
from flatrender.identity.service.profiles import shown
from flatrender.identity.throttle import Failures, visitor_at
from flatrender.identity.tokens import (
    ACCESS_SECONDS,
    RefreshToken,
    access_token,
    fingerprint,
    new_refresh_token,
    parse_refresh_token,
)
from flatrender.kernel.client import Client
from flatrender.kernel.clock import epoch, timestamp
from flatrender.kernel.ids import new_id
from flatrender.platform import transactions
from flatrender.tenants import service as tenants
from flatrender.tenants.schemas import Tenant

_RACES = 3


def login(body: Login, client: Client) -> AuthTokens:
    """Raises TenantNotFound, TenantSuspended, LoginThrottled, InvalidCredentials, AccountBanned, AccountInactive.

    An address without an account takes as long and is throttled as one with an account, and an account's state
    shows only to who knows its password. Who is logged in on many devices is logged out where it is longest ago.
    """
    tenant = tenants.ensure_open(tenants.by_slug(body.tenant_slug))
    visitor = visitor_at(client.ip_address)
    state = _attempt(tenant.id, body.email, visitor)
    if not passwords.matches(body.password, state.password_hash) or state.user_id is None:
        raise InvalidCredentials()
    # Before anything else can fail: what does then is no wrong password.
    _forgive(tenant.id, body.email, visitor, state.failures)
    user, sessions = session_repository.with_user(tenant.id, state.user_id)
    if user is None:
        raise InvalidCredentials()
    _ensure_active(user)
    session_repository.make_room(tenant.id, user.user_id, sessions)
    token = new_refresh_token(tenant.id, user.user_id, new_id())
    answer = _tokens(user, tenant, token)
    transactions.commit(
        [
            session_repository.create(token, client, body.device_id, body.device_name),
            repository.seen(user, timestamp()),
        ]
    )
    return answer


def refresh(body: Refresh) -> AuthTokens:
    """New tokens for a refresh token, which is used up by it.

    Raises InvalidRefreshToken, TenantSuspended, AccountBanned, AccountInactive. A token that was used before has been
    stolen, or its successor has: nobody can tell which, so the session ends.
    """
    token = parse_refresh_token(body.refresh_token)
    session = session_repository.get(token.tenant_id, token.user_id, token.session_id) if token else None
    if token is None or session is None or not _same(session.family_hash, token.family):
        raise InvalidRefreshToken()
    if not _same(session.refresh_hash, token.secret):
        _end(token)
        raise InvalidRefreshToken()
    tenant = tenants.ensure_open(tenants.by_id(token.tenant_id))
    user = repository.user(token.tenant_id, token.user_id)
    if user is None:
        raise InvalidRefreshToken()
    _ensure_active(user)
    return _rotated(session, user, tenant, token)


def _rotated(session: SessionItem, user: UserItem, tenant: Tenant, token: RefreshToken) -> AuthTokens:
    following = token.rotated()
    answer = _tokens(user, tenant, following)
    try:
        session_repository.rotate(session, following)
    except InvalidRefreshToken:
        _end(token)
        raise
    return answer


def _end(token: RefreshToken) -> None:
    try:
        session_repository.revoke(token.tenant_id, token.user_id, token.session_id)
    except SessionNotFound:
        return  # somebody ended it first


def _same(kept: str, secret: bytes) -> bool:
    return hmac.compare_digest(kept, fingerprint(secret))


def _attempt(tenant_id: str, email: str, visitor: str) -> EmailState:
    """Counts the attempt before the password is looked at, so that many at once are not many guesses.

    Raises LoginThrottled.
    """
    for _ in range(_RACES):
        state, now = repository.email_state(tenant_id, email), epoch()
        if wait := state.failures.wait(visitor, now):
            raise LoginThrottled(retry_after_seconds=wait)
        kept = repository.keep_failures(tenant_id, email, state.failures.counted(visitor, now))
        if kept is not None:
            return replace(state, failures=kept)
    raise LoginThrottled(retry_after_seconds=1)


def _forgive(tenant_id: str, email: str, visitor: str, failures: Failures) -> None:
    """Forgets what a visitor who knows the password got wrong before, and the attempt that was counted just now.

    One write, unless others come between all the time; then the count is one too high, and the visitor is in.
    """
    for _ in range(_RACES):
        if repository.keep_failures(tenant_id, email, failures.forgiven(visitor)) is not None:
            return
        failures = repository.email_state(tenant_id, email).failures


def _ensure_active(user: UserItem) -> None:
    if user.status == BANNED:
        raise AccountBanned()
    if user.status != ACTIVE:
        raise AccountInactive()


def _tokens(user: UserItem, tenant: Tenant, token: RefreshToken) -> AuthTokens:
    return AuthTokens(
        access_token=access_token(user, token.session_id),
        refresh_token=str(token),
        expires_in=ACCESS_SECONDS,
        user=shown(user),
        tenant=tenant,
    )
