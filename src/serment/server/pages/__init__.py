"""Public pages, rendered on the server: fast, readable without JavaScript, in French and English."""
