"""Users, their credentials, and the codes sent to them. Sessions are in session_repository."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pynamodb.expressions.update import Action

from flatrender.identity.errors import CodesThrottled, EmailTaken, UserNotFound, VerificationExpired
from flatrender.identity.model import (
    CODE,
    CREDENTIAL,
    FAILURES,
    PROFILE,
    CodesItem,
    CredentialItem,
    EmailRow,
    FailuresItem,
    OutboxItem,
    UserItem,
    VerificationItem,
    email_key,
    user_key,
    verification_key,
)
from flatrender.identity.throttle import KEPT_SECONDS, Failures, Visitor
from flatrender.kernel.clock import epoch
from flatrender.kernel.ids import new_id
from flatrender.platform import updates
from flatrender.platform.outbox import emit
from flatrender.platform.transactions import Operation, delete, put, update, upsert

MAX_CODE_ATTEMPTS = 5
_DAY = 24 * 3600
CODES_OF_ONE = ((1, 60), (5, 3600), (10, _DAY))
CODES_OF_ALL = (30, _DAY)
"""How many codes may be asked for in how many seconds: by one visitor for an address, and by all of them for it.

One visitor alone cannot use up what all have.
"""


@dataclass(frozen=True)
class EmailState:
    """What is known of an address. `user_id` and `password_hash` are None where there is no account."""

    user_id: str | None
    password_hash: str | None
    failures: Failures


def create(user: UserItem, password_hash: str, replaced: UserItem | None = None) -> list[Operation]:
    """The user and the claim on the address; `replaced`, as it was read, is no more. Refused with EmailTaken."""
    free = CredentialItem.user_id == replaced.user_id if replaced else CredentialItem.pk.does_not_exist()
    credential = CredentialItem(
        email_key(user.tenant_id, user.email),
        CREDENTIAL,
        type="credential",
        user_id=user.user_id,
        password_hash=password_hash,
    )
    operations = [put(credential, free, EmailTaken()), put(user, UserItem.pk.does_not_exist())]
    if replaced:
        # Verifying the address counts as an event: who came first, this or that, wins.
        as_read = UserItem.event_sequence == replaced.event_sequence
        operations.append(delete(UserItem(replaced.pk, replaced.sk), as_read, EmailTaken()))
    return operations


def new_password(user: UserItem, password_hash: str) -> Operation:
    """Refused with UserNotFound."""
    credential = CredentialItem(email_key(user.tenant_id, user.email), CREDENTIAL)
    return update(credential, [CredentialItem.password_hash.set(password_hash)], refused=UserNotFound())


def user(tenant_id: str, user_id: str) -> UserItem | None:
    try:
        return UserItem.get(user_key(tenant_id, user_id), PROFILE, consistent_read=True)
    except UserItem.DoesNotExist:
        return None


def change(tenant_id: str, user_id: str, changes: Mapping[str, Any]) -> UserItem:
    """The user after the changes; None removes an attribute. Raises UserNotFound."""
    item = UserItem(user_key(tenant_id, user_id), PROFILE)
    attributes = UserItem.get_attributes()
    actions: list[Action] = [
        attributes[name].remove() if value is None else attributes[name].set(value) for name, value in changes.items()
    ]
    if not updates.apply(item, actions, UserItem.pk.exists()):
        raise UserNotFound()
    return item


def seen(user: UserItem, moment: str) -> Operation:
    """Refused with UserNotFound."""
    return update(UserItem(user.pk, user.sk), [UserItem.last_active_at.set(moment)], refused=UserNotFound())


def announce(user: UserItem, event: str, sequence: int, data: dict[str, Any]) -> Operation:
    """The event `identity.user.<event>.v1`."""
    return emit(
        OutboxItem,
        f"identity.user.{event}.v1",
        tenant_id=user.tenant_id,
        aggregate_id=user.user_id,
        sequence=sequence,
        data=data,
    )


def email_state(tenant_id: str, email: str) -> EmailState:
    """One query."""
    rows = EmailRow.query(email_key(tenant_id, email), EmailRow.sk.between(CREDENTIAL, FAILURES), consistent_read=True)
    found = {row.sk: row for row in rows}
    credential, failures = found.get(CREDENTIAL), found.get(FAILURES)
    return EmailState(
        user_id=credential.user_id if credential else None,
        password_hash=credential.password_hash if credential else None,
        failures=_failures(failures) if failures else Failures(),
    )


def _failures(row: EmailRow) -> Failures:
    """Time to live removes items late; until it does, they only say what a new one must replace."""
    if (row.expires_at or 0) <= epoch():
        return Failures(stamp=row.stamp)
    return Failures(
        visitors={name: Visitor(*map(int, known)) for name, known in (row.visitors or {}).items()},
        total=int(row.total or 0),
        since=int(row.since or 0),
        locked_until=int(row.locked_until or 0),
        stamp=row.stamp,
    )


def keep_failures(tenant_id: str, email: str, failures: Failures) -> Failures | None:
    """As they are now kept; None when others were counted since `failures` were read.

    When the answer is lost, botocore writes anew and meets what it wrote itself.
    """
    item = FailuresItem(email_key(tenant_id, email), FAILURES)
    stamp = new_id()
    as_read = FailuresItem.stamp == failures.stamp if failures.stamp else FailuresItem.stamp.does_not_exist()
    actions = [
        FailuresItem.type.set("failures"),
        FailuresItem.visitors.set({name: list(known) for name, known in failures.visitors.items()}),
        FailuresItem.total.set(failures.total),
        FailuresItem.since.set(failures.since),
        FailuresItem.locked_until.set(failures.locked_until),
        FailuresItem.stamp.set(stamp),
        FailuresItem.expires_at.set(epoch() + KEPT_SECONDS),
    ]
    return (
        replace(failures, stamp=stamp)
        if updates.apply(item, actions, as_read | (FailuresItem.stamp == stamp))
        else None
    )


def forget_failures(tenant_id: str, email: str) -> Operation:
    """Whoever made them."""
    return delete(FailuresItem(email_key(tenant_id, email), FAILURES))


def take_code(tenant_id: str, email: str, visitor: str) -> list[Operation]:
    """Counts a code that a visitor asks for. Refused with CodesThrottled: there were enough of late."""
    own = [(f"CODES#{visitor}#", *limit) for limit in CODES_OF_ONE]
    windows = [*own, ("CODES#", *CODES_OF_ALL)]
    return [_count(tenant_id, email, *window) for window in sorted(windows, key=lambda window: -window[2])]


def _count(tenant_id: str, email: str, prefix: str, limit: int, seconds: int) -> Operation:
    now = epoch()
    until = now - now % seconds + seconds
    item = CodesItem(email_key(tenant_id, email), f"{prefix}{seconds}#{until}")
    actions = [
        CodesItem.type.set("codes"),
        CodesItem.total.set((CodesItem.total | 0) + 1),
        CodesItem.expires_at.set(until),
    ]
    room = CodesItem.total.does_not_exist() | (CodesItem.total < limit)
    return upsert(item, actions, room, CodesThrottled(retry_after_seconds=until - now))


def keep_code(tenant_id: str, user_id: str, token_hash: str, code_hash: str, valid_until: int) -> Operation:
    item = VerificationItem(
        verification_key(tenant_id, token_hash),
        CODE,
        type="verification",
        user_id=user_id,
        code_hash=code_hash,
        attempts=0,
        valid_until=valid_until,
        expires_at=valid_until,
    )
    return put(item)


def attempt_code(tenant_id: str, token_hash: str) -> VerificationItem | None:
    """Counts an attempt and gives the code back; None when there is none, it is too old, or it was tried too often."""
    item = VerificationItem(verification_key(tenant_id, token_hash), CODE)
    usable = (VerificationItem.attempts < MAX_CODE_ATTEMPTS) & (VerificationItem.valid_until > epoch())
    accepted = updates.apply(item, [VerificationItem.attempts.set(VerificationItem.attempts + 1)], usable)
    return item if accepted else None


def used_up(tenant_id: str, token_hash: str) -> bool:
    """Whether a code was tried too often, rather than being too old or unknown."""
    try:
        item = VerificationItem.get(verification_key(tenant_id, token_hash), CODE, consistent_read=True)
    except VerificationItem.DoesNotExist:
        return False
    return int(item.attempts) >= MAX_CODE_ATTEMPTS and int(item.valid_until) > epoch()


def verified(user: UserItem, token_hash: str) -> list[Operation]:
    """Uses the code up and marks the address of the user, as read, as verified.

    Refused with VerificationExpired: it was verified with another code, or the user was replaced.
    """
    item = VerificationItem(verification_key(user.tenant_id, token_hash), CODE)
    actions = [
        UserItem.email_verified.set(True),
        UserItem.event_sequence.set(int(user.event_sequence) + 1),
    ]
    as_read = UserItem.event_sequence == user.event_sequence
    return [
        delete(item, VerificationItem.pk.exists(), VerificationExpired()),
        update(UserItem(user.pk, user.sk), actions, as_read, VerificationExpired()),
    ]
