"""Rows as columns, and the tables of other libraries that are made of them."""

from stepwell.api.columns.columns import Columns

__all__ = ["Columns"]
