"""The Lambda authorizer of both APIs."""

from flatrender.identity.authorizer import authorize

handler = authorize
