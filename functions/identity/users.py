"""/v1/users/me: one's own profile."""

from flatrender.identity.errors import UserNotFound
from flatrender.identity.schemas import User, UserUpdate
from flatrender.identity.service import profiles
from flatrender.web.api import api, entrypoint, errors
from flatrender.web.caller import ProfileRead, ProfileWrite

app = api("Users")


@app.get("/v1/users/me", responses=errors(UserNotFound))
def me(caller: ProfileRead) -> User:
    return profiles.profile(caller)


@app.patch("/v1/users/me", responses=errors(UserNotFound))
def update(body: UserUpdate, caller: ProfileWrite) -> User:
    return profiles.update_profile(caller, body)


handler = entrypoint(app)
