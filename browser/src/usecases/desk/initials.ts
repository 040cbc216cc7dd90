// SPDX-License-Identifier: AGPL-3.0-or-later
/** Two letters for a narrow lane, and a third where two people would have the same: Inès Bento IBt, Ilan Benkaddour IBk. */
interface Named {
  practitioner: string;
  given_name: string;
  family_name: string;
}

/** By practitioner. Whoever shares both letters gets the first letter at which all their family names part, else a number. */
export function initialsOf(people: readonly Named[]): Map<string, string> {
  const alike = new Map<string, Named[]>();
  for (const one of people) {
    const two = `${one.given_name.charAt(0)}${one.family_name.charAt(0)}`;
    alike.set(two, [...(alike.get(two) ?? []), one]);
  }
  const found = new Map<string, string>();
  for (const [two, sharing] of alike) {
    const longest = Math.max(...sharing.map(({ family_name }) => family_name.length));
    const parting = Array.from({ length: longest }, (_, at) => at)
      .find((at) => new Set(sharing.map(({ family_name }) => family_name.charAt(at))).size === sharing.length);
    sharing.forEach(({ practitioner, family_name }, nth) => {
      const third = parting === undefined ? String(nth + 1) : family_name.charAt(parting);
      found.set(practitioner, sharing.length === 1 ? two : `${two}${third}`);
    });
  }
  return found;
}
