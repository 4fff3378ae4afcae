"""Servers behind an `Api`: a connection to one, and those of this process over directories."""
