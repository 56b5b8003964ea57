"""The identity table.

pk                              sk                  what
TENANT#t#USER#u                 PROFILE             the user
TENANT#t#USER#u                 SESSION#<id>        a login on one device; its refresh token only as hashes
TENANT#t#EMAIL#<address>        CREDENTIAL          claims the address; user and password hash
TENANT#t#EMAIL#<address>        FAILURES            failed logins, whether or not there is such a user
TENANT#t#EMAIL#<address>        CODES#<window>      how many codes were asked for in a stretch of time, by all or by one
TENANT#t#VERIFICATION#<hash>    CODE                a code that was sent; found by the hash of its token
TENANT#t#OUTBOX#<user>          EVENT#…             see platform.outbox
"""

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from flatrender.platform.outbox import outbox_of
from flatrender.platform.tables import Item, meta, tenant_key

PROFILE, CREDENTIAL, FAILURES, CODE = "PROFILE", "CREDENTIAL", "FAILURES", "CODE"
SESSION = "SESSION#"
ACTIVE, BANNED = "active", "banned"

OutboxItem = outbox_of("identity")


def user_key(tenant_id: str, user_id: str) -> str:
    return tenant_key(tenant_id, "USER", user_id)


def email_key(tenant_id: str, email: str) -> str:
    """Addresses are compared without regard to case."""
    return tenant_key(tenant_id, "EMAIL", email.lower())


def verification_key(tenant_id: str, token_hash: str) -> str:
    return tenant_key(tenant_id, "VERIFICATION", token_hash)


class UserItem(Item):
    Meta = meta("identity")

    user_id = UnicodeAttribute()
    tenant_id = UnicodeAttribute()
    status = UnicodeAttribute()
    email = UnicodeAttribute()
    email_verified = BooleanAttribute(default=False)
    event_sequence = NumberAttribute()
    tier = UnicodeAttribute()
    is_admin = BooleanAttribute(default=False)
    is_tenant_admin = BooleanAttribute(default=False)
    register_mode = UnicodeAttribute()
    terms_accepted_at = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    last_active_at = UnicodeAttribute()
    phone_number = UnicodeAttribute(null=True)
    phone_verified = BooleanAttribute(default=False)
    full_name = UnicodeAttribute(null=True)
    avatar_url = UnicodeAttribute(null=True)
    slogan = UnicodeAttribute(null=True)
    about_me = UnicodeAttribute(null=True)
    company_name = UnicodeAttribute(null=True)
    website_name = UnicodeAttribute(null=True)
    birth_date = UnicodeAttribute(null=True)
    gender = UnicodeAttribute(null=True)
    email_tell_me = BooleanAttribute(null=True)
    sms_tell_me = BooleanAttribute(null=True)
    push_tell_me = BooleanAttribute(null=True)
    telegram_tell_me = BooleanAttribute(null=True)


class CredentialItem(Item):
    Meta = meta("identity")

    user_id = UnicodeAttribute()
    password_hash = UnicodeAttribute()


class FailuresItem(Item):
    """See throttle.Failures. `visitors`: place on the network to [failures, locked until, last]."""

    Meta = meta("identity")

    visitors = JSONAttribute()
    total = NumberAttribute()
    since = NumberAttribute()
    locked_until = NumberAttribute()
    stamp = UnicodeAttribute()


class CodesItem(Item):
    Meta = meta("identity")

    total = NumberAttribute()


class VerificationItem(Item):
    Meta = meta("identity")

    user_id = UnicodeAttribute()
    code_hash = UnicodeAttribute()
    attempts = NumberAttribute()
    valid_until = NumberAttribute()


class SessionItem(Item):
    """`family_hash` stays for the session's life, `refresh_hash` changes with each rotation."""

    Meta = meta("identity")

    session_id = UnicodeAttribute()
    device_id = UnicodeAttribute(null=True)
    device_name = UnicodeAttribute(null=True)
    user_agent = UnicodeAttribute(null=True)
    ip_address = UnicodeAttribute(null=True)
    issued_at = UnicodeAttribute()
    last_used_at = UnicodeAttribute()
    valid_until = NumberAttribute()
    family_hash = UnicodeAttribute()
    refresh_hash = UnicodeAttribute()
    revoked_at = UnicodeAttribute(null=True)


class EmailRow(Item):
    """The credential and the failures of one address, as one query reads both."""

    Meta = meta("identity")

    user_id = UnicodeAttribute(null=True)
    password_hash = UnicodeAttribute(null=True)
    visitors = JSONAttribute(null=True)
    total = NumberAttribute(null=True)
    since = NumberAttribute(null=True)
    locked_until = NumberAttribute(null=True)
    stamp = UnicodeAttribute(null=True)
