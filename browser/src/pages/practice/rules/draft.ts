// SPDX-License-Identifier: AGPL-3.0-or-later
/** What is being written: the row as it was read, the form, and the form's text when it was opened. */
import { hoursOf, openingAsked, rowOf, type OpeningDraft } from '../../../usecases/rules/openings';
import { absenceOf } from '../../../usecases/rules/dates';
import type {
  AbsenceRow, AgendaRow, ExceptionRow, HoursAsked, OpeningRow, PractitionerRow, ResourceRow, RuleRows, Scope, SiteRow, VisitTypeRow,
} from '../../../usecases/rules/routes';
import type { Id, LocalDate } from '../../../wire/types';

export interface AbsenceForm {
  from: LocalDate;
  until: LocalDate;
  whole: boolean;
  start: string;
  end: string;
}

interface Of<Kind extends string, Row, Form> {
  kind: Kind;
  was: Row | null;
  form: Form;
  began: string;
}

export type OpeningWriting = Of<'opening', OpeningRow, OpeningDraft & { scope: Scope; day: LocalDate }> & { agenda: Id; fresh: Id };
export type AbsenceWriting = Of<'absence', AbsenceRow, AbsenceForm> & { agenda: Id };
export type TypeWriting = Of<'type', VisitTypeRow, VisitTypeRow>;
export type ResourceWriting = Of<'resource', ResourceRow, ResourceRow>;
/** `offers`: the visit types of a new one. */
export type AgendaWriting = Of<'agenda', AgendaRow, AgendaRow & { offers: Id[] }>;
export type SiteWriting = Of<'site', SiteRow, SiteRow>;
export type PractitionerWriting = Of<'practitioner', PractitionerRow, PractitionerRow>;

export type Draft = OpeningWriting | AbsenceWriting | TypeWriting | ResourceWriting | AgendaWriting | SiteWriting | PractitionerWriting;

type Begun<D> = D extends Draft ? Omit<D, 'began'> : never;
/** A draft as it is opened. */
export type NewDraft = Begun<Draft>;

/** The request an opening's form stands for; call it only on a form without faults. `deleted`: the opening goes. */
export function askedOfOpening(draft: OpeningWriting, exceptions: readonly ExceptionRow[], deleted = false): HoursAsked {
  const { was, form, agenda, fresh } = draft;
  const now = deleted ? null : rowOf(form, was?.opening ?? fresh, agenda, was?.week_parity);
  return openingAsked(was, now, was === null ? 'all' : form.scope, form.day, exceptions, fresh, agenda);
}

export function absenceFault(form: AbsenceForm): boolean {
  if (form.from === '' || form.until === '' || form.until < form.from) return true;
  const hours = hoursOf(form.start, form.end);
  return !form.whole && (hours === null || (form.from === form.until && hours.end > 1440));
}

export function askedOfAbsence({ was, form, agenda }: AbsenceWriting, id: Id): HoursAsked {
  const hours = form.whole ? null : { start: hoursOf(form.start, form.end)!.start, end: hoursOf(form.start, form.end)!.end % 1440 || 1440 };
  const now = absenceOf({ from: form.from, until: form.until, start: hours?.start ?? null, end: hours?.end ?? null }, was?.absence ?? id, agenda);
  return { agenda, absences: [{ was, now }] };
}

/** The row being changed, as the rules have it now; null where it is gone. */
export function standingOf(draft: Draft, rows: RuleRows): Draft['was'] {
  switch (draft.kind) {
    case 'opening': return rows.openings.find(({ opening }) => opening === draft.was?.opening) ?? null;
    case 'absence': return rows.absences.find(({ absence }) => absence === draft.was?.absence) ?? null;
    case 'type': return rows.visit_types.find(({ visit_type: type }) => type === draft.was?.visit_type) ?? null;
    case 'resource': return rows.resources.find(({ resource }) => resource === draft.was?.resource) ?? null;
    case 'agenda': return rows.agendas.find(({ agenda }) => agenda === draft.was?.agenda) ?? null;
    case 'site': return rows.sites.find(({ site }) => site === draft.was?.site) ?? null;
    case 'practitioner': return rows.practitioners.find(({ practitioner }) => practitioner === draft.was?.practitioner) ?? null;
  }
}
