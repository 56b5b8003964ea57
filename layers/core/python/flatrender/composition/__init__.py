"""The composition format: schema, validation, binding, chunk planning. No heavy wheels."""
