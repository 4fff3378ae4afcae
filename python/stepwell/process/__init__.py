"""The process that writes runs: its unfinished runs, its end, its launcher, its terminal."""
