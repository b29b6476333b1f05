"""The page behind the link of a receipt: it shows a request, cancels it, and shows its certificate.

`script.js` is its script. The link has the id and the receipt in the fragment, which only the script reads.
The page itself is the same for everyone and contains no personal data.
"""
