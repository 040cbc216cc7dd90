import type { Practitioner, Site, VisitType } from '../../wire/types';
import { language } from '../../words/index';

/** Dr Hélène Marchandot */
export function practitionerName({ title, given_name, family_name }: Practitioner): string {
  return [title, given_name, family_name].filter(Boolean).join('\u00a0').replace(/\u00a0(?=[^\u00a0]*$)/, ' ');
}

/** Dr Marchandot; without a title, the whole name. */
export function shortName(practitioner: Practitioner): string {
  const { title, family_name } = practitioner;
  return title === '' ? practitionerName(practitioner) : `${title}\u00a0${family_name}`;
}

export function typeName(type: VisitType): string {
  return inLanguage({ fr: type.name_fr, en: type.name_en });
}

export function typeInstructions(type: VisitType): string {
  return inLanguage({ fr: type.instructions_fr, en: type.instructions_en });
}

export function siteAccess(site: Site): string {
  return inLanguage({ fr: site.access_fr, en: site.access_en });
}

/** Practices type plain spaces, and labels have them: before French signs they become no-break ones, so that no sign stands alone on a line. */
export function inLanguage(text: { fr: string; en: string }): string {
  return language() === 'fr' ? text.fr.replace(/ (?=[;:?!»])/g, '\u00a0').replace(/« /g, '«\u00a0') : text.en;
}
