// SPDX-License-Identifier: AGPL-3.0-or-later
/** The rooms of an open desk. All but the agenda come when somebody enters them, with their words and their look. */
import type { Component } from 'svelte';
import { language, speak } from '../../words/index';
import type { Words } from '../parts/start';
import type { Desk } from './desk.svelte';

export const ROOMS = ['agenda', 'patients', 'hours', 'members', 'keys'] as const;
export type Room = (typeof ROOMS)[number];

export type RoomPage = Component<{ desk: Desk }>;
type Part<Of> = () => Promise<{ default: Of }>;

interface Entrance {
  page: Part<RoomPage>;
  fr: Part<Words>[];
  en: Part<Words>[];
}

const ENTRANCES: Record<Exclude<Room, 'agenda'>, Entrance> = {
  patients: {
    page: () => import('./patients/PatientsRoom.svelte'),
    fr: [() => import('../../words/fr/desk_patients.json')], en: [() => import('../../words/en/desk_patients.json')],
  },
  hours: {
    page: () => import('./rules/RulesRoom.svelte'),
    fr: [() => import('../../words/fr/desk_rules.json'), () => import('../../words/fr/person_place.json')],
    en: [() => import('../../words/en/desk_rules.json'), () => import('../../words/en/person_place.json')],
  },
  members: {
    page: () => import('./members/MembersRoom.svelte'),
    fr: [() => import('../../words/fr/desk_members.json'), () => import('../../words/fr/desk_keys.json'), () => import('../../words/fr/account.json')],
    en: [() => import('../../words/en/desk_members.json'), () => import('../../words/en/desk_keys.json'), () => import('../../words/en/account.json')],
  },
  keys: {
    page: () => import('./keys/KeysRoom.svelte'),
    fr: [() => import('../../words/fr/desk_keys.json')], en: [() => import('../../words/en/desk_keys.json')],
  },
};

/** A room's page, once its words are spoken. Fails as an import fails: the network is away. */
export async function enterRoom(room: Exclude<Room, 'agenda'>): Promise<RoomPage> {
  const entrance = ENTRANCES[room];
  const [page, ...words] = await Promise.all([entrance.page(), ...entrance[language()].map((part) => part())]);
  speak(language(), ...words.map((file) => file.default));
  return page.default;
}
