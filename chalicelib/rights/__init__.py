"""Rights: requests of subjects, answered in time and on record (Art. 12 to 22 GDPR).

A request comes in by `api` (from the app) or `operators/enter` (from anywhere else). `engine` then advances
it step by step, in the order that `procedures` lists, until its answer is delivered and announced.

The subject's side:

    api, views    routes, and what they accept and return      model      the stored request
    service       submit, read, cancel, fetch the copy         store      all DynamoDB access of rights
    deadline      when an answer is due; pure                  states     which status may follow which; pure
    problems      the errors that clients and operators see    evidence   entries of a request's history
    moves         applies a person's change, with retries      messages   decisions, mails, reminders
    files         copies in S3: links, reading, deleting       jobs       the workers and the sweep

The work:

    engine/       engine: advances a request by one step; step: what a step is and returns; duties: the
                  deadline-bound tasks beside the steps; queue: messages to workers, and the sweep
    procedures/   the steps of each right, by name and in order
    steps/        what each step does; for workers only
    export/       the copy as a package; export/page is its readable page

The operators' side:

    operators/    decide: decisions by two people; extend: deadlines, identity, retries; enter: requests from
                  outside the app; inspect: lists and inspections, on record

docs/adr/0017-requests-and-the-engine.md explains the design.
"""
