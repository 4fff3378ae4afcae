"""Arrays, pictures, clips and files as the native encoders take them; nothing here knows a type of media."""
