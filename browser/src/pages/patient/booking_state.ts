/** What a booking is made of on its way: its steps, what ends it, what a reload of its tab finds again. */
import type { OwnHold } from '../../usecases/hold';
import type { Link } from '../../usecases/link';
import type { PlannedMessage } from '../../usecases/messages/plan';
import type { Readers } from '../../usecases/open_link';
import type { Confided } from '../../usecases/sealing';
import type { Typed } from '../../usecases/typed';
import type { Status } from '../../wire/types';
import type { CodeDraft } from './code_step.svelte';

export type Step = 'type' | 'time' | 'you' | 'review' | 'code' | 'done';

/** The steps for which a time is held. */
export const isHeldStep = (step: Step): boolean => step === 'you' || step === 'review' || step === 'code';
/** What ends a booking here: the page says why and what to do instead. */
export type Stop = 'no_agenda' | 'wrong_practice' | 'unsupported';
/** Why the times are shown again. */
export interface Gone {
  reason: 'taken' | 'not_offered' | 'expired';
  wanted: string;
  alternatives: string[];
}
export interface Done {
  link: Link;
  confided: Confided;
  status: Status;
  rev: number;
  /** This browser was asked to keep the appointment and could. */
  kept: boolean;
  readers: Readers;
  /** What will be sent; null where no message comes. */
  planned: readonly PlannedMessage[] | null;
}

/** What survives a reload of this tab; nothing of it does on a shared computer. */
export interface Draft {
  agenda: string;
  visitType: string;
  hold: OwnHold;
  cap: string;
  typed: Typed;
  /** A booking that was sent and not answered: it may stand. */
  unanswered: Link | null;
  code: CodeDraft;
}
