"""What the command line tells its user instead of a traceback."""


class CliError(Exception):
    """Something went wrong that the user can do something about.

    `hint` is the next thing to try, `details` are further lines (a fault each, for instance).
    """

    def __init__(self, message: str, *, hint: str | None = None, details: tuple[str, ...] = ()) -> None:
        self.message = message
        self.hint = hint
        self.details = details
        super().__init__(message)
