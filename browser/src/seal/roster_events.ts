// SPDX-License-Identifier: Apache-2.0
/**
 * The eight events of a practice's roster: their bytes and payloads (spec/roster.md).
 * event = T("roster") || practice || seq u32 || prev(32) || kind u8 || signer_pk(32) || LP(payload)
 */
import { type Bytes, HASH_BYTES, ID_BYTES, cut, hex, join, readU32, sized, u32, u8 } from './bytes'
import { INSTANCE_CHARACTERS_MAX, KID_BYTES, LP, T, inst, kid } from './conventions'
import { Unknown } from './errors'
import { XWING_PUBLIC_BYTES } from './kem'
import { ED25519_PUBLIC_BYTES } from './primitives'
import { MASK_ALL } from './stanza'

export const EVENT_BYTES_MAX = 65_536
export const EVENTS_MAX = 10_000
const MEMBER_UNITS_MAX = 200
const UNIT_MEMBERS_MAX = 1_000
const WINDOW_DAYS_MAX = 400

export const ROLES = { owner: 1, practitioner: 2, secretary: 3 } as const
export type Role = keyof typeof ROLES

export interface Member {
  readonly kind: 'member'
  readonly id: Bytes
  readonly kemPk: Bytes
  readonly signPk: Bytes
  readonly role: Role
  /** Ascending, each once. */
  readonly units: readonly Bytes[]
}
export interface Genesis {
  readonly kind: 'genesis'
  readonly instance: string
  readonly rootPk: Bytes
  readonly owner: Member
}
export interface Removal {
  readonly kind: 'removal'
  readonly id: Bytes
}
export interface Epoch {
  readonly kind: 'epoch'
  readonly unit: Bytes
  readonly e: number
  readonly pk: Bytes
  readonly kidRec: Bytes
  /** kids of the members' X-Wing keys, ascending. */
  readonly members: readonly Bytes[]
}
export interface Grant {
  readonly kind: 'grant'
  readonly connector: Bytes
  readonly kemPk: Bytes
  readonly signPk: Bytes
  readonly unit: Bytes
  readonly mask: number
  readonly backDays: number
  readonly aheadDays: number
}
export interface Revocation {
  readonly kind: 'revocation'
  readonly connector: Bytes
}
export interface Notifier {
  readonly kind: 'notifier'
  readonly signPk: Bytes
}
export interface NewRoot {
  readonly kind: 'new root'
  readonly rootPk: Bytes
}

export type Payload = Genesis | Member | Removal | Epoch | Grant | Revocation | Notifier | NewRoot
export type Kind = Payload['kind']
const KINDS: readonly Kind[] = ['genesis', 'member', 'removal', 'epoch', 'grant', 'revocation', 'notifier', 'new root']

export interface RosterEvent {
  readonly practice: Bytes
  /** The genesis is 1. */
  readonly seq: number
  /** The head before; zeros before the genesis. */
  readonly prev: Bytes
  readonly signerPk: Bytes
  readonly payload: Payload
}

/** An event as it is sent and stored. */
export interface SignedEvent {
  readonly event: Bytes
  readonly signature: Bytes
}

