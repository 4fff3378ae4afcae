"""Servers as the command line begins them: their port, the lock of their directory, the signals that end them."""
