"""State machine: look at the video before anyone else does."""

from flatrender.render.order import Step
from flatrender.render.pipeline import verify
from flatrender.render.steps import handler_of

handler = handler_of(Step, verify.run)
