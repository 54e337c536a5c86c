"""`vard-http dev`: a whole cluster on this machine in one terminal, to try and to break."""
