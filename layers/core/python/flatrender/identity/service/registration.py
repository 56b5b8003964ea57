"""Becoming a user, and proving that the email address is one's own."""

import hmac
from datetime import datetime

from flatrender.identity import passwords, repository, session_repository
from flatrender.identity.errors import (
    EmailTaken,
    RegistrationClosed,
    TooManyAttempts,
    VerificationExpired,
    WrongCode,
)
from flatrender.identity.model import ACTIVE, UserItem
from flatrender.identity.schemas import (
    CodeRequest,
    CodeSent,
    EmailVerification,
    EmailVerified,
    Registered,
    Registration,
)
from flatrender.identity.service.accounts import new_user, opening
from flatrender.identity.throttle import visitor_at
from flatrender.identity.tokens import VerificationToken, new_code, new_verification_token, parse_verification_token
from flatrender.kernel.client import Client
from flatrender.kernel.clock import epoch, now, timestamp
from flatrender.kernel.plans import FREE
from flatrender.platform import mail, observe, transactions
from flatrender.platform.transactions import Operation
from flatrender.tenants import service as tenants
from flatrender.tenants.schemas import Tenant

CODE_SECONDS = 15 * 60


def register(body: Registration) -> Registered:
    """Makes the account and mails a code.

    An account whose code was not typed while it was good is replaced, with its password, sessions and codes: whoever
    made it may not be who has the address. Mail that SES does not take is no reason to refuse the account: another
    code can be asked for.
    Raises TenantNotFound, TenantSuspended, RegistrationClosed, WeakPassword, EmailTaken.
    """
    tenant = tenants.ensure_open(tenants.by_slug(body.tenant_slug))
    if tenant.kind == "Internal":
        raise RegistrationClosed()
    passwords.check_strength(body.password, [body.email, body.full_name])
    user, squatter = new_user(tenant.id, body.email, body.full_name, FREE), None
    token, code = new_verification_token(tenant.id), new_code()
    user.terms_accepted_at = user.created_at
    password_hash, sent = passwords.digest(body.password), _code_operation(user.user_id, token, code)
    try:
        transactions.commit([*opening(user, password_hash, FREE), sent])
    except EmailTaken:
        squatter = _unproven(tenant.id, body.email)
        if squatter is None:
            raise
        transactions.commit([*opening(user, password_hash, FREE, squatter), sent])
    _mail_code(tenant, body.email, code)
    if squatter is not None:
        _end_sessions(squatter)
    return Registered(user_id=user.user_id, verification_required=True, token=str(token))


def verify_email(body: EmailVerification) -> EmailVerified:
    """Raises WrongCode (with `attempts_left`), TooManyAttempts, VerificationExpired."""
    token = parse_verification_token(body.token)
    if token is None:
        raise VerificationExpired()
    sent = repository.attempt_code(token.tenant_id, token.hash)
    if sent is None:
        raise TooManyAttempts() if repository.used_up(token.tenant_id, token.hash) else VerificationExpired()
    if not hmac.compare_digest(str(sent.code_hash), token.code_hash(body.code)):
        left = repository.MAX_CODE_ATTEMPTS - int(sent.attempts)
        raise WrongCode(attempts_left=left) if left else TooManyAttempts()
    user = repository.user(token.tenant_id, sent.user_id)
    if user is None or user.email_verified:
        raise VerificationExpired()
    data = {"user_id": user.user_id, "email": user.email, "verified_at": timestamp()}
    sequence = int(user.event_sequence) + 1
    transactions.commit([*repository.verified(user, token.hash), repository.announce(user, "verified", sequence, data)])
    return EmailVerified(user_id=user.user_id, email_verified=True)


def resend_code(body: CodeRequest, client: Client) -> CodeSent:
    """Mails a new code to who knows the account's password. Those before stay good for their time.

    An address changes hands until it is verified. Who reads its mail would verify somebody else's account with the
    code, unless the password says that it is theirs.

    Without the password, neither the answer nor its time tells whether there is such an account, or what has become of
    it. Each request counts, with whatever password: the limit does not tell either, and bounds the guesses.
    Raises TenantNotFound, TenantSuspended, CodesThrottled.
    """
    tenant = tenants.ensure_open(tenants.by_slug(body.tenant_slug))
    transactions.commit(repository.take_code(tenant.id, body.email, visitor_at(client.ip_address)))
    token, code = new_verification_token(tenant.id), new_code()
    state = repository.email_state(tenant.id, body.email)
    known = passwords.matches(body.password, state.password_hash)
    user = repository.user(tenant.id, state.user_id) if known and state.user_id else None
    if user is not None and user.status == ACTIVE and not user.email_verified:
        transactions.commit([_code_operation(user.user_id, token, code)])
        _mail_code(tenant, user.email, code)
    return CodeSent(token=str(token), expires_in=CODE_SECONDS)


def _unproven(tenant_id: str, email: str) -> UserItem | None:
    """The user who claims an address without having proven it in time; None while they still may, or when they did.

    Who is banned does not become somebody else by registering again.
    """
    user_id = repository.email_state(tenant_id, email).user_id
    user = repository.user(tenant_id, user_id) if user_id else None
    if user is None or user.email_verified or user.status != ACTIVE:
        return None
    made = int(datetime.fromisoformat(user.created_at).timestamp())
    return user if made + CODE_SECONDS <= epoch() else None


def _end_sessions(replaced: UserItem) -> None:
    """At once, where that works. Where not, they end with their access tokens: nobody refreshes one without a user."""
    try:
        session_repository.revoke_all(replaced.tenant_id, replaced.user_id)
    except Exception:  # noqa: BLE001 - whatever it was: the owner is registered, and must have the answer
        told = {"tenant_id": replaced.tenant_id, "user_id": replaced.user_id}
        observe.logger().exception("the sessions of a replaced user could not be ended", extra=told)


def _code_operation(user_id: str, token: VerificationToken, code: str) -> Operation:
    valid_until = epoch() + CODE_SECONDS
    return repository.keep_code(token.tenant_id, user_id, token.hash, token.code_hash(code), valid_until)


def _mail_code(tenant: Tenant, email: str, code: str) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    text = (
        f"{code} is your code for {tenant.name}. It was asked for at {now():%H:%M} UTC, and is good for "
        f"{CODE_SECONDS // 60} minutes. It fits only there where it was asked for.\n\n"
        "If you did not register, somebody typed your address by mistake, and you need not do anything. Type the code\n"
        "only if you did: it proves that the account is yours, with the password that was chosen for it.\n"
    )
    try:
        mail.send(email, f"{code} is your code for {tenant.name}", text)
    except (BotoCoreError, ClientError):
        observe.logger().exception("the verification code could not be mailed", extra={"tenant_id": tenant.id})
        observe.count("VerificationMailFailed")