/** Takes bytes apart from the left; what is missing or left over is Unknown. */
class Cursor {
  #at = 0
  constructor(readonly bytes: Bytes) {}
  take(size: number): Bytes {
    if (size > this.bytes.length - this.#at) throw new Unknown('event cut short')
    this.#at += size
    return cut(this.bytes, this.#at - size, this.#at)
  }
  u32(): number {
    return readU32(this.take(4), 0)
  }
  lp(size?: number): Bytes {
    const field = this.take(this.u32())
    return size === undefined ? field : sized(field, size, 'event field')
  }
  done(): void {
    if (this.#at !== this.bytes.length) throw new Unknown('event: trailing bytes')
  }
}

function ascending(values: readonly Bytes[], size: number, maximum: number): Bytes {
  const spelled = values.map((value) => hex(sized(value, size, 'list')))
  const inOrder = spelled.every((value, i) => i === 0 || (spelled[i - 1] as string) < value)
  if (values.length > maximum || !inOrder) throw new Unknown('list out of order')
  return join(...values)
}

function readAscending(bytes: Bytes, size: number, maximum: number): Bytes[] {
  if (bytes.length % size !== 0) throw new Unknown('list')
  const values: Bytes[] = []
  for (let at = 0; at < bytes.length; at += size) values.push(cut(bytes, at, at + size))
  ascending(values, size, maximum)
  return values
}

function lps(...fields: readonly Bytes[]): Bytes {
  return join(...fields.map(LP))
}

function memberFields(member: Member): Bytes {
  return lps(
    sized(member.id, ID_BYTES, 'member'),
    sized(member.kemPk, XWING_PUBLIC_BYTES, 'kem key'),
    sized(member.signPk, ED25519_PUBLIC_BYTES, 'signing key'),
    u8(ROLES[member.role]),
    ascending(member.units, ID_BYTES, MEMBER_UNITS_MAX),
  )
}

function grantFields(grant: Grant): Bytes {
  if (grant.mask < 1 || grant.mask > MASK_ALL) throw new Unknown('mask')
  if (grant.backDays > WINDOW_DAYS_MAX || grant.aheadDays > WINDOW_DAYS_MAX) throw new Unknown('window')
  return lps(
    sized(grant.connector, ID_BYTES, 'connector'),
    sized(grant.kemPk, XWING_PUBLIC_BYTES, 'kem key'),
    sized(grant.signPk, ED25519_PUBLIC_BYTES, 'signing key'),
    sized(grant.unit, ID_BYTES, 'unit'),
    u8(grant.mask),
    join(u32(grant.backDays), u32(grant.aheadDays)),
  )
}

function payloadFields(payload: Payload): Bytes {
  switch (payload.kind) {
    case 'genesis':
      return join(inst(payload.instance), LP(sized(payload.rootPk, ED25519_PUBLIC_BYTES, 'root key')), memberFields(payload.owner))
    case 'member':
      return memberFields(payload)
    case 'removal':
      return LP(sized(payload.id, ID_BYTES, 'member'))
    case 'epoch':
      return lps(
        sized(payload.unit, ID_BYTES, 'unit'),
        u32(payload.e),
        sized(payload.pk, XWING_PUBLIC_BYTES, 'unit key'),
        sized(payload.kidRec, KID_BYTES, 'kid_rec'),
        ascending(payload.members, KID_BYTES, UNIT_MEMBERS_MAX),
      )
    case 'grant':
      return grantFields(payload)
    case 'revocation':
      return LP(sized(payload.connector, ID_BYTES, 'connector'))
    case 'notifier':
      return LP(sized(payload.signPk, ED25519_PUBLIC_BYTES, 'notifier key'))
    case 'new root':
      return LP(sized(payload.rootPk, ED25519_PUBLIC_BYTES, 'root key'))
  }
}

/** The signed bytes of an event. */
export function eventBytes(event: RosterEvent): Bytes {
  return join(
    T('roster'),
    sized(event.practice, ID_BYTES, 'practice'),
    u32(event.seq),
    sized(event.prev, HASH_BYTES, 'prev'),
    u8(KINDS.indexOf(event.payload.kind) + 1),
    sized(event.signerPk, ED25519_PUBLIC_BYTES, 'signer'),
    LP(payloadFields(event.payload)),
  )
}

function readMember(fields: Cursor): Member {
  const id = fields.lp(ID_BYTES)
  const kemPk = fields.lp(XWING_PUBLIC_BYTES)
  const signPk = fields.lp(ED25519_PUBLIC_BYTES)
  const number = fields.lp(1)[0]
  const role = (Object.keys(ROLES) as Role[]).find((name) => ROLES[name] === number)
  if (role === undefined) throw new Unknown('role')
  return { kind: 'member', id, kemPk, signPk, role, units: readAscending(fields.lp(), ID_BYTES, MEMBER_UNITS_MAX) }
}

function readGenesis(fields: Cursor): Genesis {
  const name = fields.lp()
  if (name.length > INSTANCE_CHARACTERS_MAX) throw new Unknown('instance name')
  const instance = String.fromCharCode(...name)
  inst(instance)
  return { kind: 'genesis', instance, rootPk: fields.lp(ED25519_PUBLIC_BYTES), owner: readMember(fields) }
}

function readGrant(fields: Cursor): Grant {
  const grant = {
    kind: 'grant' as const,
    connector: fields.lp(ID_BYTES),
    kemPk: fields.lp(XWING_PUBLIC_BYTES),
    signPk: fields.lp(ED25519_PUBLIC_BYTES),
    unit: fields.lp(ID_BYTES),
    mask: fields.lp(1)[0] as number,
  }
  const window = fields.lp(8)
  const whole = { ...grant, backDays: readU32(window, 0), aheadDays: readU32(window, 4) }
  grantFields(whole)
  return whole
}

function readFields(kind: Kind, fields: Cursor): Payload {
  switch (kind) {
    case 'genesis':
      return readGenesis(fields)
    case 'member':
      return readMember(fields)
    case 'removal':
      return { kind, id: fields.lp(ID_BYTES) }
    case 'epoch':
      return {
        kind,
        unit: fields.lp(ID_BYTES),
        e: readU32(fields.lp(4), 0),
        pk: fields.lp(XWING_PUBLIC_BYTES),
        kidRec: fields.lp(KID_BYTES),
        members: readAscending(fields.lp(), KID_BYTES, UNIT_MEMBERS_MAX),
      }
    case 'grant':
      return readGrant(fields)
    case 'revocation':
      return { kind, connector: fields.lp(ID_BYTES) }
    case 'notifier':
      return { kind, signPk: fields.lp(ED25519_PUBLIC_BYTES) }
    case 'new root':
      return { kind, rootPk: fields.lp(ED25519_PUBLIC_BYTES) }
  }
}

/** Takes an event apart; an unknown kind, size, order or trailing byte is Unknown. */
export function readEvent(bytes: Bytes): RosterEvent {
  if (bytes.length > EVENT_BYTES_MAX) throw new Unknown('event too long')
  const whole = new Cursor(bytes)
  const tag = T('roster')
  if (hex(whole.take(tag.length)) !== hex(tag)) throw new Unknown('event')
  const head = { practice: whole.take(ID_BYTES), seq: whole.u32(), prev: whole.take(HASH_BYTES) }
  const kind = KINDS[(whole.take(1)[0] as number) - 1]
  const signerPk = whole.take(ED25519_PUBLIC_BYTES)
  const fields = new Cursor(whole.lp())
  whole.done()
  if (kind === undefined) throw new Unknown('event kind')
  const payload = readFields(kind, fields)
  fields.done()
  return { ...head, signerPk, payload }
}

export const kemKid = (holder: { readonly kemPk: Bytes }): Bytes => kid(holder.kemPk)
export const signKid = (holder: { readonly signPk: Bytes }): Bytes => kid(holder.signPk)
