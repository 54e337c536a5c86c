"""What shells complete on a command line of vardctl."""
