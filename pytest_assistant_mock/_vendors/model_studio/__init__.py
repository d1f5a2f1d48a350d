"""Alibaba Cloud Model Studio (DashScope) Assistant API."""
