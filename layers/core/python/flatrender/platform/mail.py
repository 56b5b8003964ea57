"""Mail through SES."""

from flatrender.platform.clients import client
from flatrender.platform.settings import settings


def send(to: str, subject: str, text: str) -> None:
    """Sends a plain-text message.

    Raises botocore's ClientError: SES refused it (suppressed or malformed address, quota); BotoCoreError: it did not
    answer within seconds. There is no second attempt.
    """
    client("ses").send_email(
        Source=settings().mail_from,
        Destination={"ToAddresses": [to]},
        Message={
            "Subject": {"Data": subject, "Charset": "UTF-8"},
            "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
        },
    )
