"""Black-box tools: real server processes and a client that sees every byte."""
