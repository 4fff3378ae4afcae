"""Rows as columns, and the tables of other libraries that are made of them."""
