"""The commands of scoring, each a thin skin that imports what it calls only when it is called."""
