"""What is asked of the machine: memory, threads, and writes that survive a kill."""
