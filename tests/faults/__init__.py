"""What version 0.1 did not stand: faults of disks, clients, versions and people, each kept out by a test."""
