"""Evidence that the core is right: a port of the verified handlers, and Verdi's theorems."""
