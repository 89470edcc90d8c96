"""The command line, one command a file. Heavy imports stand inside the commands, so that `--help` answers at once."""
