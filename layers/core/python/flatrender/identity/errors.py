"""What identity refuses."""

from flatrender.kernel.errors import Conflict, Forbidden, NotFound, TooManyRequests, Unauthenticated, Unprocessable


class EmailTaken(Conflict):
    code = "email_taken"
    message = (
        "There is an account with this email address already. If it is yours, log in. If it is not, register again a "
        "quarter of an hour after it was made: nobody keeps an address without typing the code that we sent to it."
    )


class RegistrationClosed(Forbidden):
    code = "registration_closed"
    message = "Nobody can register with this tenant. Its administrators make its accounts."


class WeakPassword(Unprocessable):
    code = "weak_password"
    message = "This password is too easy to guess; see details.faults."


class InvalidCredentials(Unauthenticated):
    code = "invalid_credentials"
    message = "Email address and password do not match an account."


class LoginThrottled(TooManyRequests):
    code = "login_throttled"
    message = "Too many failed logins for this account. Wait, then try again."


class AccountBanned(Forbidden):
    code = "account_banned"
    message = "This account is banned. Write to support if you think that is a mistake."


class AccountInactive(Forbidden):
    code = "account_inactive"
    message = "This account is not active. Write to support to reopen it."


class InvalidRefreshToken(Unauthenticated):
    code = "invalid_refresh_token"
    message = "The refresh token is unknown, expired, or was used before. Log in again."


class SessionNotFound(NotFound):
    code = "session_not_found"
    message = "There is no such session among yours."


class UserNotFound(NotFound):
    code = "user_not_found"
    message = "This account is gone."


class WrongCode(Unprocessable):
    code = "wrong_code"
    message = "The code is wrong. Type the six digits of the message that came when you asked, not of another one."


class VerificationExpired(Unprocessable):
    code = "verification_expired"
    message = "This code cannot be used any more. Ask for a new one: POST /v1/auth/verify/email/resend."


class TooManyAttempts(TooManyRequests):
    code = "too_many_attempts"
    message = "Too many wrong codes. Ask for a new one: POST /v1/auth/verify/email/resend."


class CodesThrottled(TooManyRequests):
    code = "codes_throttled"
    message = "A code was sent a moment ago. Look into your mailbox, or wait before you ask for another."
