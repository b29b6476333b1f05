"""Tagged releases: a version, its notes, and what is in its package.

`cut` refuses a release that is not in order, and makes its commit and its tag at once. `contents` writes the
package with its SHA-256, the list of its components and their licences. `python -m infra.release` does both.
"""
