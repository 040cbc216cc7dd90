import type { Question } from '../wire/types';
import { Mistyped, TEXT_CHARACTERS_MAX, readBirthDate, readEmail, readName, readPhone } from './fields';
import type { Confided } from './sealing';

/** What stands in the fields, as it was typed. */
export interface Typed {
  relation: '' | 'self' | 'child' | 'relative';
  givenName: string;
  birthName: string;
  birthDate: string;
  sex: '' | 'female' | 'male' | 'other' | 'unknown';
  /** Who answers at the phone, where the visit is somebody else's. */
  contactName: string;
  phone: string;
  email: string;
  reason: string;
  answers: Record<string, string>;
  /** Tell them at once that it is booked. */
  confirm: boolean;
}

export function nothingTyped(): Typed {
  return { relation: '', givenName: '', birthName: '', birthDate: '', sex: '', contactName: '', phone: '', email: '', reason: '', answers: {}, confirm: true };
}

/** A field of the form, in the order in which it stands; a question's field is `q-` and its id. */
export type FieldName = 'relation' | 'givenName' | 'birthName' | 'birthDate' | 'sex' | 'contactName' | 'phone' | 'email' | 'reason' | `q-${string}`;

export function fieldNames(questions: Question[]): FieldName[] {
  const asked = questions.map((question): FieldName => `q-${question.id}`);
  return ['relation', 'givenName', 'birthName', 'birthDate', 'sex', 'contactName', 'phone', 'email', ...asked, 'reason'];
}

function readText(typed: string): string | null {
  const text = typed.trim();
  if (text.length > TEXT_CHARACTERS_MAX) throw new Mistyped('field.text.long', { most: TEXT_CHARACTERS_MAX, over: text.length - TEXT_CHARACTERS_MAX });
  return text === '' ? null : text;
}

function readAnswer(typed: Typed, question: Question): string | null {
  const answer = readText(typed.answers[question.id] ?? '');
  if (answer === null && question.required) throw new Mistyped(question.kind === 'text' ? 'field.answer.missing' : 'field.choice.missing');
  return answer;
}

/** What one field says, or null for an optional one left empty. Throws Mistyped. `today` is YYYY-MM-DD. */
export function readField(name: FieldName, typed: Typed, questions: Question[], today: string): string | null {
  switch (name) {
    case 'relation':
      if (typed.relation === '') throw new Mistyped('field.relation.missing');
      return typed.relation;
    case 'givenName':
      return readName(typed.givenName, 'field.given_name.missing');
    case 'birthName':
      return readName(typed.birthName, 'field.birth_name.missing');
    case 'birthDate':
      return readBirthDate(typed.birthDate, today);
    case 'sex':
      if (typed.sex === '') throw new Mistyped('field.sex.missing');
      return typed.sex;
    case 'contactName':
      return typed.relation === 'self' || typed.contactName.trim() === '' ? null : readName(typed.contactName, 'field.given_name.missing');
    case 'phone':
      return readPhone(typed.phone);
    case 'email':
      return readEmail(typed.email) || null;
    case 'reason':
      return readText(typed.reason);
    default: {
      const question = questions.find((one) => `q-${one.id}` === name);
      return question === undefined ? null : readAnswer(typed, question);
    }
  }
}

/** Whether somebody said that this would be their first visit: practices mark the question that asks it. */
export function firstVisitHere(questions: Question[], answers: Typed['answers']): boolean {
  return questions.some(({ id, first_visit: first }) => first && answers[id] === 'yes');
}

/** The fields that cannot be taken as they are, in the form's order. */
export function mistakesIn(typed: Typed, questions: Question[], today: string): Map<FieldName, Mistyped> {
  const mistakes = new Map<FieldName, Mistyped>();
  for (const name of fieldNames(questions)) {
    try {
      readField(name, typed, questions, today);
    } catch (error) {
      if (!(error instanceof Mistyped)) throw error;
      mistakes.set(name, error);
    }
  }
  return mistakes;
}

/** The whole form as it will be sealed. Throws Mistyped on the first field that cannot be taken. */
export function confidedFrom(typed: Typed, questions: Question[], today: string): Confided {
  const read = (name: FieldName): string | null => readField(name, typed, questions, today);
  const answers = questions.flatMap((question) => {
    const answer = read(`q-${question.id}`);
    return answer === null ? [] : [{ question: question.id, answer }];
  });
  return {
    id: {
      givenName: read('givenName')!, birthName: read('birthName')!, usedName: null, birthDate: read('birthDate')!,
      sex: read('sex') as Confided['id']['sex'], relation: read('relation') as Confided['id']['relation'], series: null, quiet: false,
    },
    ct: { phone: read('phone'), email: read('email'), name: read('contactName'), check: null, messages: null },
    rs: { reason: read('reason'), notes: null, answers, files: [] },
  };
}
