"""/.well-known/jwks.json: the keys with which our access tokens, and the manifests of results, can be verified."""

from flatrender.identity.keys import published_jwks
from flatrender.identity.schemas import JsonWebKeySet
from flatrender.web.api import PUBLIC, api, entrypoint
from flatrender.web.caching import cached

app = api("Keys")


@app.get("/.well-known/jwks.json", openapi_extra=PUBLIC, dependencies=[cached(3600)])
def jwks() -> JsonWebKeySet:
    return JsonWebKeySet(keys=published_jwks())


handler = entrypoint(app)
