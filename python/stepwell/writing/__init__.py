"""Writers of rows: the description of one, and what a directory remembers of them."""
