"""Unit tests of the Python package: one folder for each folder of python/stepwell."""
