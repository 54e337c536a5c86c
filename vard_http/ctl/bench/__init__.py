"""`vardctl bench`: what a cluster can do."""
