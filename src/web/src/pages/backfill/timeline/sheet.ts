/** Pixels of the timeline's sheet: names on its left, the axis above, a row each below, and room for a note on its right. */
export const NAMES = 112;
export const AXIS = 68;
export const ROW = 22;
export const NOTES = 72;
