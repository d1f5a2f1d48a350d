"""The commands of `assistant-mock`, a file each: `arguments(parser)` says what it takes, `run(options)` returns the status."""
