"""Tests of the checks, which plant one fault of each rule in a small tree."""
