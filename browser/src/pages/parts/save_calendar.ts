import { uuidFromId, random } from '../../seal/bytes';
import { calendarFile } from '../../usecases/calendar';
import { t } from '../../words/index';

/** Hands the person a calendar file: a time and a town. Its id is drawn anew, no id of ours is in it. */
export function saveCalendar(start: string, minutes: number, town: string): void {
  const file = calendarFile({ start, minutes, town, title: t('calendar.title') }, new Date(), uuidFromId(random(16)));
  const address = URL.createObjectURL(new Blob([file], { type: 'text/calendar' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `${t('calendar.file')}.ics`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
