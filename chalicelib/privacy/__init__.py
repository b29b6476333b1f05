"""The policy as declarations: what a record holds, why, on which basis, for how long, who gets it.

    personal     the declaration of a record class and its fields, enforced at class definition
    declaration  the words of a declaration
    consistency  which declarations contradict themselves
    codec        the one place where a record becomes an item and back
    periods      how long things are kept, in seconds and in plain words
    pinning      what is kept longer for an open request
    lapsing      what is deleted when its consent is withdrawn
    redating     what a changed period means for records that stand
    recipients   who may be sent anything
    whereabouts  how the records of one subject are found
    plans        what export, erasure and holds do with each record class
    register     every record class of the system

Imports core only; the register also imports the concepts' models.
"""
