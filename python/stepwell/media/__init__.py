"""Objects that are logged under a key and are more than a number; one class per file."""
