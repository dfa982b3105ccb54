"""The director at work: its running in the control process, what it remembers of a session, its replay and its score."""
