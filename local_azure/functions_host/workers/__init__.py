"""The host's side of its worker processes: spawning, talking, replacing."""
