"""Artifacts of a project: named sets of files of its runs, in versions."""
