"""Tests: of the package room by room (`unit`), with real processes (`e2e`), of what goes wrong (`faults`)."""
