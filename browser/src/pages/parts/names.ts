import type { Practitioner, Site, VisitType } from '../../wire/types';
import { language } from '../../words/index';

/** Dr Hélène Marchandot */
export function practitionerName({ title, given_name, family_name }: Practitioner): string {
  return [title, given_name, family_name].filter(Boolean).join('\u00a0').replace(/\u00a0(?=[^\u00a0]*$)/, ' ');
}

export function typeName(type: VisitType): string {
  return language() === 'fr' ? type.name_fr : type.name_en;
}

export function typeInstructions(type: VisitType): string {
  return language() === 'fr' ? type.instructions_fr : type.instructions_en;
}

export function siteAccess(site: Site): string {
  return language() === 'fr' ? site.access_fr : site.access_en;
}

export function inLanguage(text: { fr: string; en: string }): string {
  return language() === 'fr' ? text.fr : text.en;
}
