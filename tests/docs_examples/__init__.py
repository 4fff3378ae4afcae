"""Every example of the documentation page, as a script, with a checker that reads back what it logged."""
