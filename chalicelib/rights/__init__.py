"""Rights: requests of subjects, answered in time and on record (Art. 12 to 22 GDPR).

    model, views  a request, and how clients see it         states     which status may follow which
    clock         when an answer is due; pure               duties     deadline-bound tasks; pure
    service       submit, read, cancel, fetch the copy      store      all DynamoDB access of rights
    plans         which steps answer which right            engine     advances a request by one step
    steps         what each step does; for workers only     sweeping   sends due requests to the workers
    deciding      decisions, each by two operators          operating  extensions, identity, retries
    entering      requests received outside the app         overseeing lists and inspections by operators
    moving        applies a person's change, with retries   export     the copy as a package

docs/adr/0017-requests-and-the-engine.md explains the design.
"""
