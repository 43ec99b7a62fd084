"""What the service does, one module per subject, one function per verb. Decides by `domain`, acts through `ports`."""
