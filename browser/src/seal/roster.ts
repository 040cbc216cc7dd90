// SPDX-License-Identifier: Apache-2.0
/**
 * The state a chain of roster events adds up to, verified event by event (spec/roster.md).
 * A Roster is a value: `extend` answers a new one or throws, and the old one stays as it was.
 * It is the only source of recipients' keys: whoever seals to a key from elsewhere seals to the server.
 */
import { type Bytes, HASH_BYTES, cut, equal, hex, join } from './bytes'
import { sha256 } from './conventions'
import { Altered, Stale, Unaddressed, Unknown } from './errors'
import { verify } from './primitives'
import {
  EVENTS_MAX, type Epoch, type Genesis, type Grant, type Kind, type Member, type Role, type RosterEvent,
  type SignedEvent, eventBytes, kemKid, readEvent, signKid,
} from './roster_events'
import type { SigningKey } from './primitives'

export const FINGERPRINT_BYTES = 20
const NO_HEAD = new Uint8Array(HASH_BYTES)
const ROOT_ONLY: readonly Kind[] = ['genesis', 'new root']
const ROOT_TOO: readonly Kind[] = ['member', 'removal']
const WHILE_EPOCHS_ARE_DUE: readonly Kind[] = ['removal', 'epoch']

/** From which seq until before which one a key could sign in a unit. `mask` 0: a member; else a connector. */
interface Spell {
  readonly signKid: string
  readonly signPk: Bytes
  readonly unit: string
  readonly mask: number
  readonly since: number
  readonly until: number | null
}

interface State {
  readonly instance: string
  readonly practice: Bytes
  readonly rootPk: Bytes
  readonly heads: readonly Bytes[]
  readonly members: ReadonlyMap<string, Member>
  readonly roles: ReadonlyMap<string, Role>
  readonly units: ReadonlyMap<string, Epoch>
  readonly grants: ReadonlyMap<string, Grant>
  readonly notifierPk: Bytes | null
  readonly spells: readonly Spell[]
  readonly readersLeft: ReadonlyMap<string, number>
  readonly used: ReadonlySet<string>
  readonly due: ReadonlySet<string>
}

const set = <V>(map: ReadonlyMap<string, V>, key: string, value: V): Map<string, V> => new Map(map).set(key, value)
const byKid = <X extends { readonly kemPk: Bytes }>(holders: X[]): X[] =>
  holders.map((x) => [hex(kemKid(x)), x] as const).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, x]) => x)
const grantKey = (grant: Grant): string => `${hex(grant.connector)} ${hex(grant.unit)}`

export class Roster {
  readonly #state: State
  private constructor(state: State) {
    this.#state = state
  }

