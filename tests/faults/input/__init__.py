"""Bad input of every kind: nothing is harmed, and a sentence names what was wrong and what to do."""
