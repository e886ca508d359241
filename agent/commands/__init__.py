"""The commands around the agent, one file each; nothing heavy is imported before one runs."""
