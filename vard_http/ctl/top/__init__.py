"""`vardctl top`: the cluster as it lives."""
