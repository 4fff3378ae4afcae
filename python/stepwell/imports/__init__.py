"""Takes over runs that other programs have logged."""
