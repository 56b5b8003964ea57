"""What an endpoint's cold import is held against: the frameworks that it stands on, and nothing of ours."""

import pynamodb.models  # noqa: F401 - to be imported is all it is here for
from fastapi import FastAPI
from mangum import Mangum

handler = Mangum(FastAPI(), lifespan="off")
