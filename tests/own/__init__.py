"""What holds for whatever environments stacks/config has. No other tests read them, but those of the snapshots."""
