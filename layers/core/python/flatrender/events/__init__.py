"""Outbox relay and the event catalog."""
