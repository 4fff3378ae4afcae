"""Beginning a run: `init`, `attach`, going on with an earlier run, forking off one, and the functions of the module."""
