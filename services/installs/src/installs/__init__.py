"""Who has installed what: the installs of users and of anonymous owners, their settings and their switches.

It keeps a copy of the published plugins and versions, so that an install asks no other service.
"""
