"""Render seconds: granted, held, settled, released."""
