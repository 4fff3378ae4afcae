"""Files of other programs; made by scripts/generate_proto.py, don't edit."""
