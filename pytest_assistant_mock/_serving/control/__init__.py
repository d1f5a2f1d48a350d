"""The control API of the served fake, below /__mock__/: any client may seed, script, ask and verify."""
