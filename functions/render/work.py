"""State machine: render one chunk, or the soundtrack."""

from flatrender.render import worker
from flatrender.render.order import ChunkTask
from flatrender.render.steps import handler_of

handler = handler_of(ChunkTask, worker.run)
