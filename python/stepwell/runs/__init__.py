"""A run in the process that writes it: rows, config, summary, files, and its end."""
