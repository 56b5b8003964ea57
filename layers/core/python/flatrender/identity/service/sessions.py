"""Where a user is logged in."""

from flatrender.identity import session_repository
from flatrender.identity.errors import SessionNotFound
from flatrender.identity.schemas import Session, Sessions
from flatrender.kernel.caller import Caller


def sessions(caller: Caller) -> Sessions:
    """The caller's good sessions, last used first."""
    found = session_repository.all_of(caller.tenant_id, caller.user_id)
    return Sessions(
        sessions=[
            Session(
                id=item.session_id,
                device_name=item.device_name,
                user_agent=item.user_agent,
                ip_address=item.ip_address,
                issued_at=item.issued_at,
                last_used_at=item.last_used_at,
                is_current=item.session_id == caller.session_id,
            )
            for item in found
        ]
    )


def end_session(caller: Caller, session_id: str) -> None:
    """Its refresh token is dead at once, its access token as soon as the authorizer's cached answer is.

    Raises SessionNotFound.
    """
    session_repository.revoke(caller.tenant_id, caller.user_id, session_id)


def logout(caller: Caller) -> None:
    """Ends the caller's own session; no error when it has ended already."""
    try:
        end_session(caller, caller.session_id)
    except SessionNotFound:
        return
