"""Models: trained on a file or on stored vectors, kept as text with the hash of that text.

A model is a scorecard (canonical JSON, scored in pure Python) or a booster of shallow trees
(LightGBM's text behind a header of ours). `serving` turns a text into a scorer and refuses other
bytes; the registry keeps texts for good; everything else trains, measures and tells what it found.
What trains needs the `ml` extra; what serves a scorecard needs nothing.
"""
