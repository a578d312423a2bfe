/** Numbers that look drawn by chance and are the same each time: `draw(n)` is a whole number from 0 up to `n`, without it. */
export function draws(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
