"""Answering: from candidates of several passages to answers in order, and how sure of each.

`ranking` orders candidates by the reader's score and the `evidence` of the question's
wording, and joins those that show the same place (`grouping`, `snippets`). `calibration`
turns what is known of them into a probability, and that into a yes or a no; `refusing` says
why it is a no, and `language` tells a question in another language than the articles'.
`skipping` leaves passages unread that can hardly win.
"""
