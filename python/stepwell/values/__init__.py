"""Values as users log them: what the native encoder is given in their place."""
