"""The businesses on the platform."""
