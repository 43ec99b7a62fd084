"""What the service does, one function per verb. Decides by `domain`, acts through `ports`."""
