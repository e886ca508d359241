"""The virtual agent's package; today it holds the command line, `frontdesk`."""
