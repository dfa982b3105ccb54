"""The pure part: values, commands, events and rules. No clock, no thread, no socket, no file."""
