/** On the public pages: the search's two fields say what they may mean. Without this program the form is the same form. */
import { suggestionsFor } from '../../usecases/complete';
import { Combobox } from '../parts/combobox';

for (const field of document.querySelectorAll<HTMLElement>('.combo[data-complete]')) {
  const input = field.querySelector('input');
  const { complete, with: beside, list = '', found = '', foundOne = '' } = field.dataset;
  if (input === null || complete === undefined) continue;
  const other = beside === undefined ? null : document.getElementById(beside);
  new Combobox({
    input,
    name: list,
    ask: ({ typed, signal }) => suggestionsFor(complete, typed, other instanceof HTMLInputElement ? other.value : undefined, signal),
    found: (count) => (count === 1 ? foundOne : found.replace('{count}', String(count))),
  });
}
