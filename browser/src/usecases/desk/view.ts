// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * From what the server told to what is drawn: days, in each the agendas' lanes, in each lane its items in order of
 * time with their place on the axis. The tree a screen reader walks and the drawing are this same list.
 */
import { addDays, axisOf, instantOf, localDay, MINUTE, missing, placeSpan, weekday, type Axis, type LocalDay, type Span } from './days';
import { closedOf, columnsOf, GAP_MINUTES_MIN, gapsOf, without, type Column, type Opening } from './lanes';
import type { StopLane } from './keyboard';
import { firstLettersOf, namesakesOf, type ToldApart } from './namesakes';
import { takesTime, type Agenda, type Hold, type Visit, type VisitType, type Week } from './model';

export interface Placed {
  at: number;
  length: number;
}

export type Item =
  | (Placed & Column & { kind: 'visit'; id: string; span: Span; visit: Visit })
  /** `columns`: two where a cancelled visit stands beside it. */
  | (Placed & { kind: 'gap'; id: string; span: Span; columns: 1 | 2 })
  | (Placed & { kind: 'sliver'; id: string; span: Span })
  | (Placed & { kind: 'hold'; id: string; span: Span })
  | (Placed & { kind: 'away'; id: string; span: Span })
  | (Placed & { kind: 'closed'; id: string; span: Span });

/** A public holiday's name in both languages. */
export interface Holiday {
  fr: string;
  en: string;
}

export interface LaneView {
  agenda: Agenda;
  day: LocalDay;
  items: Item[];
  /** Hatched: closed hours, and hours this day's clocks do not show. */
  shut: Placed[];
  openings: Opening[];
  /** What no visit is put on: appointments, holds, absences, and requests, which would lose their time. */
  taken: { span: Span; record: string | null }[];
  holiday: Holiday | null;
}

export interface DayView {
  date: string;
  lanes: LaneView[];
  holiday: Holiday | null;
  /** Whom the day's visits could be mistaken for, by record. */
  namesakes: ReadonlyMap<string, ToldApart>;
  /** The letters of the first name that tell people of one surname apart, by record. */
  firstLetters: ReadonlyMap<string, string>;
}

export interface AgendaView {
  axis: Axis;
  days: DayView[];
}

/** A gap this long is a button even where no shorter visit exists, in minutes: 20 of them are 26 px. */
const GAP_MINUTES_USUAL = 20;

const overlaps = (a: Span, b: Span) => a.start < b.end && b.start < a.end;
const within = (span: Span, day: Span) => span.start >= day.start && span.start < day.end;

function clip(span: Span, day: Span): Span {
  return { start: Math.max(span.start, day.start), end: Math.min(span.end, day.end) };
}

interface Raw {
  agenda: Agenda;
  day: LocalDay;
  visits: Visit[];
  openings: Opening[];
  absences: Span[];
  holds: Hold[];
  /** The shortest visit the agenda takes, in minutes. */
  shortest: number;
  holiday: Holiday | null;
}

function gather(week: Week, agenda: Agenda, date: string, types: readonly VisitType[] = []): Raw {
  const day = localDay(agenda.zone, date);
  const mine = <T extends { agenda: string }>(list: readonly T[]) => list.filter((one) => one.agenda === agenda.agenda);
  const holiday = mine(week.holidays).find((one) => one.date === date);
  return {
    agenda,
    day,
    visits: mine(week.visits).filter((visit) => within(visit, day) && visit.status !== 'refused'),
    openings: mine(week.openings).filter((opening) => within(opening, day)),
    absences: mine(week.absences).filter((absence) => overlaps(absence, day)).map((absence) => clip(absence, day)),
    holds: mine(week.holds).filter((hold) => within(hold, day)),
    shortest: Math.min(...types.filter((type) => type.agendas.includes(agenda.agenda)).map(({ minutes }) => minutes), GAP_MINUTES_USUAL),
    holiday: holiday === undefined ? null : { fr: holiday.fr, en: holiday.en },
  };
}

function laneOf(raw: Raw, axis: Axis, past: number): LaneView {
  const { day, visits, openings, absences, holds } = raw;
  const key = `${day.date}/${raw.agenda.agenda}`;
  const at = (span: Span) => placeSpan(axis, day, span);
  const live = visits.filter((visit) => visit.status !== 'cancelled');
  // A cancelled visit steps aside for whoever took its time since; alone it stays in view, and its time is free again.
  const shown = visits.filter((visit) => visit.status !== 'cancelled' || !live.some((other) => overlaps(other, visit)));
  const columns = columnsOf(shown);
  const busy = [...visits.filter(takesTime), ...holds, ...absences];
  const gaps = gapsOf(openings, [...busy, ...shown]);
  // The time of a cancelled visit is free again: the crossed block stands beside it, not on it.
  const freed = without(gapsOf(openings, [...busy, ...shown.filter((visit) => visit.status !== 'cancelled')]), gaps)
    .filter((span) => span.end - span.start >= GAP_MINUTES_MIN * MINUTE);
  // Free time too short for any visit, or gone by, is told, but is no button: nothing can be put there.
  const fits = (span: Span) => span.end - Math.max(span.start, past) >= raw.shortest * MINUTE;
  const free = (span: Span, of: 1 | 2): Item =>
    fits(span) ? { kind: 'gap', id: `gap/${key}/${span.start}`, span, columns: of, ...at(span) } : { kind: 'sliver', id: `sliver/${key}/${span.start}`, span, ...at(span) };
  const columnOf = (visit: Visit): Column => {
    const { column, columns: of } = columns.get(visit)!;
    const beside = visit.status === 'cancelled' && freed.some((span) => fits(span) && overlaps(span, visit));
    return beside ? { column: of + column, columns: of * 2 } : { column, columns: of };
  };
  const lastOpen = Math.max(day.end, ...openings.map((opening) => opening.end));
  const axisDay = { start: instantOf(day, axis.from) ?? day.start, end: Math.min(lastOpen, instantOf(day, axis.to) ?? lastOpen) };
  const closed = closedOf(axisDay, openings).filter((span) => span.end > span.start);
  const items: Item[] = [
    ...shown.map((visit): Item => ({ kind: 'visit', id: visit.record, span: visit, visit, ...at(visit), ...columnOf(visit) })),
    ...gaps.map((span) => free(span, 1)),
    ...freed.map((span) => free(span, 2)),
    ...holds.map((span): Item => ({ kind: 'hold', id: `hold/${key}/${span.start}`, span, ...at(span) })),
    ...absences.map((span): Item => ({ kind: 'away', id: `away/${key}/${span.start}`, span, ...at(clip(span, axisDay)) })),
    ...closed.map((span): Item => ({ kind: 'closed', id: `closed/${key}/${span.start}`, span, ...at(span) })),
  ];
  items.sort((a, b) => a.span.start - b.span.start || b.span.end - a.span.end || (a.id < b.id ? -1 : 1));
  return {
    agenda: raw.agenda,
    day,
    items,
    shut: [...closed.map(at), ...missing(axis, day)],
    openings,
    taken: [...visits.filter((visit) => takesTime(visit) || visit.status === 'requested').map((visit) => ({ span: visit, record: visit.record })), ...[...holds, ...absences].map((span) => ({ span, record: null }))],
    holiday: raw.holiday,
  };
}

