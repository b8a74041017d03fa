"""The exported classifier: a bundle of plain files, and the code that answers from it."""
