// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * When the lanes of a big day are drawn: those in the window at once, each other one when it comes near the window, when the keyboard
 * goes there, or when the browser has nothing else to do. In the end all are drawn: whoever reads by ear misses none.
 */
import { flushSync } from 'svelte';
import type { Id } from '../../wire/types';

/** A lane this near to the window is drawn before it comes in. */
const NEAR = '0px 320px';
/** Where a browser does not say when it is idle, and at the latest. */
const IDLE_MS = 50, IDLE_MS_MAX = 1000;
/** Lanes are drawn for so long between two turns of the page: less than one frame. */
const TURN_MS = 10;
/** A lane's least width in a day that is wider than the window (shown.svelte.ts: 7 rem). */
const LANE_PX_MIN = 112;

interface Waiting {
  element: Element;
  draw(): void;
}

export class Drawing {
  /** The part of the lanes' whole width that is in the window; null where nobody has scrolled yet. */
  #part: { from: number; to: number } | null = null;
  readonly #waiting = new Set<Waiting>();
  readonly #near: IntersectionObserver;
  #cancel: (() => void) | null = null;

  /** `busy`: what is drawn now would be drawn again in a moment. */
  constructor(readonly busy: () => boolean) {
    this.#near = new IntersectionObserver((entries) => {
      const near = new Set(entries.filter(({ isIntersecting }) => isIntersecting).map(({ target }) => target));
      for (const one of [...this.#waiting]) if (near.has(one.element)) this.#draw(one);
    }, { rootMargin: NEAR });
  }

  scrolled({ scrollLeft, scrollWidth, clientWidth }: Element): void {
    this.#part = { from: scrollLeft / scrollWidth, to: (scrollLeft + clientWidth) / scrollWidth };
  }

  /** Of these agendas side by side those in the window. */
  inWindow(agendas: readonly { agenda: Id }[], wide: boolean): ReadonlySet<Id> {
    const { from, to } = !wide ? { from: 0, to: 1 } : this.#part ?? { from: 0, to: innerWidth / (LANE_PX_MIN * agendas.length) };
    return new Set(agendas.slice(Math.floor(from * agendas.length), Math.ceil(to * agendas.length)).map(({ agenda }) => agenda));
  }

  /** Draws a lane later; answers what gives that up. */
  later(element: Element, draw: () => void): () => void {
    const one = { element, draw };
    this.#waiting.add(one);
    this.#near.observe(element);
    this.#next();
    return () => this.#forget(one);
  }

  /** Draws whatever waits: the keyboard goes to something that is not there yet. Answers whether anything waited. */
  all(): boolean {
    const any = this.#waiting.size > 0;
    for (const one of [...this.#waiting]) this.#draw(one);
    return any;
  }

  end(): void {
    this.#near.disconnect();
    this.#cancel?.();
    this.#waiting.clear();
  }

  #draw(one: Waiting): void {
    this.#forget(one);
    one.draw();
  }

  #forget(one: Waiting): void {
    this.#waiting.delete(one);
    this.#near.unobserve(one.element);
  }

  /** The next lanes, between two turns of the page. */
  #next(): void {
    if (this.#cancel !== null || this.#waiting.size === 0) return;
    if (this.busy()) this.#cancel = afterAWhile(() => this.#again(() => undefined));
    else this.#cancel = whenIdle(() => this.#again(() => this.#drawSome()));
  }

  #again(act: () => void): void {
    this.#cancel = null;
    act();
    this.#next();
  }

  #drawSome(): void {
    const begun = performance.now();
    for (const one of this.#waiting) {
      if (this.busy() || performance.now() - begun > TURN_MS) break;
      this.#draw(one);
      flushSync();
    }
  }
}

function afterAWhile(act: () => void): () => void {
  const timer = setTimeout(act, IDLE_MS);
  return () => clearTimeout(timer);
}

function whenIdle(act: () => void): () => void {
  if (typeof requestIdleCallback === 'undefined') return afterAWhile(act);
  const asked = requestIdleCallback(act, { timeout: IDLE_MS_MAX });
  return () => cancelIdleCallback(asked);
}
