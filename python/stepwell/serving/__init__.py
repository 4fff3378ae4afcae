"""Servers of the command line: their port, the lock of their directory, the signals that end them."""
