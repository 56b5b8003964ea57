"""State machine: put the chunks into one video."""

from flatrender.render.pipeline import assemble
from flatrender.render.steps import Step, handler_of

handler = handler_of(Step, assemble.run)
