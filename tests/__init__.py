"""Tests of the whole: real processes, a real server, an independent decoder, a browser."""
