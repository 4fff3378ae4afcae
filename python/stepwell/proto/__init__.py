"""Generated gRPC code, made by scripts/generate_proto.py; don't edit."""
