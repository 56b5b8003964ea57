"""Sessions: made, rotated, revoked."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from flatrender.identity.errors import InvalidRefreshToken, SessionNotFound
from flatrender.identity.model import PROFILE, SESSION, SessionItem, UserItem, user_key
from flatrender.identity.tokens import ACCESS_SECONDS, REFRESH_SECONDS, RefreshToken
from flatrender.kernel.client import Client
from flatrender.kernel.clock import epoch, timestamp
from flatrender.platform import queries
from flatrender.platform.transactions import Operation, commit, put, update

MAX_SESSIONS = 50
"""Of one user at a time."""
_ALL = 2**31
"""Those that have ended stay for a while, so there may be many more."""


def create(token: RefreshToken, client: Client, device_id: str | None, device_name: str | None) -> Operation:
    now, until = timestamp(), epoch() + REFRESH_SECONDS
    item = SessionItem(
        user_key(token.tenant_id, token.user_id),
        SESSION + token.session_id,
        type="session",
        session_id=token.session_id,
        device_id=device_id,
        device_name=device_name,
        user_agent=client.user_agent,
        ip_address=client.ip_address,
        issued_at=now,
        last_used_at=now,
        valid_until=until,
        family_hash=token.family_hash,
        refresh_hash=token.secret_hash,
        expires_at=until,
    )
    return put(item, SessionItem.pk.does_not_exist())


def get(tenant_id: str, user_id: str, session_id: str) -> SessionItem | None:
    """The session, when it is still good."""
    try:
        item = SessionItem.get(user_key(tenant_id, user_id), SESSION + session_id, consistent_read=True)
    except SessionItem.DoesNotExist:
        return None
    return item if _good(item) else None


def all_of(tenant_id: str, user_id: str) -> list[SessionItem]:
    """The good ones, last used first."""
    found = SessionItem.query(user_key(tenant_id, user_id), SessionItem.sk.startswith(SESSION), consistent_read=True)
    return _last_used_first(found)


def with_user(tenant_id: str, user_id: str) -> tuple[UserItem | None, list[SessionItem]]:
    """A user and their good sessions, last used first, of one query."""
    between = UserItem.sk.between(PROFILE, SESSION + "~")
    found = queries.newest(UserItem, user_key(tenant_id, user_id), _ALL, after=between, consistent=True)
    user, sessions = None, []
    for raw in found:
        if raw["sk"]["S"] == PROFILE:
            user = UserItem.from_raw_data(raw)
        else:
            sessions.append(SessionItem.from_raw_data(raw))
    return user, _last_used_first(sessions)


def make_room(tenant_id: str, user_id: str, sessions: Sequence[SessionItem]) -> None:
    """Ends the longest unused of a user's `sessions`, where they are as many as one may have: another is to begin."""
    for item in sessions[MAX_SESSIONS - 1 :]:
        with suppress(SessionNotFound):  # it ended in the meantime
            revoke(tenant_id, user_id, str(item.session_id))


def rotate(session: SessionItem, token: RefreshToken) -> None:
    """Makes `token` the only good one. Raises InvalidRefreshToken: the one before was used in the meantime."""
    until = epoch() + REFRESH_SECONDS
    changes = [
        SessionItem.refresh_hash.set(token.secret_hash),
        SessionItem.last_used_at.set(timestamp()),
        SessionItem.valid_until.set(until),
        SessionItem.expires_at.set(until),
    ]
    unchanged = (SessionItem.refresh_hash == session.refresh_hash) & SessionItem.revoked_at.does_not_exist()
    commit([update(SessionItem(session.pk, session.sk), changes, unchanged, InvalidRefreshToken())])


def revoke(tenant_id: str, user_id: str, session_id: str) -> None:
    """Raises SessionNotFound: there is none, or it was revoked before.

    The item stays until no access token can name it any more.
    """
    item = SessionItem(user_key(tenant_id, user_id), SESSION + session_id)
    changes = [SessionItem.revoked_at.set(timestamp()), SessionItem.expires_at.set(epoch() + ACCESS_SECONDS)]
    good = SessionItem.revoked_at.does_not_exist() & (SessionItem.valid_until > epoch())
    commit([update(item, changes, good, SessionNotFound())])


def revoke_all(tenant_id: str, user_id: str) -> None:
    """Ends every session of a user."""
    for item in all_of(tenant_id, user_id):
        with suppress(SessionNotFound):  # logged out in the meantime
            revoke(tenant_id, user_id, str(item.session_id))


def _last_used_first(found: Iterable[SessionItem]) -> list[SessionItem]:
    return sorted(filter(_good, found), key=lambda item: str(item.last_used_at), reverse=True)


def _good(item: SessionItem) -> bool:
    return not item.revoked_at and int(item.valid_until) > epoch()
