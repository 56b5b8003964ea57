"""/v1/users/me: one's own profile."""

from flatrender.identity import service
from flatrender.identity.errors import UserNotFound
from flatrender.identity.schemas import User, UserUpdate
from flatrender.web.api import api, entrypoint, errors
from flatrender.web.caller import ProfileRead, ProfileWrite

app = api("Users")


@app.get("/v1/users/me", responses=errors(UserNotFound))
def me(caller: ProfileRead) -> User:
    return service.profile(caller)


@app.patch("/v1/users/me", responses=errors(UserNotFound))
def update(body: UserUpdate, caller: ProfileWrite) -> User:
    return service.update_profile(caller, body)


handler = entrypoint(app)
