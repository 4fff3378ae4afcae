"""Support of the tests: processes, places, an HTTP client, recorders, programs, streams to damage."""
