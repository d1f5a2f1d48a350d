"""The commands of `assistant-mock`, one file each: `arguments(parser)` says what it takes, `run(options)` the exit status."""
