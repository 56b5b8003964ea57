"""How frames become files: what each codec is told, and what is made of chunks in the end."""
