"""Drivers: the same small interface over Stepwell and its peers, one file each."""
