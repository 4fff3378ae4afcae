"""Checks of the architecture, one module per language: who may know whom, what files say they are."""
