"""The Lambda authorizer of both APIs."""

from flatrender.identity.authorizer import Unauthorized, authorize
from flatrender.platform.observe import observed

handler = observed(authorize, refusal=Unauthorized)
