"""Rights: what a subject may ask for, answered in time and on record (Art. 12 to 22 GDPR).

    model, views  what a request is, and how it is shown      states   which status may follow which
    clock         when an answer is due; pure                 duties   what is to be done beside the steps
    service       asking, looking, taking back, fetching      store    all DynamoDB of rights
    plans         which steps answer which right              engine   brings a request on by one step
    steps         what the steps do (the worker's alone)      sweeping the net below the queue
    deciding      operators decide, by two                    operating more time, who asks, retries
    entering      what came by letter                         overseeing what operators see
    moving        a person's move, tried anew                 export   the package that is a copy

docs/adr/0017-requests-and-the-engine.md tells why.
"""
