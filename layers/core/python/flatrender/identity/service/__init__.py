"""Who someone is: what functions and other contexts may ask of identity."""

from flatrender.identity.service.administrators import Administrator, create_admin, reset_admin_password
from flatrender.identity.service.authentication import login, refresh
from flatrender.identity.service.profiles import profile, update_profile
from flatrender.identity.service.registration import register, resend_code, verify_email
from flatrender.identity.service.sessions import end_session, logout, sessions

__all__ = [
    "Administrator",
    "create_admin",
    "end_session",
    "login",
    "logout",
    "profile",
    "refresh",
    "register",
    "resend_code",
    "reset_admin_password",
    "sessions",
    "update_profile",
    "verify_email",
]
