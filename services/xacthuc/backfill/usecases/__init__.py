"""What the backfill does, a file each; every one reads top to bottom."""
