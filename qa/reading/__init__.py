"""Reading: question and passages → windows → scores of tokens → candidate quotes.

What every reader shares. `windows` cuts, a reader's own network scores, `spans` decodes,
`candidates` keeps what is worth quoting; `span_reader` joins them. `sharing` scores the
windows of several askers together, `prediction` is the plain path for training.
"""
