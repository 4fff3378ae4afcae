"""Writers of rows: how the native one is described, and what stands in for it when nothing is kept."""
