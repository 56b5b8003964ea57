"""What the ledger refuses."""

from flatrender.kernel.errors import Conflict, PaymentRequired


class InsufficientSeconds(PaymentRequired):
    code = "insufficient_seconds"
    message = "Your balance has too few render seconds for this. Buy seconds or upgrade your plan."


class HoldExists(Conflict):
    code = "hold_exists"
    message = "Seconds are already held for this job."


class HoldClosed(Conflict):
    code = "hold_closed"
    message = "The seconds of this job have been settled or released already."


class AlreadyGranted(Conflict):
    code = "already_granted"
    message = "These seconds have been granted already."
