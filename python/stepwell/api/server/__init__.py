"""The server behind an : a connection to one, and those of this process over directories."""