  get instance(): string { return this.#state.instance }
  get practice(): Bytes { return this.#state.practice }
  /** The number of the last event; the genesis is 1. */
  get seq(): number { return this.#state.heads.length }
  /** SHA-256 of the last event. */
  get head(): Bytes { return this.#state.heads[this.seq - 1] as Bytes }
  /** The first 20 bytes of the genesis's head: what the practice's link and door code carry. */
  get fingerprint(): Bytes { return cut(this.#state.heads[0] as Bytes, 0, FINGERPRINT_BYTES) }
  get rootPk(): Bytes { return this.#state.rootPk }
  get notifierPk(): Bytes | null { return this.#state.notifierPk }
  get members(): Member[] { return byKid([...this.#state.members.values()]) }
  get units(): Epoch[] { return [...this.#state.units.values()] }

  /** The unit's present keys; throws Unaddressed for a unit without, or one that its last member has left: nobody reads there. */
  epoch(unit: Bytes): Epoch {
    const epoch = this.#state.units.get(hex(unit))
    if (epoch === undefined || this.#state.due.has(hex(unit))) throw new Unaddressed('unit')
    return epoch
  }

  /** The last role of whoever is or was a member. */
  roleEver(id: Bytes): Role | null {
    return this.#state.roles.get(hex(id)) ?? null
  }

  member(id: Bytes): Member | null {
    return this.#state.members.get(hex(id)) ?? null
  }

  membersOf(unit: Bytes): Member[] {
    return this.members.filter((member) => member.units.some((one) => equal(one, unit)))
  }

  grantsOf(unit: Bytes): Grant[] {
    return byKid([...this.#state.grants.values()].filter((grant) => equal(grant.unit, unit)))
  }

  /** The seq of a head of this chain; throws Altered on a head it never had. */
  seqOf(head: Bytes): number {
    const at = this.#state.heads.findIndex((one) => equal(one, head))
    if (at < 0) throw new Altered('head')
    return at + 1
  }

  /**
   * The Ed25519 key of this kid, if it could sign in the unit at `seq`; else throws Altered.
   * `connectorMask` 0 asks for a member, else for a connector granted at least these groups.
   */
  signer(kid: Bytes, unit: Bytes, seq: number, connectorMask = 0): Bytes {
    const spell = this.#state.spells.find(
      (one) =>
        one.signKid === hex(kid) && one.unit === hex(unit) && (one.mask === 0) === (connectorMask === 0) &&
        one.since <= seq && (one.until === null || seq < one.until) && (one.mask & connectorMask) === connectorMask,
    )
    if (spell === undefined) throw new Altered('writer')
    return spell.signPk
  }

  /** Whether a member or connector has left the unit since this head: such a record is marked. */
  sealedToFormerReaders(head: Bytes, unit: Bytes): boolean {
    return this.seqOf(head) < (this.#state.readersLeft.get(hex(unit)) ?? 0)
  }

  /** Throws Altered unless this chain passes through what the client saw before: else a hard stop. */
  checkExtends(seq: number, head: Bytes): void {
    const seen = seq >= 1 ? this.#state.heads[seq - 1] : undefined
    if (seen === undefined || !equal(seen, head)) throw new Altered('chain')
  }

  /**
   * The state after a whole chain. Without a pinned fingerprint it is trusted on first use.
   * Throws Altered on a signature, order, fingerprint or rule broken, Unknown on a form this version does not know.
   */
  static async verify(chain: readonly SignedEvent[], fingerprint: Bytes | null): Promise<Roster> {
    const [first] = chain
    if (first === undefined) throw new Unknown('empty roster')
    const { payload, practice } = readEvent(first.event)
    if (payload.kind !== 'genesis') throw new Altered('the first event is no genesis')
    if (fingerprint !== null && !equal(cut(sha256(first.event), 0, FINGERPRINT_BYTES), fingerprint)) throw new Altered('fingerprint')
    try {
      return await new Roster(emptyState(payload, practice)).extend(chain)
    } catch (reason) {
      throw reason instanceof Stale ? new Altered('chain') : reason
    }
  }

  /** The state after further events, which stand together or not at all. Throws Stale if they follow another head. */
  async extend(batch: readonly SignedEvent[]): Promise<Roster> {
    let state = this.#state
    for (const signed of batch) state = await after(state, signed)
    if (epochsOwed(state)) throw new Altered('a removal without its epochs')
    return new Roster(state)
  }

  /** Verifies a whole chain fetched anew, which must pass through everything this one knows. Throws Altered. */
  async replacedBy(chain: readonly SignedEvent[]): Promise<Roster> {
    const newer = await Roster.verify(chain, this.fingerprint)
    newer.checkExtends(this.seq, this.head)
    return newer
  }

  /** Signs an event of a batch, on top of what stands before it there. Whoever sends the batch lets `extend` prove it whole. */
  async signAfter(seq: number, head: Bytes, payload: RosterEvent['payload'], key: SigningKey): Promise<{ event: SignedEvent; head: Bytes }> {
    const event = await signEvent({ practice: this.practice, seq: seq + 1, prev: head, signerPk: key.publicKey, payload }, key)
    return { event, head: sha256(event.event) }
  }

  /** Signs one further event by a key that may; `extend` proves it before anybody else has to. */
  async sign(payload: RosterEvent['payload'], key: SigningKey): Promise<SignedEvent> {
    return await signEvent({ practice: this.practice, seq: this.seq + 1, prev: this.head, signerPk: key.publicKey, payload }, key)
  }
}

export async function signEvent(event: RosterEvent, key: SigningKey): Promise<SignedEvent> {
  const bytes = eventBytes(event)
  return { event: bytes, signature: await key.sign(bytes) }
}

/** The first event of a practice. */
export function signGenesis(practice: Bytes, payload: Genesis, root: SigningKey): Promise<SignedEvent> {
  return signEvent({ practice, seq: 1, prev: NO_HEAD, signerPk: root.publicKey, payload }, root)
}

function emptyState(genesis: Genesis, practice: Bytes): State {
  return {
    instance: genesis.instance, practice, rootPk: genesis.rootPk, heads: [], members: new Map(), roles: new Map(), units: new Map(),
    grants: new Map(), notifierPk: null, spells: [], readersLeft: new Map(), used: new Set(), due: new Set(),
  }
}

async function after(state: State, signed: SignedEvent): Promise<State> {
  const event = readEvent(signed.event)
  if (!equal(event.practice, state.practice)) throw new Altered('another practice')
  const seq = state.heads.length
  if (event.seq !== seq + 1 || !equal(event.prev, state.heads[seq - 1] ?? NO_HEAD)) throw new Stale('head')
  if (event.seq > EVENTS_MAX) throw new Unknown('too many events')
  checkSigner(state, event)
  await verify(event.signerPk, signed.signature, signed.event, 'event')
  if (epochsOwed(state) && !WHILE_EPOCHS_ARE_DUE.includes(event.payload.kind)) throw new Altered('a removal without its epochs')
  return { ...apply(state, event), heads: [...state.heads, sha256(signed.event)] }
}

/** Whether somebody is in a unit whose epoch is due. A unit that nobody is in waits for its next member. */
function epochsOwed(state: State): boolean {
  return [...state.members.values()].some((member) => member.units.some((unit) => state.due.has(hex(unit))))
}

/** Who may sign what: an owner in the state before the event, or the root where the root may. */
function checkSigner(state: State, event: RosterEvent): void {
  const { kind } = event.payload
  if ((kind === 'genesis') !== (state.heads.length === 0)) throw new Altered('genesis')
  const byRoot = equal(event.signerPk, state.rootPk)
  const byOwner = [...state.members.values()].some((m) => m.role === 'owner' && equal(m.signPk, event.signerPk))
  const allowed = ROOT_ONLY.includes(kind) ? byRoot : byOwner || (byRoot && ROOT_TOO.includes(kind))
  if (!allowed) throw new Altered('signer')
}

function apply(state: State, { payload, seq }: RosterEvent): State {
  switch (payload.kind) {
    case 'genesis':
      if (payload.owner.role !== 'owner') throw new Altered('the first member is no owner')
      return withMember(claiming(state, payload.rootPk), payload.owner, seq)
    case 'member':
      return withMember(state, payload, seq)
    case 'removal':
      return withoutMember(state, payload.id, seq)
    case 'epoch':
      return withEpoch(state, payload)
    case 'grant':
      return withGrant(state, payload, seq)
    case 'revocation':
      return withoutConnector(state, payload.connector, seq)
    case 'notifier':
      return { ...claiming(state, payload.signPk), notifierPk: payload.signPk }
    case 'new root':
      return { ...claiming(state, payload.rootPk), rootPk: payload.rootPk }
  }
}

/** Notes keys and identifiers as used; one that was used before, by anybody, is Altered. */
function claiming(state: State, ...values: readonly Bytes[]): State {
  const used = new Set(state.used)
  for (const value of values.map(hex)) {
    if (used.has(value)) throw new Altered('a key used before')
    used.add(value)
  }
  return { ...state, used }
}

function withMember(state: State, member: Member, seq: number): State {
  const before = state.members.get(hex(member.id))
  const sameKeys = before !== undefined && equal(before.kemPk, member.kemPk) && equal(before.signPk, member.signPk)
  if (before !== undefined && !sameKeys) throw new Altered("a member's keys never change")
  let next = before === undefined ? claiming(state, member.id, member.kemPk, member.signPk) : state
  next = { ...next, members: set(next.members, hex(member.id), member), roles: set(next.roles, hex(member.id), member.role) }
  const had = (before?.units ?? []).map(hex)
  const has = member.units.map(hex)
  const key = hex(signKid(member))
  for (const unit of had) if (!has.includes(unit)) next = leaving(next, key, unit, seq, true)
  const opened = has
    .filter((unit) => !had.includes(unit))
    .map((unit) => ({ signKid: key, signPk: member.signPk, unit, mask: 0, since: seq, until: null }))
  next = { ...next, spells: [...next.spells, ...opened] }
  checkAnOwnerIsLeft(next)
  return next
}

function withoutMember(state: State, id: Bytes, seq: number): State {
  const gone = state.members.get(hex(id))
  if (gone === undefined) throw new Altered('no such member')
  const members = new Map(state.members)
  members.delete(hex(id))
  let next: State = { ...state, members }
  for (const unit of gone.units) next = leaving(next, hex(signKid(gone)), hex(unit), seq, true)
  checkAnOwnerIsLeft(next)
  return next
}

function leaving(state: State, key: string, unit: string, seq: number, epochDue: boolean): State {
  const spells = state.spells.map((spell) =>
    spell.signKid === key && spell.unit === unit && spell.until === null ? { ...spell, until: seq } : spell,
  )
  // A unit that has had no epoch yet has no seed anybody could keep.
  const due = epochDue && state.units.has(unit) ? new Set(state.due).add(unit) : state.due
  return { ...state, spells, readersLeft: set(state.readersLeft, unit, seq), due }
}

function checkAnOwnerIsLeft(state: State): void {
  if (![...state.members.values()].some((member) => member.role === 'owner')) throw new Altered('no owner is left')
}

function withEpoch(state: State, epoch: Epoch): State {
  const unit = hex(epoch.unit)
  if (epoch.e !== (state.units.get(unit)?.e ?? 0) + 1) throw new Altered('epoch')
  const members = byKid([...state.members.values()].filter((member) => member.units.some((one) => hex(one) === unit)))
  // Its members, all of them and nobody else: the seed is sealed to exactly these.
  if (members.length === 0 || !equal(join(...members.map(kemKid)), join(...epoch.members))) throw new Altered("epoch's members")
  const due = new Set(state.due)
  due.delete(unit)
  return { ...claiming(state, epoch.pk, epoch.kidRec), units: set(state.units, unit, epoch), due }
}

function withGrant(state: State, grant: Grant, seq: number): State {
  const unit = hex(grant.unit)
  if (!state.units.has(unit)) throw new Altered('a grant in a unit without keys')
  const known = [...state.grants.values()].find((other) => equal(other.connector, grant.connector))
  let next = state
  if (known === undefined) next = claiming(state, grant.connector, grant.kemPk, grant.signPk)
  else if (!equal(known.kemPk, grant.kemPk) || !equal(known.signPk, grant.signPk)) throw new Altered("a connector's keys never change")
  const key = hex(signKid(grant))
  const before = state.grants.get(grantKey(grant))
  if (before !== undefined) {
    const narrower = (before.mask & ~grant.mask) !== 0
    const readersLeft = narrower ? set(next.readersLeft, unit, seq) : next.readersLeft
    next = { ...leaving(next, key, unit, seq, false), readersLeft }
  }
  const spell = { signKid: key, signPk: grant.signPk, unit, mask: grant.mask, since: seq, until: null }
  return { ...next, grants: set(next.grants, grantKey(grant), grant), spells: [...next.spells, spell] }
}

function withoutConnector(state: State, connector: Bytes, seq: number): State {
  const ended = [...state.grants.values()].filter((grant) => equal(grant.connector, connector))
  if (ended.length === 0) throw new Altered('no such connector')
  const grants = new Map([...state.grants].filter(([, grant]) => !equal(grant.connector, connector)))
  let next: State = { ...state, grants }
  for (const grant of ended) next = leaving(next, hex(signKid(grant)), hex(grant.unit), seq, false)
  return next
}
