"""/v1/users/me/balance and /v1/users/me/ledger: what a user has, and how it came to be."""

from flatrender.kernel.errors import InvalidRequest
from flatrender.kernel.paging import Page
from flatrender.ledger import service
from flatrender.ledger.schemas import Balance, Entry
from flatrender.web.api import api, entrypoint, errors
from flatrender.web.caller import ProfileRead
from flatrender.web.paging import Paging

app = api("Ledger")


@app.get("/v1/users/me/balance")
def balance(caller: ProfileRead) -> Balance:
    return service.balance(caller)


@app.get("/v1/users/me/ledger", responses=errors(InvalidRequest))
def statement(caller: ProfileRead, paging: Paging) -> Page[Entry]:
    return service.statement(caller, paging)


handler = entrypoint(app)
