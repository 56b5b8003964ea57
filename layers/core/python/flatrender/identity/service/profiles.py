"""A user's own profile."""

from flatrender.identity import repository
from flatrender.identity.errors import UserNotFound
from flatrender.identity.model import UserItem
from flatrender.identity.schemas import User, UserUpdate
from flatrender.kernel.caller import Caller
from flatrender.kernel.plans import plan_of

_SAME = set(User.model_fields) & set(UserItem.get_attributes())
_FLAGS = ("email_tell_me", "sms_tell_me", "push_tell_me", "telegram_tell_me")


def profile(caller: Caller) -> User:
    """Raises UserNotFound."""
    user = repository.user(caller.tenant_id, caller.user_id)
    if user is None:
        raise UserNotFound()
    return shown(user)


def update_profile(caller: Caller, body: UserUpdate) -> User:
    """Changes what was sent and leaves the rest. Raises UserNotFound."""
    changes = body.model_dump(mode="json", exclude_unset=True)
    if not changes:
        return profile(caller)
    return shown(repository.change(caller.tenant_id, caller.user_id, changes))


def shown(user: UserItem) -> User:
    known = {name: getattr(user, name) for name in _SAME}
    return User.model_validate(
        known
        | {name: bool(known[name]) for name in _FLAGS}
        | {
            "id": user.user_id,
            "register_date": user.created_at,
            "last_active_date": user.last_active_at,
            "parallel_rendering_ceiling": plan_of(user.tier).parallel_renders,
        }
    )
