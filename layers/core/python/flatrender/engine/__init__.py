"""Draws and encodes compositions. Needs the render layer (skia, PyAV, numpy)."""
