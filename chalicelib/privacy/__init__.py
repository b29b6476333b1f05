"""The privacy policy as declarations: data, purpose, basis, retention and recipients of each record.

    personal         the declaration of a record class and its fields, enforced at class definition
    declaration      the types of a declaration
    consistency      the checks that find contradictions in a declaration
    purposes         purposes, legal bases, categories and choices
    codec            the only conversion between records and items
    subject_keys     the data key of an account
    bundles          several records in one item
    periods          retention periods, as lengths and in plain words
    pins             keeps records longer while a request needs them
    listing          pages of sealed records from an index
    leases           at most one run at a time works on a record
    rounds           reads a part of the accounts in several rounds
    lapses           deletes records whose consent was withdrawn
    changed_periods  applies a changed period to stored records
    reseal           seals records under the current version of the stage key
    recipients       the register of recipients
    controller       the controller, for notices, copies and the record of processing
    authorities      the supervisory authority of each country
    remedies         where a subject can complain, and the right to go to court, in words
    elsewhere        personal data that is stored outside the tables
    record_needs     needs whose value is a record
    whereabouts      how the records of one subject are found
    erasure          deletes a subject's records and key
    plans            what export, erasure and holds do with each record class
    register         every record class of the system
    words            names of kinds and fields, for people

Imports core only; the register also imports the models of all concepts.
"""
