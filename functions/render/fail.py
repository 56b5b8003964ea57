"""State machine: end a job that cannot be finished, and give its seconds back."""

from flatrender.render.pipeline import fail
from flatrender.render.steps import handler_of

handler = handler_of(fail.Failure, fail.run)
