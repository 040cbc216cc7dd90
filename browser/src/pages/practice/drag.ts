// SPDX-License-Identifier: AGPL-3.0-or-later
/** One press of the pointer that may become a drag: when it is one, where it goes, how it ends; near an edge the agenda scrolls along. */

const DRAG_PX = 6;
/** So near to the frame's edge the agenda scrolls, by so much a frame of the screen. */
const EDGE_PX = 40;
const SCROLL_PX = 12;

export interface Dragged {
  /** The pointer has left its place: answers whether anything is carried. */
  began(): boolean;
  over(at: PointerEvent): void;
  dropped(at: PointerEvent): void;
  /** Escape, or the browser took the pointer away. */
  escaped(): void;
}

function edges(frame: Element | null): { top: number; bottom: number; left: number; right: number } {
  return frame?.getBoundingClientRect() ?? { top: 0, left: -Infinity, right: Infinity, bottom: innerHeight };
}

/** -1, 0 or 1: towards which edge a place is near. */
function near(place: number, low: number, high: number): number {
  return place < low + EDGE_PX ? -1 : place > high - EDGE_PX ? 1 : 0;
}

/** Follows the pointer from this press until it is let go; answers what ends it sooner. */
export function follow(press: PointerEvent, dragged: Dragged): () => void {
  const frame = (press.currentTarget as Element).closest('.sideways');
  let last: PointerEvent | null = null;
  let scrolling = 0;
  const scroll = () => {
    scrolling = requestAnimationFrame(scroll);
    if (last === null) return;
    const { top, bottom, left, right } = edges(frame);
    const across = near(last.clientX, left, right) * SCROLL_PX;
    const down = near(last.clientY, Math.max(top, 0), Math.min(bottom, innerHeight)) * SCROLL_PX;
    if (across === 0 && down === 0) return;
    (frame ?? window).scrollBy({ left: across, top: down, behavior: 'instant' });
    dragged.over(last);
  };
  const over = (move: PointerEvent) => {
    if (last === null) {
      if (Math.hypot(move.clientX - press.clientX, move.clientY - press.clientY) < DRAG_PX) return;
      if (!dragged.began()) {
        end();
        return;
      }
      scrolling = requestAnimationFrame(scroll);
    }
    last = move;
    dragged.over(move);
  };
  const drop = (up: PointerEvent) => {
    const moved = last !== null;
    end();
    if (moved) dragged.dropped(up);
  };
  const give = () => {
    const moved = last !== null;
    end();
    if (moved) dragged.escaped();
  };
  const escape = (key: KeyboardEvent) => {
    if (key.key === 'Escape') give();
  };
  const end = () => {
    cancelAnimationFrame(scrolling);
    removeEventListener('pointermove', over);
    removeEventListener('pointerup', drop);
    removeEventListener('pointercancel', give);
    removeEventListener('keydown', escape, true);
  };
  addEventListener('pointermove', over);
  addEventListener('pointerup', drop);
  addEventListener('pointercancel', give);
  addEventListener('keydown', escape, true);
  return end;
}
