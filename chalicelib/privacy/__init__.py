"""The privacy policy as declarations: data, purpose, basis, retention and recipients of each record.

Imports core only; the register also imports the models of all concepts.
"""
