// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Appointments that were entered here without number or address, while the page stands. Each has messages like any other, so that nobody can
 * tell them apart, and nothing will be sent: only their sealed contact says so, and whoever has just typed it.
 */
import type { Visit } from '../../../usecases/desk/model';
import type { Id } from '../../../wire/types';

const noted = new Set<Id>();

export const noteUnaddressed = (record: Id): void => { noted.add(record); };

/** Whoever sealed it anew may have given an address: then nothing is known. */
export const isUnaddressed = ({ record, rev }: Pick<Visit, 'record' | 'rev'>): boolean => rev === 1 && noted.has(record);
