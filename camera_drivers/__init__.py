"""Drivers of PTZ cameras: pure sessions (bytes and time in; datagrams, events, next deadline out) under thin asyncio shells."""