/** The days `dates` of these agendas as one drawing: all days share the axis. What ends before `past` is gone by. */
export function viewOf(
  week: Week, agendas: readonly Agenda[], dates: readonly string[], types: readonly VisitType[] = [], past = 0,
): AgendaView {
  const raws = dates.map((date) => agendas.map((agenda) => gather(week, agenda, date, types)));
  const spans = raws.flat().flatMap(({ day, openings, visits }) => [...openings, ...visits].map((span) => ({ day, span })));
  const axis = axisOf(raws.flat().map(({ day }) => day), spans);
  const days = raws.map((lanes, index) => {
    const views = lanes.map((raw) => laneOf(raw, axis, past));
    const everywhere = views.length > 0 && views.every((lane) => lane.holiday !== null) ? views[0]!.holiday : null;
    const visits = lanes.flatMap((lane) => lane.visits);
    return { date: dates[index]!, lanes: views, holiday: everywhere, namesakes: namesakesOf(visits), firstLetters: firstLettersOf(visits) };
  });
  return { axis, days };
}

/** The week's days to draw: Monday to Friday, and a weekend day with something in it. */
export function datesOf(week: Week, agendas: readonly Agenda[], mondayDate: string): string[] {
  const dates = Array.from({ length: 7 }, (_, index) => addDays(mondayDate, index));
  return dates.filter((date) => weekday(date) <= 5 || agendas.some((agenda) => {
    const { openings, visits } = gather(week, agenda, date);
    return openings.length > 0 || visits.length > 0;
  }));
}

/** What the arrow keys walk over: the buttons of the drawing, visits and gaps. */
export function stopsOf(view: AgendaView): StopLane[] {
  return view.days.flatMap((day) => day.lanes.map((lane) => ({
    day: day.date,
    agenda: lane.agenda.agenda,
    stops: lane.items.filter(({ kind }) => kind === 'visit' || kind === 'gap').map(({ id, at }) => ({ id, at })),
  })));
}

/** A closed lane's part of an open lane's width, in a week: its initials, and that it is hatched. */
const CLOSED_SHARE = 0.5;

/** A lane's share of its day's width. */
export function laneShare({ openings, items }: LaneView): number {
  return openings.length === 0 && !items.some(({ kind }) => kind === 'visit' || kind === 'hold') ? CLOSED_SHARE : 1;
}

/** A day's lanes as the tracks of a grid, over the day's whole width: the narrowest has 1fr, since less than 1fr in all would leave some of it empty. */
export function laneTracks({ lanes }: DayView): string {
  const least = Math.min(...lanes.map(laneShare));
  return lanes.map((lane) => `minmax(0, ${laneShare(lane) / least}fr)`).join(' ');
}

/** How much wider than another day's the chosen day's lanes are; where lanes are narrower than a name, `dense`, wider still. */
const CHOSEN_SHARE = 2.35, CHOSEN_SHARE_DENSE = 4;

/** A day's share of a week's width: as many as its lanes that are open, and the chosen one more of it. */
export function dayShare(day: DayView, chosen: string, dense: boolean): number {
  return day.lanes.reduce((sum, lane) => sum + laneShare(lane), 0) * (day.date !== chosen ? 1 : dense ? CHOSEN_SHARE_DENSE : CHOSEN_SHARE);
}

/** The pixels an hour takes so that the shortest visit drawn keeps its 24 px (WCAG 2.5.8). */
export function hourHeight(view: AgendaView): number {
  const BLOCK_PX_MIN = 26, HOUR_PX_MIN = 80, HOUR_PX_MAX = 312;
  let shortest = 20;
  for (const day of view.days) for (const lane of day.lanes) for (const item of lane.items) {
    if (item.kind === 'visit' || item.kind === 'gap') shortest = Math.min(shortest, (item.span.end - item.span.start) / MINUTE);
  }
  return Math.min(HOUR_PX_MAX, Math.max(HOUR_PX_MIN, Math.ceil((BLOCK_PX_MIN * 60) / Math.max(5, shortest))));
}
