import type { Suggestion } from '../../wire/types';

/** Waited after a key before the server is asked, in milliseconds: nobody reads a list while typing. */
const REST_MS = 120;

export interface Asked {
  typed: string;
  signal: AbortSignal;
}

interface Parts {
  input: HTMLInputElement;
  /** Names the list for who listens. */
  name: string;
  ask: (asked: Asked) => Promise<Suggestion[]>;
  /** "3 propositions…", said politely. */
  found: (count: number) => string;
}

function made<Name extends keyof HTMLElementTagNameMap>(name: Name, className: string, attributes: Record<string, string> = {}): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  element.className = className;
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  return element;
}

/**
 * A text field with a list of suggestions below it: the ARIA pattern "combobox with list autocomplete, manual selection".
 * The list lies over the page and moves nothing. Whatever is typed may be sent; a suggestion is never forced on anybody.
 */
export class Combobox {
  readonly #parts: Parts;
  readonly #list: HTMLUListElement;
  readonly #status: HTMLParagraphElement;
  #shown: Suggestion[] = [];
  /** The option that the arrows are on; -1 while they are in the text. */
  #active = -1;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #asking = new AbortController();

  constructor(parts: Parts) {
    this.#parts = parts;
    const { input, name } = parts;
    this.#list = made('ul', 'combo-list', { role: 'listbox', id: `${input.id}-list`, 'aria-label': name });
    this.#list.hidden = true;
    this.#status = made('p', 'vh', { role: 'status' });
    input.after(this.#list, this.#status);
    const says = { role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': this.#list.id, autocapitalize: 'none' };
    for (const [attribute, value] of Object.entries(says)) input.setAttribute(attribute, value);
    input.addEventListener('input', () => this.#typed());
    input.addEventListener('keydown', (event) => this.#key(event));
    input.addEventListener('blur', () => this.#close());
    // Focus stays in the field while a suggestion is pressed.
    this.#list.addEventListener('pointerdown', (event) => event.preventDefault());
    this.#list.addEventListener('mousedown', (event) => event.preventDefault());
    this.#list.addEventListener('click', (event) => this.#pressed(event.target));
  }

  #typed(): void {
    this.#stop();
    this.#rest = setTimeout(() => void this.#ask(), REST_MS);
  }

  /** Gives up what was asked: an answer to an older text is never shown. */
  #stop(): void {
    clearTimeout(this.#rest);
    this.#asking.abort();
    this.#asking = new AbortController();
  }

  async #ask(): Promise<void> {
    const { signal } = this.#asking;
    const suggestions = await this.#parts.ask({ typed: this.#parts.input.value, signal });
    if (!signal.aborted && document.activeElement === this.#parts.input) this.#show(suggestions);
  }

  #show(suggestions: Suggestion[]): void {
    this.#shown = suggestions;
    this.#list.replaceChildren(...suggestions.map((suggestion, index) => this.#option(suggestion, index)));
    this.#list.scrollTop = 0;
    this.#activate(-1);
    this.#open(suggestions.length > 0);
    this.#status.textContent = suggestions.length > 0 ? this.#parts.found(suggestions.length) : '';
  }

  #option({ value, note }: Suggestion, index: number): HTMLLIElement {
    const option = made('li', 'combo-option', { role: 'option', id: `${this.#list.id}-${index}`, 'aria-selected': 'false' });
    const name = made('b', '');
    name.textContent = value;
    option.append(name);
    if (note !== '') {
      const small = made('span', 'hint');
      small.textContent = note;
      option.append(' ', small);
    }
    return option;
  }

  #open(open: boolean): void {
    this.#list.hidden = !open;
    this.#parts.input.setAttribute('aria-expanded', String(open));
  }

  #close(): void {
    this.#stop();
    this.#activate(-1);
    this.#open(false);
    this.#status.textContent = '';
  }

  #activate(index: number): void {
    this.#active = index;
    [...this.#list.children].forEach((option, at) => option.setAttribute('aria-selected', String(at === index)));
    const option = this.#list.children[index];
    if (option === undefined) this.#parts.input.removeAttribute('aria-activedescendant');
    else {
      this.#parts.input.setAttribute('aria-activedescendant', option.id);
      option.scrollIntoView({ block: 'nearest' });
    }
  }

  #take(index: number): void {
    const suggestion = this.#shown[index];
    if (suggestion === undefined) return;
    this.#parts.input.value = suggestion.value;
    this.#close();
    this.#shown = [];
  }

  #pressed(target: EventTarget | null): void {
    const option = target instanceof Element ? target.closest('li') : null;
    if (option !== null) this.#take([...this.#list.children].indexOf(option));
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const open = !this.#list.hidden;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      this.#arrow(event.key === 'ArrowDown' ? 1 : -1, open, event.altKey);
    } else if (event.key === 'Enter' && open && this.#active >= 0) {
      event.preventDefault();
      this.#take(this.#active);
    } else if (event.key === 'Enter' || event.key === 'Tab') this.#close();
    else if (event.key === 'Escape' && open) {
      event.preventDefault();
      this.#close();
    } else if (this.#active >= 0 && ['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) this.#activate(-1);
  }

  /** Down and up go round, through the text itself; with Alt they open and close. */
  #arrow(step: 1 | -1, open: boolean, alt: boolean): void {
    if (alt && step === -1) return this.#close();
    if (!open) {
      if (this.#shown.length > 0) this.#open(true);
      else return void this.#ask();
    }
    if (alt) return;
    const places = this.#shown.length + 1;
    this.#activate(((this.#active + 1 + step + places) % places) - 1);
  }
}
