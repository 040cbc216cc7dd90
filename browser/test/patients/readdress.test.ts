// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { newAddress, takenOver } from '../../src/usecases/patients/readdress';

const [OLD, NEW] = ['+33639982020', '+33639983030'];
const [POST, OTHER] = ['alice@courrier.example', 'alice@ailleurs.example'];

describe('a card that was saved', () => {
  it('tells a number or an e-mail that it did not say before, and nothing that was only taken off', () => {
    expect(newAddress({ phone: OLD, email: POST }, { phone: NEW, email: POST })).toEqual({ phone: NEW });
    expect(newAddress({ phone: null, email: POST }, { phone: OLD, email: OTHER })).toEqual({ phone: OLD, email: OTHER });
    expect(newAddress({ phone: OLD, email: POST }, { phone: null, email: null })).toBeNull();
    expect(newAddress({ phone: OLD, email: null }, { phone: OLD, email: null })).toBeNull();
  });
});

describe('an appointment to come', () => {
  it('takes over what it says otherwise', () => {
    expect(takenOver({ phone: OLD, email: POST }, { phone: NEW, email: OTHER })).toEqual({ phone: NEW, email: OTHER });
    expect(takenOver({ phone: null, email: null }, { phone: NEW })).toEqual({ phone: NEW });
    expect(takenOver({ phone: null, email: null }, { email: OTHER })).toEqual({ email: OTHER });
    expect(takenOver({ phone: NEW, email: POST }, { phone: NEW })).toBeNull();
  });

  it('gets no e-mails where a number alone was given', () => {
    expect(takenOver({ phone: OLD, email: null }, { email: OTHER })).toBeNull();
    expect(takenOver({ phone: OLD, email: null }, { phone: NEW, email: OTHER })).toEqual({ phone: NEW });
  });
});
