"""Files that a run keeps: saved by hand, found in its folder, its code, artifacts."""
