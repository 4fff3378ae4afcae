"""Names that pickles of version 0.1 hold; everything else is elsewhere."""
