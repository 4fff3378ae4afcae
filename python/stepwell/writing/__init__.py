"""Writers of rows: the description of a native one, and the stand-in of the mode `disabled`."""
