"""The template catalogue."""
