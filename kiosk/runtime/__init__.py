"""What keeps the kiosk running: the process table and its supervisor, and what passes between the processes."""
