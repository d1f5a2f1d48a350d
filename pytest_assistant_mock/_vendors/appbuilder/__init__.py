"""Baidu AppBuilder Assistants API."""
