"""The doors: how each HTTP library wants to be answered, one file each. Nothing here knows a vendor, a thread or a message."""
