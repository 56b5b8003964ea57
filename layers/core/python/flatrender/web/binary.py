"""Answers that are not text. API Gateway decodes them for callers whose `Accept` names the type."""

from collections.abc import Mapping

from flatrender.web.framework import Response


class Jpeg(Response):
    media_type = "image/jpeg"

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Without a length: API Gateway knows how many bytes leave it, and they differ when it does not decode."""
        super().init_headers(headers)
        del self.headers["content-length"]
