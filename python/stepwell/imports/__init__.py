"""Imports of runs that other programs have logged."""
