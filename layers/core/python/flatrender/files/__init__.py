"""Uploads: presigned, probed, counted against a quota."""
