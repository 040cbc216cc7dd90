// SPDX-License-Identifier: AGPL-3.0-or-later
const URL_KEPT_MS = 60_000;

/** Hands the person a file, as a download of that name. */
export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), URL_KEPT_MS);
}
