"""Render jobs, from quote to result."""
