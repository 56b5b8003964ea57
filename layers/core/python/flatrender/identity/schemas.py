"""What identity takes and answers, as the contract has it."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PastDate, StringConstraints

from flatrender.kernel.schemas import Request, Response
from flatrender.tenants.schemas import Slug, Tenant

MIN_PASSWORD, MAX_PASSWORD = 8, 128

# An addr-spec as HTML forms take it, with a dot in the domain.
_EMAIL = (
    r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$"
)


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be one line of printable text")
    return value


Email = Annotated[str, StringConstraints(max_length=254, pattern=_EMAIL)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(_one_line)]
"""A name: one printable line."""
Text = Annotated[str, StringConstraints(max_length=2000)]
NewPassword = Annotated[
    str, StringConstraints(strip_whitespace=False, min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)
]
Password = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=MAX_PASSWORD)]
Opaque = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[A-Za-z0-9_-]+$")]
"""A token of ours that callers only pass back."""


class Registration(Request):
    tenant_slug: Slug
    email: Email
    password: NewPassword = Field(repr=False)
    full_name: Line | None = None
    accept_terms: Literal[True] = Field(description="The terms of use must be accepted.")


class Registered(Response):
    user_id: str
    verification_required: bool
    token: str = Field(description="Goes with the emailed code to POST /v1/auth/verify/email.")


class EmailVerification(Request):
    token: Opaque
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] = Field(description="The six digits we emailed.")


class EmailVerified(Response):
    user_id: str
    email_verified: bool


class CodeRequest(Request):
    tenant_slug: Slug
    email: Email
    password: Password = Field(repr=False, description="The account's. Without it, no code is mailed.")


class CodeSent(Response):
    """The same whether or not there is such an account, and whether or not the password is its own."""

    token: str = Field(description="Goes with the emailed code to POST /v1/auth/verify/email.")
    expires_in: int = Field(description="Seconds until the code expires.")


class Login(Request):
    tenant_slug: Slug
    email: Email
    password: Password = Field(repr=False)
    device_id: Line | None = None
    device_name: Line | None = None


class Refresh(Request):
    refresh_token: Opaque = Field(repr=False)


Gender = Literal["Male", "Female", "Other", "PreferNotToSay"]


class UserUpdate(Request):
    """What is left out stays; null clears."""

    full_name: Line | None = None
    slogan: Line | None = None
    about_me: Text | None = None
    company_name: Line | None = None
    website_name: Line | None = None
    birth_date: PastDate | None = None
    gender: Gender | None = None
    email_tell_me: bool | None = None
    sms_tell_me: bool | None = None
    push_tell_me: bool | None = None
    telegram_tell_me: bool | None = None


class User(Response):
    """A user as they see themselves. Balances are at /v1/users/me/balance."""

    id: str
    tenant_id: str
    email: str | None
    email_verified: bool
    phone_number: str | None
    phone_verified: bool
    full_name: str | None
    avatar_url: str | None
    is_admin: bool
    is_tenant_admin: bool
    register_mode: str
    register_date: str
    last_active_date: str
    tier: str = Field(description="The plan: free, pro or business.")
    parallel_rendering_ceiling: int = Field(description="How many renders may run at once on this plan.")
    slogan: str | None
    about_me: str | None
    company_name: str | None
    website_name: str | None
    birth_date: date | None
    gender: Gender | None
    email_tell_me: bool
    sms_tell_me: bool
    push_tell_me: bool
    telegram_tell_me: bool


class AuthTokens(Response):
    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name
    expires_in: int = Field(description="Seconds for which the access token is valid.")
    user: User
    tenant: Tenant


class Session(Response):
    id: str
    device_name: str | None
    user_agent: str | None
    ip_address: str | None
    issued_at: str
    last_used_at: str
    is_current: bool


class Sessions(Response):
    sessions: list[Session]


class JsonWebKey(Response):
    """A public RSA key as RFC 7517 writes it; `kid` is its RFC 7638 thumbprint."""

    kty: Literal["RSA"] = "RSA"
    use: Literal["sig"] = "sig"
    alg: Literal["RS256"] = "RS256"
    kid: str
    n: str
    e: str


class JsonWebKeySet(Response):
    keys: list[JsonWebKey]
