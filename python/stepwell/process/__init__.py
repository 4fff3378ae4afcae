"""What a process knows of itself: its runs, how it ends, its launcher, its terminal."""
