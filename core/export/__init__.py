"""The exported classifier: a bundle of plain files, and the code that answers from it.

What is in a bundle, as a folder or as a zip of it, and what it answers: `core.export.layout` and
`core.export.answer`. To answer: `core.export.classifier.load_classifier`.
"""
