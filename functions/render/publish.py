"""State machine: complete the job and settle its seconds."""

from flatrender.render.pipeline import publish
from flatrender.render.steps import handler_of

handler = handler_of(publish.Verified, publish.run)
