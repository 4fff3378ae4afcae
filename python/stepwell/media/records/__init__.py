"""Records: the base of all media, and the parts that several kinds of them share."""
