"""Canaries: unique values that tests store in personal fields and search for (SEC-1, RGT-3).

in_process  the canaries of a test without a deployed service, searched for in its tables

All other modules are about the deployed service. There also ids and keyed hashes that the service makes for a
subject are canaries.

values      canaries, and how each is recognised in any content
fields      which canary is in which personal field; a field without one has a reason
subject     a subject with a canary in every field, at the service and at Stream
operators   what two operators record about the subject
inner_state what no route stores yet, and ids that no route shows
chats       the subject's conversation at Stream
sealed      opens sealed records whose key still exists
places      everything that the service's AWS account stores or sent
search      searches all places, also Stream, for canaries
remainder   what may be found after an erasure, by the certificate's words
planting    puts a value into each place, to prove that the search finds it
"""
