"""State machine: hand one chunk to Batch."""

from flatrender.render.pipeline import dispatch
from flatrender.render.steps import ChunkTask, handler_of

handler = handler_of(ChunkTask, dispatch.run)
