"""State machine: render one chunk, or the soundtrack."""

from flatrender.render import worker
from flatrender.render.steps import ChunkTask, handler_of

handler = handler_of(ChunkTask, worker.run)
