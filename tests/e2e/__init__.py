"""End-to-end tests with real processes and a real server: rows, media, the reading side, commands."""
