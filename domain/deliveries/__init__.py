"""How what was bought is handed over."""
