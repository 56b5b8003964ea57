"""Who may call, said as a type in an endpoint's signature.

    def submit(body: RenderRequest, caller: RendersWrite) -> Render: ...

The authorizer has verified the token already; API Gateway passes on what it found.
"""

from typing import Annotated, Any

from flatrender.kernel.caller import Caller
from flatrender.kernel.errors import Forbidden, Unauthenticated
from flatrender.web.framework import Depends, Request


class EmailNotVerified(Forbidden):
    code = "email_not_verified"
    message = "Verify your email address first: POST /v1/auth/verify/email with the code we sent you."


class ScopeMissing(Forbidden):
    code = "scope_missing"
    message = "Your token does not allow this."


def caller_of(context: dict[str, Any]) -> Caller:
    """The caller from the authorizer's context, in which API Gateway makes every value a string.

    Raises Unauthenticated: the route was reached without the authorizer.
    """
    try:
        return Caller(
            user_id=context["user_id"],
            tenant_id=context["tenant_id"],
            session_id=context["session_id"],
            scopes=frozenset(context["scopes"].split()),
            tier=context["tier"],
            email_verified=_true(context["email_verified"]),
            is_admin=_true(context.get("is_admin")),
            is_tenant_admin=_true(context.get("is_tenant_admin")),
        )
    except KeyError as error:
        raise Unauthenticated() from error


def _true(value: object) -> bool:
    return str(value).lower() == "true"


async def _current(request: Request) -> Caller:
    event = request.scope.get("aws.event") or {}
    return caller_of(event.get("requestContext", {}).get("authorizer") or {})


class _Requires:
    def __init__(self, scope: str, *, verified: bool = True) -> None:
        self.scope = scope
        self.verified = verified

    async def __call__(self, caller: Annotated[Caller, Depends(_current)]) -> Caller:
        if self.verified and not caller.email_verified:
            raise EmailNotVerified()
        if self.scope not in caller.scopes:
            raise ScopeMissing(
                f"This needs the scope '{self.scope}', which your token does not have.", scope=self.scope
            )
        return caller


SignedIn = Annotated[Caller, Depends(_current)]
"""Any authenticated user, verified or not."""

ProfileRead = Annotated[Caller, Depends(_Requires("profile:read", verified=False))]
ProfileWrite = Annotated[Caller, Depends(_Requires("profile:write", verified=False))]
FilesRead = Annotated[Caller, Depends(_Requires("files:read"))]
FilesWrite = Annotated[Caller, Depends(_Requires("files:write"))]
TemplatesRead = Annotated[Caller, Depends(_Requires("templates:read"))]
ProjectsRead = Annotated[Caller, Depends(_Requires("projects:read"))]
ProjectsWrite = Annotated[Caller, Depends(_Requires("projects:write"))]
RendersRead = Annotated[Caller, Depends(_Requires("renders:read"))]
RendersWrite = Annotated[Caller, Depends(_Requires("renders:create"))]
RendersCancel = Annotated[Caller, Depends(_Requires("renders:cancel"))]
