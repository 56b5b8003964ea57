def register(t):
    return None
