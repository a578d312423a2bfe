/** Pixels of the timeline's sheet: names on its left, the axis above, a row each below, and room for a note on its right. */
export const NAMES = 112;
/** Of tasks, which have longer names. */
export const TASK_NAMES = 200;
export const AXIS = 68;
export const ROW = 22;
export const NOTES = 72;
