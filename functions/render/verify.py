"""State machine: look at the video before anyone else does."""

from flatrender.render.pipeline import verify
from flatrender.render.steps import Step, handler_of

handler = handler_of(Step, verify.run)
