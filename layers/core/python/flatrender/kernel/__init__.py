"""The words every other package uses. Standard library and pydantic only."""
