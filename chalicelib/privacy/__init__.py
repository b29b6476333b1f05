"""The policy as declarations: what a record holds, why, on which basis, for how long, who gets it.

    personal    the declaration of a record class and its fields, enforced at class definition
    codec       the one place where a record becomes an item and back
    periods     how long things are kept, in seconds and in plain words
    recipients  who may be sent anything
    register    every record class of the system

Imports core only; the register also imports the concepts' models.
"""
