"""The pure core: requests in, replies out, the state. Standard library only; knows no vendor, no HTTP library, no pytest."""
