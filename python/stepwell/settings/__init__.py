"""Settings: what they are called, where they come from, and which names runs may have."""
