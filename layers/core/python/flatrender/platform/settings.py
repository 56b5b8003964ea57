"""Where things are, read from the environment once.

Every name has a local default, so that importing never needs a set-up.
"""

import os
from functools import cache

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Deployment facts. Addresses without a trailing slash."""

    model_config = ConfigDict(frozen=True)

    stage: str
    media_bucket: str
    event_bus: str
    public_api_url: str
    socket_url: str
    socket_callback_url: str
    signing_key_id: str
    retired_signing_key_ids: tuple[str, ...]
    manifest_key_id: str
    mail_from: str
    uploads_queue_url: str


@cache
def settings() -> Settings:
    env = os.environ
    return Settings(
        stage=env.get("STAGE", "local"),
        media_bucket=env.get("MEDIA_BUCKET", "flatrender-media"),
        event_bus=env.get("EVENT_BUS", "flatrender"),
        public_api_url=env.get("PUBLIC_API_URL", "").rstrip("/"),
        socket_url=env.get("SOCKET_URL", "").rstrip("/"),
        socket_callback_url=env.get("SOCKET_CALLBACK_URL", "").rstrip("/"),
        signing_key_id=env.get("SIGNING_KEY_ID", "alias/flatrender-signing"),
        retired_signing_key_ids=tuple(part for part in env.get("RETIRED_SIGNING_KEY_IDS", "").split(",") if part),
        manifest_key_id=env.get("MANIFEST_KEY_ID", "alias/flatrender-manifests"),
        mail_from=env.get("MAIL_FROM", "FlatRender <no-reply@flatrender.example>"),
        uploads_queue_url=env.get("UPLOADS_QUEUE_URL", ""),
    )


def table_name(context: str) -> str:
    """The table of a context, from `<CONTEXT>_TABLE`."""
    return os.environ.get(f"{context.upper()}_TABLE", f"flatrender-{context}")
