"""The public directory: towns, specialties, practitioners of the official register, and how they are searched."""
