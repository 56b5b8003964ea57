"""What making an account means, whoever makes it."""

from flatrender.identity import repository
from flatrender.identity.model import ACTIVE, PROFILE, UserItem, user_key
from flatrender.kernel.clock import timestamp
from flatrender.kernel.ids import new_id
from flatrender.kernel.plans import Plan
from flatrender.ledger import service as ledger
from flatrender.platform.transactions import Operation


def new_user(tenant_id: str, email: str, full_name: str | None, plan: Plan) -> UserItem:
    """A user who is not stored yet; their first event has the sequence 1."""
    user_id, now = new_id(), timestamp()
    return UserItem(
        user_key(tenant_id, user_id),
        PROFILE,
        type="user",
        user_id=user_id,
        tenant_id=tenant_id,
        status=ACTIVE,
        email=email,
        full_name=full_name,
        event_sequence=1,
        tier=plan.code,
        register_mode="Email",
        created_at=now,
        last_active_at=now,
    )


def opening(user: UserItem, password_hash: str, plan: Plan, replaced: UserItem | None = None) -> list[Operation]:
    """The user, the claim on the address, the plan's render seconds, and the event that tells of it.

    `replaced` had claimed the address before, and ends with this; what it had stays behind. Refused with EmailTaken.
    """
    data = {
        "user_id": user.user_id,
        "email": user.email,
        "full_name": user.full_name,
        "tier": user.tier,
        "register_mode": user.register_mode,
        "registered_at": user.created_at,
    }
    return [
        *repository.create(user, password_hash, replaced),
        *ledger.grant(user.tenant_id, user.user_id, plan.seconds_charge, f"{plan.name} plan", f"plan:{plan.code}"),
        repository.announce(user, "registered", 1, data),
    ]
