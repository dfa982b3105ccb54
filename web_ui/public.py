"""What anybody may know: the state of the séance in words, past séances, and where to watch them. No cookie is read or set."""
