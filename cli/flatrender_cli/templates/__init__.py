"""Tools for those who write templates."""
