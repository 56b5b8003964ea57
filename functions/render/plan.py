"""State machine: cut the job into chunks."""

from flatrender.render.pipeline import plan
from flatrender.render.steps import Step, handler_of

handler = handler_of(Step, plan.run)
