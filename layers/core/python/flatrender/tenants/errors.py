"""What the tenants context refuses."""

from flatrender.kernel.errors import Conflict, Forbidden, NotFound


class TenantNotFound(NotFound):
    code = "tenant_not_found"
    message = "There is no tenant of this name."


class SlugTaken(Conflict):
    code = "slug_taken"
    message = "Another tenant has this slug. Choose a different one."


class TenantSuspended(Forbidden):
    code = "tenant_suspended"
    message = "This tenant is suspended or cancelled. Its administrators can reach our support."
