"""Who someone is: what functions and other contexts may ask of identity. Each takes the module that it needs."""
