/** The most work a browser accepts to do; more would stop an old phone for minutes, so the person is told instead. */
export const WORK_BITS_MAX = 22;

/** More work was asked than this program does. Nothing was sent; try later or call the practice. */
export class TooMuchWork extends Error {}
