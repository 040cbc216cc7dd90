import { calendarFile, calendarSequence, calendarUid } from '../../usecases/calendar';
import type { Practice, Site, Slot } from '../../wire/types';
import { t } from '../../words/index';
import { dayAsTitle, hourInSentence } from '../../words/when';
import { saveFile } from './save_file';

/** What a calendar file is made of. */
export interface Dated {
  cap: string;
  rev: number;
  acts: number;
  slot: Pick<Slot, 'start' | 'minutes'>;
  site: Site;
  practice: Practice;
}

/** Hands the person a calendar file: a time and a town, and the practice's name where they asked for it. */
export function saveCalendar({ cap, rev, acts, slot, site, practice }: Dated, named: boolean, cancelled = false): void {
  const title = named ? t('calendar.title_named', { practice: practice.name }) : t('calendar.title');
  const file = calendarFile({
    uid: calendarUid(cap), sequence: calendarSequence(rev, acts), start: slot.start, minutes: slot.minutes, town: site.town,
    title: cancelled ? t('calendar.title_cancelled', { title }) : title,
    reminder: t('calendar.reminder', { day: dayAsTitle(slot.start, site.timezone), hour: hourInSentence(slot.start, site.timezone) }), cancelled,
  }, new Date());
  saveFile(new Blob([file], { type: 'text/calendar' }), `${t('calendar.file')}.ics`);
}
