"""Ways to begin a run: `init`, `attach`, `resume`, `fork_from`; and the functions of the module."""
