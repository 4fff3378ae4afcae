"""Checks of the architecture, one module per language: who may know whom, and what each file says of itself."""
