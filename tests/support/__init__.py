"""Support of the tests: processes, places, an HTTP client, recorders, programs that tests start, streams to damage."""
