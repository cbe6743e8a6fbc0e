"""Files: drop them, see what they were taken for, read them, and see what became of every row."""

from ui import files

files.head()
files.incoming()
files.loaded()
files.foot()
