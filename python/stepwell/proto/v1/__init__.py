"""Version 1 of the protocol; made by scripts/generate_proto.py, don't edit."""
