# SPDX-License-Identifier: AGPL-3.0-or-later
"""The notifier: the one process that reads a number or an address, when it sends to it, and forgets it the day after.

    strongbox   its keys on disk, each day's overwritten when that day is over
    keys        publishes their public parts, signed
    outbox      its only SQL
    run         the loops: take, open, wait, lease, send, settle
    waiting     what is to go, until when, in which of two lanes
    sending     a batch of a lane: leased, opened, handed over, settled; batch (its parts), pacing (how soon), marks (its keys)
    hearing     what providers say, until it is written
    counts      what a host sees
    wording     what is said, in French and English
    numbers     addresses as keyed tags: objections and counts
    checks      codes that show that a number is somebody's
    channels/   how it goes out, a folder each

Source: spec/rdv1.md sections 4 and 5. It imports the domain, framing, seal and its own queries; never the server.
"""
