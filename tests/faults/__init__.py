"""Faults of disks, processes, servers, versions, input and stored bytes, each kept out by a test."""
