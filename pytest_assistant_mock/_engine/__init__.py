"""The pure core: requests in, replies out, one store. Standard library only; knows no vendor, no HTTP library, no pytest."""
