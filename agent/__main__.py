"""`python -m agent` runs the command line."""

from agent.cli.entry import main

main()
