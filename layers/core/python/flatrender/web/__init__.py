"""FastAPI behind API Gateway."""
