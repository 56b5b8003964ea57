"""State machine: cut the job into chunks."""

from flatrender.render.order import Step
from flatrender.render.pipeline import plan
from flatrender.render.steps import handler_of

handler = handler_of(Step, plan.run)
