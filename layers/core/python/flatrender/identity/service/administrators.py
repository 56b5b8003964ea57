"""The administrator that a new deployment starts with."""

from dataclasses import dataclass

from flatrender.identity import passwords, repository, session_repository
from flatrender.identity.errors import EmailTaken, UserNotFound
from flatrender.identity.service.accounts import new_user, opening
from flatrender.kernel.plans import PLANS
from flatrender.platform import transactions


@dataclass(frozen=True)
class Administrator:
    """`created` is False when there was one; its password is then what it was."""

    user_id: str
    created: bool


def create_admin(tenant_id: str, email: str, password: str, full_name: str = "Administrator") -> Administrator:
    """Makes a verified administrator of the platform and of the tenant, unless the address is in use there.

    Raises WeakPassword.
    """
    passwords.check_strength(password, [email])
    plan = PLANS["business"]
    user = new_user(tenant_id, email, full_name, plan)
    user.event_sequence = 2
    user.email_verified = user.is_admin = user.is_tenant_admin = True
    verified = {"user_id": user.user_id, "email": email, "verified_at": user.created_at}
    operations = [
        *opening(user, passwords.digest(password), plan),
        repository.announce(user, "verified", 2, verified),
    ]
    try:
        transactions.commit(operations)
    except EmailTaken:
        existing = repository.email_state(tenant_id, email).user_id
        if existing is None:
            raise
        return Administrator(existing, created=False)
    return Administrator(user.user_id, created=True)


def reset_admin_password(tenant_id: str, email: str, password: str) -> Administrator:
    """Gives an administrator a new password, and ends what was begun with the old one.

    Raises UserNotFound: no administrator has this address. WeakPassword.
    """
    passwords.check_strength(password, [email])
    user_id = repository.email_state(tenant_id, email).user_id
    user = repository.user(tenant_id, user_id) if user_id else None
    if user is None or not user.is_admin:
        raise UserNotFound
    transactions.commit(
        [repository.new_password(user, passwords.digest(password)), repository.forget_failures(tenant_id, email)]
    )
    session_repository.revoke_all(tenant_id, user.user_id)
    return Administrator(user.user_id, created=False)
