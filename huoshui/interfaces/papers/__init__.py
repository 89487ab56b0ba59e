"""Papers: contracts and statements as PDF, the same bytes for the same content, in both languages.

`model` says what a paper is made of, `draw` draws it with the one font that lies in `face`, embedded as
far as its letters are used. What a paper says is made in `loans`, from facts that the lines give.
"""
