"""Projects: a template or a composition, filled in."""
