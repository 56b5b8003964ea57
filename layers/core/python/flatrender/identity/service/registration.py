"""Becoming a user, and proving that the email address is one's own."""

import hmac

from flatrender.identity import passwords, repository
from flatrender.identity.errors import (
    CodesThrottled,
    RegistrationClosed,
    TooManyAttempts,
    VerificationExpired,
    WrongCode,
)
from flatrender.identity.model import ACTIVE
from flatrender.identity.schemas import (
    CodeRequest,
    CodeSent,
    EmailVerification,
    EmailVerified,
    Registered,
    Registration,
)
from flatrender.identity.service.accounts import new_user, opening
from flatrender.identity.tokens import VerificationToken, new_code, new_verification_token, parse_verification_token
from flatrender.kernel.clock import epoch, timestamp
from flatrender.kernel.plans import FREE
from flatrender.platform import mail, observe, transactions
from flatrender.platform.transactions import Operation
from flatrender.tenants import service as tenants
from flatrender.tenants.schemas import Tenant

CODE_SECONDS = 15 * 60
_CODE_LIMITS = ((1, 60), (5, 3600))
"""How many codes an address may ask for in how many seconds."""


def register(body: Registration) -> Registered:
    """Makes the account and mails a code.

    Raises TenantNotFound, TenantSuspended, RegistrationClosed, WeakPassword, EmailTaken. Mail that SES does not take is no reason to
    refuse the account: another code can be asked for.
    """
    tenant = tenants.ensure_open(tenants.by_slug(body.tenant_slug))
    if tenant.kind == "Internal":
        raise RegistrationClosed()
    passwords.check_strength(body.password, [body.email, body.full_name])
    user = new_user(tenant.id, body.email, body.full_name, FREE)
    token, code = new_verification_token(tenant.id), new_code()
    user.terms_accepted_at = user.created_at
    user.verification = token.hash
    transactions.commit(
        [*opening(user, passwords.digest(body.password), FREE), _code_operation(user.user_id, token, code)]
    )
    _mail_code(tenant, body.email, code)
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
    if user is None:
        raise VerificationExpired()
    data = {"user_id": user.user_id, "email": user.email, "verified_at": timestamp()}
    sequence = int(user.event_sequence) + 1
    transactions.commit([*repository.verified(user, token.hash), repository.announce(user, "verified", sequence, data)])
    return EmailVerified(user_id=user.user_id, email_verified=True)


def resend_code(body: CodeRequest) -> CodeSent:
    """Mails a new code, after which the one before is good for nothing.

    The answer does not tell whether there is such an account, or whether its address is verified already.
    Raises TenantNotFound, TenantSuspended, CodesThrottled.
    """
    tenant = tenants.ensure_open(tenants.by_slug(body.tenant_slug))
    for limit, seconds in _CODE_LIMITS:
        if not repository.take_code(tenant.id, body.email, limit=limit, seconds=seconds):
            raise CodesThrottled(retry_after_seconds=seconds - epoch() % seconds)
    token, code = new_verification_token(tenant.id), new_code()
    user_id = repository.email_state(tenant.id, body.email).user_id
    user = repository.user(tenant.id, user_id) if user_id else None
    if user is not None and user.status == ACTIVE and not user.email_verified:
        transactions.commit([_code_operation(user.user_id, token, code), repository.only_code(user, token.hash)])
        _mail_code(tenant, user.email, code)
    return CodeSent(token=str(token), expires_in=CODE_SECONDS)


def _code_operation(user_id: str, token: VerificationToken, code: str) -> Operation:
    valid_until = epoch() + CODE_SECONDS
    return repository.keep_code(token.tenant_id, user_id, token.hash, token.code_hash(code), valid_until)


def _mail_code(tenant: Tenant, email: str, code: str) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    text = (
        f"{code} is your code for {tenant.name}. It is good for {CODE_SECONDS // 60} minutes.\n\n"
        "If you did not ask for it, somebody typed your address by mistake, and you need not do anything.\n"
    )
    try:
        mail.send(email, f"{code} is your code for {tenant.name}", text)
    except (BotoCoreError, ClientError):
        observe.logger().exception("the verification code could not be mailed", extra={"tenant_id": tenant.id})
        observe.count("VerificationMailFailed")
